"""Attachments, photos and signatures: the content by its digest (`engine.contents`), one row each in the store, bound on submission.

The data of an instance holds ids only. A file that no submission binds is swept after a day.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

from sqlalchemy import ColumnElement, Row, delete, insert, or_, select, update

from engine import permissions
from engine.contents import ContentStore
from engine.errors import ConflictError, GoneError, InvalidError, NotFoundError, StoreUnavailableError, TooLargeError
from engine.file_types import IMAGES, PNG, PngError, detect, drawn_rows
from engine.forms.model import FILE_LISTS, FieldKind, Form
from engine.model import Actor, Channel, JsonObject
from engine.persistence.tables import file, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

KINDS = ("attachment", "photo", "signature")
#: after which a file that nothing refers to goes
UNBOUND_FOR = timedelta(days=1)
SIGNATURE_BYTES = 200_000
SIGNATURE_WIDTH, SIGNATURE_HEIGHT = 3_000, 2_000
#: rows of pixels that a stroke must touch at least: less is a slip of the finger
SIGNATURE_ROWS = 4
#: kept before papers of identity were told apart: taken for one until somebody looks at its case (`engine.personal_data`)
UNSETTLED = "unsettled"
#: what is made from a file lies beside it under the digest and one of these
DERIVED = (".320.webp",)
_CHUNK = 2**16


class FileRefusedError(InvalidError):
    """A file of a kind or content that is not kept."""

    code = "file_refused"
    sentence = "不能接受檔案「{name}」：{reason}"


class FileBoundError(ConflictError):
    """A file that belongs to another instance, or was swept."""

    code = "file_bound"
    sentence = "檔案已屬於其他流程或已過期，請重新上傳。"


class FileErasedError(GoneError):
    """A file whose content was erased by rule."""

    code = "file_erased"
    sentence = "檔案內容已按保存規則刪除。"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's row."""

    id: int
    name: str
    #: found by content
    media_type: str
    size: int
    #: `attachment`, `photo` or `signature`
    kind: str
    #: SHA-256 of the content
    digest: bytes
    #: None until a submission binds it
    instance_id: int | None
    uploaded_by: int | None
    #: `identity` for a paper of identity, `unsettled` where nobody knows yet
    personal: str | None = None
    #: when its content was erased by rule
    erased_at: datetime | None = None


def store(runtime: Runtime, uow: UnitOfWork, actor: Actor, source: IO[bytes] | bytes, name: str, kind: str) -> StoredFile:
    """Keep a file and give it an id. Raises TooLargeError, or FileRefusedError for what is not on the list of types."""
    if kind not in KINDS:
        raise FileRefusedError(name=name, reason="不是可用的檔案種類。")
    shown = clean_name(name)
    stream: IO[bytes] = BytesIO(source) if isinstance(source, bytes) else source
    with _incoming(runtime.contents.incoming()) as path:
        digest, size = _receive(stream, path, runtime.settings.upload_bytes)
        media_type = _media_type(path, shown, kind, size)
        runtime.contents.keep(path, digest.hex())
    values = {
        "digest": digest,
        "name": shown,
        "media_type": media_type,
        "size": size,
        "kind": kind,
        "uploaded_at": runtime.clock.now(),
        "uploaded_by": actor.user_id,
        "link_id": None if actor.link is None else actor.link.link_id,
    }
    file_id: int = uow.writing.execute(insert(file).values(**values).returning(file.c.id)).scalar_one()
    return StoredFile(file_id, shown, media_type, size, kind, digest, None, actor.user_id)


def get(uow: UnitOfWork, actor: Actor, file_id: int) -> StoredFile:
    """A file's row. NotFoundError when there is none or this person may not see it: one's own uploads, and those of instances one sees."""
    row = uow.reading.execute(
        select(file, instance.c.site_id).outerjoin(instance, instance.c.id == file.c.instance_id).where(file.c.id == file_id)
    ).one_or_none()
    if row is None or not _may_see(actor, row):
        raise NotFoundError(kind="檔案", id=file_id)
    return _stored(row)


def open_file(runtime: Runtime, uow: UnitOfWork, actor: Actor, file_id: int) -> tuple[StoredFile, BinaryIO]:
    """A file and its content, opened for reading; the caller closes it. Raises NotFoundError as `get` does."""
    stored = get(uow, actor, file_id)
    return stored, open_content(runtime, stored)


def open_content(runtime: Runtime, stored: StoredFile) -> BinaryIO:
    """The content of a file that the caller may see; it can be sought. FileErasedError; StoreUnavailableError when the store lost it."""
    if stored.erased_at is not None:
        raise FileErasedError
    return content_of(runtime, stored.digest, stored.size)


def content_of(runtime: Runtime, digest: bytes, size: int) -> BinaryIO:
    """A content by its digest; it can be sought. StoreUnavailableError when the store has lost it."""
    try:
        return runtime.contents.open(digest.hex(), size)
    except FileNotFoundError as error:
        raise StoreUnavailableError(reason=str(error)) from error


def keep_content(contents: ContentStore, digest: bytes, source: IO[bytes]) -> None:
    """Put a content back where contents lie, from a backup. FileRefusedError when it is not what its digest says."""
    with _incoming(contents.incoming()) as path:
        found, _ = _receive(source, path, limit=2**63)
        if found != digest:
            raise FileRefusedError(name=digest.hex(), reason="內容與摘要不符。")
        contents.keep(path, digest.hex())


def keep_derived(runtime: Runtime, content: bytes, name: str) -> None:
    """Keep what was made from a file under a name that begins with the file's digest; it goes when the file goes."""
    with _incoming(runtime.contents.incoming()) as path:
        path.write_bytes(content)
        runtime.contents.keep(path, name)


def usable_in(uow: UnitOfWork, actor: Actor, instance_id: int | None) -> Callable[[int], StoredFile | None]:
    """What form validation asks of files: those that this person uploaded and nothing holds yet, and those of the instance itself."""

    def facts(file_id: int) -> StoredFile | None:
        row = uow.reading.execute(select(file).where(file.c.id == file_id)).one_or_none()
        if row is None:
            return None
        if row.instance_id is None:
            return _stored(row) if _is_uploader(actor, row) else None
        return _stored(row) if row.instance_id == instance_id else None

    return facts


def attach(uow: UnitOfWork, file_ids: Iterable[int], instance_id: int) -> None:
    """Bind files to the instance that a submission put them in. FileBoundError when another was faster, and nothing is bound."""
    wanted = sorted(set(file_ids))
    if not wanted:
        return
    free: ColumnElement[bool] = or_(file.c.instance_id.is_(None), file.c.instance_id == instance_id)
    bound = uow.writing.execute(update(file).where(file.c.id.in_(wanted), free).values(instance_id=instance_id)).rowcount
    if bound != len(wanted):
        raise FileBoundError(ids=wanted)


def mark_personal(uow: UnitOfWork, file_ids: Iterable[int]) -> None:
    """Keep files as papers of identity from now on."""
    wanted = sorted(set(file_ids))
    if wanted:
        uow.writing.execute(update(file).where(file.c.id.in_(wanted)).values(personal="identity"))


def unsettled(uow: UnitOfWork, instance_id: int) -> frozenset[int]:
    """Ids of a case's files of which nobody knows yet whether they are papers of identity."""
    waiting = select(file.c.id).where(file.c.instance_id == instance_id, file.c.personal == UNSETTLED)
    return frozenset(uow.reading.execute(waiting).scalars())


def cases_unsettled(uow: UnitOfWork, *, after: int, limit: int) -> list[int]:
    """Ids of the next cases that hold such files."""
    waiting = select(file.c.instance_id).where(file.c.personal == UNSETTLED, file.c.instance_id > after).distinct()
    return list(uow.reading.execute(waiting.order_by(file.c.instance_id).limit(limit)).scalars())


def clear(uow: UnitOfWork, file_ids: Iterable[int]) -> None:
    """Keep files that nobody knew about as what they are: no papers of identity."""
    uow.writing.execute(update(file).where(file.c.id.in_(sorted(file_ids)), file.c.personal == UNSETTLED).values(personal=None))


def ids_in(form: Form, data: JsonObject, *, personal_only: bool = False) -> list[int]:
    """Ids of all files that cleaned data of a form refers to, signatures included; or of those alone that are papers of identity."""
    found: list[int] = []
    for field in form.fields:
        value = data.get(field.name)
        if field.kind in FILE_LISTS and (field.personal or not personal_only):
            found += _ids(value)
        elif field.kind is FieldKind.SIGNATURE and isinstance(value, dict) and not personal_only:
            found.append(value["file"])
        elif field.kind is FieldKind.ROWS and isinstance(value, list):
            columns = [each.name for each in field.columns if each.kind in FILE_LISTS and (each.personal or not personal_only)]
            found += [file_id for row in value for name in columns for file_id in _ids(row.get(name))]
    return found


def sweep(runtime: Runtime, uow: UnitOfWork) -> int:
    """Drop files that nothing has bound for a day, and content that no row needs. Returns how many rows went."""
    before = runtime.clock.now() - UNBOUND_FOR
    gone = uow.writing.execute(delete(file).where(file.c.instance_id.is_(None), file.c.uploaded_at < before).returning(file.c.digest)).all()
    digests = {bytes(row.digest) for row in gone}
    needed = {bytes(row.digest) for row in uow.writing.execute(select(file.c.digest).where(file.c.digest.in_(digests)))}
    for digest in digests - needed:
        uow.after_commit(partial(_forget, runtime, digest.hex()))
    return len(gone)


def _forget(runtime: Runtime, name: str) -> None:
    for each in (name, *(f"{name}{suffix}" for suffix in DERIVED)):
        runtime.contents.forget(each)


def clean_name(name: str) -> str:
    """A file's name without folders and without characters that cannot be shown or stored."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(character for character in last if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
    shown = shown.strip(" .")
    stem, dot, extension = shown.rpartition(".")
    return f"{stem[:180]}.{extension}" if dot and len(extension) <= 10 else shown[:190] or "file"


def check_signature(content: bytes) -> None:
    """Raise ValueError unless the bytes are a PNG of a reasonable size with something drawn on it."""
    if len(content) > SIGNATURE_BYTES:
        raise PngError("size")
    if drawn_rows(content, max_width=SIGNATURE_WIDTH, max_height=SIGNATURE_HEIGHT) < SIGNATURE_ROWS:
        raise PngError("blank")


def _media_type(path: Path, name: str, kind: str, size: int) -> str:
    if size == 0:
        raise FileRefusedError(name=name, reason="檔案是空的。")
    with path.open("rb") as stream:
        media_type = detect(stream)
    if media_type is None:
        raise FileRefusedError(name=name, reason="只接受圖片（JPEG、PNG、WebP、GIF）、PDF 和 Office 文件（docx、xlsx）。")
    if kind == "photo" and media_type not in IMAGES:
        raise FileRefusedError(name=name, reason="照片只接受圖片檔。")
    if kind == "signature":
        try:
            if media_type != PNG or size > SIGNATURE_BYTES:
                raise PngError("kind")
            check_signature(path.read_bytes())
        except PngError as error:
            raise FileRefusedError(name=name, reason="簽名須為有筆跡的 PNG 圖片。") from error
    return media_type


@contextmanager
def _incoming(folder: Path) -> Iterator[Path]:
    """A name for a file that is being received; gone afterwards if it was not moved."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / secrets.token_hex(16)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailableError(reason=str(error)) from error


def _receive(stream: IO[bytes], path: Path, limit: int) -> tuple[bytes, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLargeError(what="檔案", limit=f"{limit // 2**20} MB" if limit >= 2**20 else f"{limit} B")
            digest.update(chunk)
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    return digest.digest(), size


def _may_see(actor: Actor, row: Row[Any]) -> bool:
    if row.instance_id is None:
        return _is_uploader(actor, row)
    return permissions.may(actor, "process-instance:read", row.site_id)


def _is_uploader(actor: Actor, row: Row[Any]) -> bool:
    if actor.user_id is not None:
        return bool(row.uploaded_by == actor.user_id)
    if actor.link is not None:
        return bool(row.link_id == actor.link.link_id)
    return actor.channel is Channel.SYSTEM


def _stored(row: Row[Any]) -> StoredFile:
    held = (row.instance_id, row.uploaded_by, row.personal, row.erased_at)
    return StoredFile(row.id, row.name, row.media_type, row.size, row.kind, bytes(row.digest), *held)


def _ids(value: Any) -> list[int]:
    return [entry["id"] for entry in value] if isinstance(value, list) else []
