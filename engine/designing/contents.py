"""Files of drafts and versions by content: each body is kept once, beside those of deployments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from sqlalchemy import insert, select

from engine.errors import FieldError, FormInvalidError, TooLargeError
from engine.persistence.tables import blob
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.intake import MAX_FILES, name_problem


def require_name(path: str) -> None:
    """FormInvalidError for a path that no deployment would take."""
    if problem := name_problem(path):
        said = {"name": path, "reason": problem}
        raise FormInvalidError([FieldError("path", "file-name", "檔案名稱「{name}」不能使用：{reason}。", said)])


def require_room(runtime: Runtime, files: Mapping[str, bytes]) -> None:
    """TooLargeError, FormInvalidError for what no deployment would take."""
    for path in files:
        require_name(path)
    require_size(runtime, len(files), sum(len(body) for body in files.values()))


def require_size(runtime: Runtime, count: int, size: int) -> None:
    """TooLargeError for more files or bytes than a deployment may have."""
    if count > MAX_FILES:
        raise TooLargeError(what="檔案數", limit=MAX_FILES)
    if size > runtime.settings.deploy_bytes:
        raise TooLargeError(what="草稿", limit=f"{runtime.settings.deploy_bytes // 1024} KB")


def digest_of(body: bytes) -> bytes:
    """SHA-256: the name under which a body is kept."""
    return hashlib.sha256(body).digest()


def keep(uow: UnitOfWork, bodies: Iterable[bytes]) -> dict[bytes, bytes]:
    """Store what isn't there yet; body → digest."""
    digests = {body: digest_of(body) for body in bodies}
    connection = uow.writing
    wanted = set(digests.values())
    there = {bytes(row[0]) for row in connection.execute(select(blob.c.digest).where(blob.c.digest.in_(wanted)))} if wanted else set()
    if fresh := {digest: body for body, digest in digests.items() if digest not in there}:
        connection.execute(insert(blob), [{"digest": digest, "body": body} for digest, body in fresh.items()])
    return digests


def body(uow: UnitOfWork, digest: bytes) -> bytes:
    """One body."""
    return bytes(uow.reading.execute(select(blob.c.body).where(blob.c.digest == digest)).scalar_one())


def bodies(uow: UnitOfWork, digests: Mapping[str, bytes]) -> dict[str, bytes]:
    """Path → body, in the order of the paths given."""
    wanted = set(digests.values())
    if not wanted:
        return {}
    found = {bytes(row.digest): bytes(row.body) for row in uow.reading.execute(select(blob).where(blob.c.digest.in_(wanted)))}
    return {path: found[digest] for path, digest in digests.items()}
