"""Attachments of a case: checked by content, counted, struck out but never gone; and the small pictures made of photos."""

from __future__ import annotations

import io
import struct
import zlib
from dataclasses import replace

import pytest
from PIL import Image

from engine import attachments, files, thumbnails
from engine.attachments import AttachmentsFullError, AttachmentStruckError
from engine.errors import ForbiddenError, NotFoundError
from engine.files import FileRefusedError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import talk
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import Person, Started, deploy_simple, make_site, make_user, rows, start

PDF = b"%PDF-1.7 x"


@pytest.fixture
def case(runtime: Runtime) -> Started:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    return start(runtime, "errand", site_id=make_site(runtime))


@pytest.fixture
def clerk(runtime: Runtime, case: Started) -> Person:
    return make_user(runtime, "customer_service", site_id=rows(runtime, tables.instance)[0].site_id)


def add(runtime: Runtime, person: Person, case: Started, content: bytes = PDF, name: str = "合約.pdf") -> attachments.Attached:
    return run_step(runtime, lambda uow: attachments.add(runtime, uow, person.actor, case.id, content, name))


def test_an_attachment_belongs_to_the_case_and_is_never_swept(runtime: Runtime, case: Started, clerk: Person) -> None:
    added = add(runtime, clerk, case)
    with UnitOfWork(runtime.database) as uow:
        (row,) = talk.attachments(uow, case.id)
    assert (row.id, row.name, row.media_type, row.size, row.uploaded_by) == (added.id, "合約.pdf", "application/pdf", 10, clerk.id)
    assert rows(runtime, tables.file)[0].instance_id == case.id


@pytest.mark.parametrize(
    ("content", "name"), [(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.png"), (b"MZ\x90\x00", "a.pdf"), (b"", "a.pdf")]
)
def test_what_the_name_says_does_not_count(runtime: Runtime, case: Started, clerk: Person, content: bytes, name: str) -> None:
    with pytest.raises(FileRefusedError):
        add(runtime, clerk, case, content, name)
    assert rows(runtime, tables.case_attachment) == []


def test_a_case_takes_so_many_and_room_comes_back_when_one_is_struck_out(runtime: Runtime, case: Started, clerk: Person) -> None:
    runtime.settings = replace(runtime.settings, case_attachments=2)
    first = add(runtime, clerk, case)
    add(runtime, clerk, case)
    with pytest.raises(AttachmentsFullError):
        add(runtime, clerk, case)
    assert len(rows(runtime, tables.file)) == 2, "nothing of the refused one is left"
    run_step(runtime, lambda uow: attachments.strike(runtime, uow, clerk.actor, first.id, "重複"))
    add(runtime, clerk, case)


def test_a_struck_attachment_stays_with_who_and_why(runtime: Runtime, case: Started, clerk: Person) -> None:
    added = add(runtime, clerk, case)
    worker = make_user(runtime, "repair_worker")
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: attachments.strike(runtime, uow, worker.actor, added.id, "x"))
    manager = make_user(runtime, "manager")
    run_step(runtime, lambda uow: attachments.strike(runtime, uow, manager.actor, added.id, "不屬本案"))
    with pytest.raises(AttachmentStruckError):
        run_step(runtime, lambda uow: attachments.strike(runtime, uow, manager.actor, added.id, "x"))
    with UnitOfWork(runtime.database) as uow:
        (row,) = talk.attachments(uow, case.id)
        assert (row.struck_reason, row.struck_by_name) == ("不屬本案", manager.name)
        _, stream = files.open_file(runtime, uow, clerk.actor, row.file_id)
        with stream:
            assert stream.read() == PDF


def test_nobody_adds_to_another_sites_case(runtime: Runtime, case: Started) -> None:
    elsewhere = make_user(runtime, "customer_service", site_id=make_site(runtime))
    with pytest.raises(NotFoundError):
        add(runtime, elsewhere, case)
    assert rows(runtime, tables.file) == []


# ---------------------------------------------------------------- small pictures

def photo(width: int = 1200, height: int = 800, *, orientation: int | None = None) -> bytes:
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    out = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG", exif=exif)
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of some bytes that says it has `side` × `side` pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")


def test_a_photo_is_made_small_and_turned_as_the_camera_was_held() -> None:
    made = thumbnails.shrink(io.BytesIO(photo(orientation=6)))
    assert made is not None
    with Image.open(io.BytesIO(made)) as small:
        assert small.format == "WEBP"
        assert small.height == thumbnails.SIDE
        assert small.width < small.height
        assert not small.getexif()


@pytest.mark.parametrize("side", [8_001, 12_000, 30_000])
def test_a_picture_that_would_fill_the_memory_is_not_unpacked(side: int) -> None:
    assert thumbnails.shrink(io.BytesIO(bomb(side))) is None


@pytest.mark.parametrize("content", [PDF, photo()[:300], b""])
def test_what_is_no_picture_or_half_of_one_has_no_small_one(content: bytes) -> None:
    assert thumbnails.shrink(io.BytesIO(content)) is None


@pytest.mark.databases("sqlite")
def test_a_small_picture_is_made_once(runtime: Runtime, case: Started, clerk: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = add(runtime, clerk, case, photo(), "a.jpg").file
    first = thumbnails.thumbnail(runtime, stored)
    assert first is not None
    monkeypatch.setattr(thumbnails, "shrink", None)
    again = thumbnails.thumbnail(runtime, stored)
    assert again is not None
    with first, again:
        assert first.read() == again.read()
