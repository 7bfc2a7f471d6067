"""Files: kept once by content, seen by those who may, bound to one instance, and swept when nothing wants them."""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest

from engine import files, signatures
from engine.clock import MovableClock
from engine.errors import NotFoundError, StoreUnavailableError, TooLargeError
from engine.files import FileBoundError, FileRefusedError, clean_name
from engine.model import SYSTEM, Actor, Channel
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests import builders
from tests.engine.forms.form_builders import FILES, PHOTOS, SIGNATURE, TEXT, form_of, rows
from tests.engine.pictures import office, png, signature_url


@pytest.fixture
def worker(runtime: Runtime) -> Actor:
    return builders.make_user(runtime, "repair_worker").actor


@pytest.fixture
def colleague(runtime: Runtime) -> Actor:
    return builders.make_user(runtime, "repair_worker").actor


def keep(
    runtime: Runtime, actor: Actor, content: bytes = b"%PDF-1.7 x", name: str = "帳單.pdf", kind: str = "attachment"
) -> files.StoredFile:
    with UnitOfWork(runtime.database) as uow:
        stored = files.store(runtime, uow, actor, content, name, kind)
        uow.commit()
    return stored


def on_disk(runtime: Runtime) -> list[Path]:
    return [path for path in runtime.settings.files.rglob("*") if path.is_file()]


def test_a_file_is_kept_by_its_content_and_read_back(runtime: Runtime, worker: Actor) -> None:
    first, second = keep(runtime, worker), keep(runtime, worker, name="again.pdf")
    assert (first.media_type, first.size, first.digest) == ("application/pdf", 10, second.digest)
    assert first.id != second.id
    place = on_disk(runtime)
    assert [path.name for path in place] == [first.digest.hex()]
    assert place[0].parent.parts[-2:] == (first.digest.hex()[:2], first.digest.hex()[2:4])
    with UnitOfWork(runtime.database) as uow:
        stored, stream = files.open_file(runtime, uow, worker, second.id)
        with stream:
            assert (stored.name, stream.read()) == ("again.pdf", b"%PDF-1.7 x")


def test_a_stream_is_kept_as_bytes_are(runtime: Runtime, worker: Actor) -> None:
    with UnitOfWork(runtime.database) as uow:
        stored = files.store(runtime, uow, worker, BytesIO(png()), "x.png", "photo")
    assert (stored.kind, stored.media_type) == ("photo", "image/png")


REFUSED = [
    (b"<svg/>", "x.png", "photo"),
    (b"<html>", "x.jpg", "attachment"),
    (b"", "x.pdf", "attachment"),
    (b"%PDF-1", "x.pdf", "photo"),
    (office("word/document.xml"), "x.docx", "photo"),
    (png(strokes=0), "s.png", "signature"),
    (b"\xff\xd8\xff", "s.png", "signature"),
    (png(), "x.png", "virus"),
]


def test_what_is_not_on_the_list_is_refused_and_leaves_nothing(runtime: Runtime, worker: Actor) -> None:
    for content, name, kind in REFUSED:
        with pytest.raises(FileRefusedError):
            keep(runtime, worker, content, name, kind)
    assert on_disk(runtime) == []
    assert builders.rows(runtime, tables.file) == []


def test_a_file_over_the_limit_is_refused_while_it_comes_in(runtime: Runtime, worker: Actor) -> None:
    endless = BytesIO(b"%PDF-" + b"x" * runtime.settings.upload_bytes)
    with UnitOfWork(runtime.database) as uow, pytest.raises(TooLargeError):
        files.store(runtime, uow, worker, endless, "x.pdf", "attachment")
    assert on_disk(runtime) == []


def test_an_upload_is_seen_by_its_uploader_only_until_it_is_bound(runtime: Runtime, worker: Actor, colleague: Actor) -> None:
    stored, instance_id = keep(runtime, worker), builders.make_instance(runtime)
    outsider = Actor(user_id=None, name="x", channel=Channel.LINK)
    with UnitOfWork(runtime.database) as uow:
        assert files.get(uow, worker, stored.id).name == "帳單.pdf"
        assert files.get(uow, SYSTEM, stored.id).id == stored.id
        for other in (colleague, outsider):
            with pytest.raises(NotFoundError):
                files.get(uow, other, stored.id)
        files.attach(uow, [stored.id], instance_id)
        assert files.get(uow, colleague, stored.id).instance_id == instance_id
        with pytest.raises(NotFoundError):
            files.get(uow, Actor(user_id=colleague.user_id, name="no roles"), stored.id)
        with pytest.raises(NotFoundError):
            files.get(uow, worker, 10**9)


def test_a_file_belongs_to_one_instance(runtime: Runtime, worker: Actor) -> None:
    stored, free = keep(runtime, worker), keep(runtime, worker)
    first, second = builders.make_instance(runtime), builders.make_instance(runtime)
    with UnitOfWork(runtime.database) as uow:
        files.attach(uow, [stored.id, stored.id], first)
        files.attach(uow, [stored.id], first)
        uow.commit()
    with UnitOfWork(runtime.database) as uow, pytest.raises(FileBoundError):
        files.attach(uow, [free.id, stored.id], second)
    with UnitOfWork(runtime.database) as uow:
        assert files.get(uow, worker, free.id).instance_id is None
        files.attach(uow, [], second)


def test_a_form_takes_only_files_that_the_person_may_put_into_it(runtime: Runtime, worker: Actor, colleague: Actor) -> None:
    mine, theirs, bound, elsewhere = (keep(runtime, actor) for actor in (worker, colleague, colleague, worker))
    here, there = builders.make_instance(runtime), builders.make_instance(runtime)
    with UnitOfWork(runtime.database) as uow:
        files.attach(uow, [bound.id], here)
        files.attach(uow, [elsewhere.id], there)
        facts = files.usable_in(uow, worker, here)
        assert [facts(entry.id) is not None for entry in (mine, theirs, bound, elsewhere)] == [True, False, True, False]
        assert facts(10**9) is None
        assert files.usable_in(uow, worker, None)(bound.id) is None


def test_all_files_of_a_form_are_found() -> None:
    form = form_of({"p": PHOTOS, "f": FILES, "s": SIGNATURE, "t": rows({"q": PHOTOS, "n": TEXT}), "n": TEXT})
    data = {"p": [{"id": 1}], "f": [], "s": {"file": 3}, "t": [{"q": [{"id": 4}, {"id": 5}], "n": "x"}, {"q": [], "n": ""}], "n": ""}
    assert files.ids_in(form, data) == [1, 3, 4, 5]
    assert files.ids_in(form, {"s": None}) == []


def test_what_nothing_binds_is_swept_after_a_day(runtime: Runtime, worker: Actor, clock: MovableClock) -> None:
    old, bound = keep(runtime, worker, b"%PDF-old"), keep(runtime, worker, b"%PDF-bound")
    twin = keep(runtime, worker, b"%PDF-twin")
    with UnitOfWork(runtime.database) as uow:
        files.attach(uow, [bound.id], builders.make_instance(runtime))
        uow.commit()
    clock.advance(timedelta(days=1, minutes=1))
    young = keep(runtime, worker, b"%PDF-twin")
    for path in on_disk(runtime):
        os.utime(path, (1, 1))
    with UnitOfWork(runtime.database) as uow:
        assert files.sweep(runtime, uow) == 2
        uow.commit()
    assert [row.id for row in builders.rows(runtime, tables.file)] == [bound.id, young.id]
    assert {path.name for path in on_disk(runtime)} == {bound.digest.hex(), twin.digest.hex()}
    assert old.digest.hex() not in {path.name for path in on_disk(runtime)}


def test_content_that_somebody_is_just_uploading_again_is_not_swept(runtime: Runtime, worker: Actor, clock: MovableClock) -> None:
    keep(runtime, worker)
    clock.advance(timedelta(days=2))
    with UnitOfWork(runtime.database) as uow:
        files.sweep(runtime, uow)
        uow.commit()
    # its row is gone, but the content was written a moment ago by the file system's own clock
    assert len(on_disk(runtime)) == 1


def test_lost_content_and_an_unwritable_folder_say_so(runtime: Runtime, worker: Actor) -> None:
    stored = keep(runtime, worker)
    on_disk(runtime)[0].unlink()
    with UnitOfWork(runtime.database) as uow, pytest.raises(StoreUnavailableError):
        files.open_file(runtime, uow, worker, stored.id)
    incoming = runtime.settings.files / "incoming"
    incoming.rmdir()
    incoming.write_text("in the way")
    with pytest.raises(StoreUnavailableError):
        keep(runtime, worker)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("C:\\Users\\x\\帳單.pdf", "帳單.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\u202e.pdf", "ab.pdf"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".jpg", "x" * 180 + ".jpg"),
        (".pdf", "pdf"),
        ("a\nb.pdf", "ab.pdf"),
    ],
)
def test_names_lose_folders_and_what_cannot_be_shown(name: str, shown: str) -> None:
    assert clean_name(name) == shown
    assert len(clean_name("中" * 500 + ".x" * 200)) <= 200


def test_a_signature_is_received_bound_and_verified(runtime: Runtime, worker: Actor) -> None:
    form = form_of({"done": TEXT, "sign": SIGNATURE})
    with UnitOfWork(runtime.database) as uow:
        received = signatures.receive(runtime, uow, worker, form, {"done": "好", "sign": {"image": signature_url(), "signer": "王小明"}})
        uow.commit()
    assert set(received["sign"]) == {"file", "signer"}
    data = {"done": "好", "sign": {**received["sign"], "at": "2026-11-23T12:00:00+08:00"}}
    instance_id = builders.make_instance(runtime)
    with UnitOfWork(runtime.database) as uow:
        (signature_id,) = signatures.sign_all(
            uow, worker, form, data, instance_id=instance_id, token="t" * 32, element_id="sign", attended=True
        )
        assert signatures.verify_signature(uow, signature_id, form, data)
        assert signatures.verify_signature(uow, signature_id, form, {**data, "sign": None})
        assert not signatures.verify_signature(uow, signature_id, form, {**data, "done": "不好"})
        with pytest.raises(NotFoundError):
            signatures.verify_signature(uow, 10**9, form, data)
        uow.commit()
    (row,) = builders.rows(runtime, tables.signature)
    assert (row.field, row.signer, row.attended_by, row.instance_id) == ("example.sign", "王小明", worker.user_id, instance_id)
    assert builders.rows(runtime, tables.file)[0].instance_id == instance_id


@pytest.mark.parametrize(
    "url",
    [
        "",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,!!!",
        "data:image/png;base64,",
        signature_url(strokes=0),
        signature_url(strokes=3),
        "data:image/png;base64," + "A" * 300_000,
        signature_url(width=3_001, height=4),
        "http://example.org/x.png",
    ],
)
def test_a_blank_or_odd_signature_is_refused(url: str) -> None:
    with pytest.raises(FileRefusedError):
        signatures.decode_signature(url)


def test_a_signature_whose_image_is_no_text_is_refused(runtime: Runtime, worker: Actor) -> None:
    with UnitOfWork(runtime.database) as uow, pytest.raises(FileRefusedError):
        signatures.receive(runtime, uow, worker, form_of({"s": SIGNATURE}), {"s": {"image": 3, "signer": "x"}})


def test_only_one_of_two_instances_gets_a_file(runtime: Runtime, worker: Actor) -> None:
    stored, one, other = keep(runtime, worker), builders.make_instance(runtime), builders.make_instance(runtime)
    with UnitOfWork(runtime.database) as first, UnitOfWork(runtime.database) as second:
        assert files.usable_in(first, worker, None)(stored.id) is not None
        assert files.usable_in(second, worker, None)(stored.id) is not None
        files.attach(first, [stored.id], one)
        first.commit()
        with pytest.raises(FileBoundError):
            files.attach(second, [stored.id], other)
