"""Takes a backup: one snapshot of every table and every waiting job, then the attachments that it names."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Table, select

from engine.archive.cells import writers
from engine.errors import ConflictError
from engine.files import content_of
from engine.jobs.dbos_runner import waiting_jobs
from engine.persistence.schema import current_revision
from engine.persistence.tables import file, metadata
from engine.runtime import Runtime

#: of the archive's own layout
FORMAT = 1
_ROWS = 2_000


class BackupExistsError(ConflictError):
    """A file is there already, and a backup overwrites nothing."""

    code = "backup_exists"
    sentence = "檔案 {path} 已存在，請換一個名稱。"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a backup holds."""

    rows: int
    files: int
    jobs: int


def backup(runtime: Runtime, path: Path, tell: Callable[[str, int], None] = lambda _what, _count: None) -> Counted:
    """Write a backup to a file that is not there yet; nothing of it is left when it fails. Everything may go on running meanwhile.

    `tell` hears the name and number of rows of each part when it is done. BackupExistsError for a file that is there.
    """
    if path.exists():
        raise BackupExistsError(path=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(partial, "x", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
            counted = _write(runtime, archive, tell)
        # a reader never finds half a backup under its name, not even after a power cut
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)
    return counted


def _write(runtime: Runtime, archive: zipfile.ZipFile, tell: Callable[[str, int], None]) -> Counted:
    manifest: dict[str, Any] = {"format": FORMAT, "program": version("guicheng"), "made_at": runtime.clock.now().isoformat()}
    parts: dict[str, dict[str, Any]] = {}
    with runtime.database.snapshot() as connection:
        manifest["revision"] = current_revision(connection)
        for table in metadata.sorted_tables:
            parts[str(table.name)] = _part(archive, f"tables/{table.name}.jsonl", _lines(connection, table))
            tell(table.name, parts[str(table.name)]["count"])
        jobs = ({"name": each.name, "key": each.key, "payload": each.payload} for each in waiting_jobs(connection))
        manifest["jobs"] = _part(archive, "jobs.jsonl", (orjson.dumps(each) for each in jobs))
        kept = select(file.c.digest, file.c.size).where(file.c.erased_at.is_(None)).distinct()
        contents = connection.execute(kept.order_by(file.c.digest)).all()
    # content is never changed and is swept after a day at the earliest: the snapshot need not be held for it
    for digest, size in contents:
        with archive.open(f"files/{digest.hex()}", "w", force_zip64=True) as target, content_of(runtime, digest, size) as source:
            _copy(source, target)
    tell("files", len(contents))
    manifest["tables"], manifest["files"] = parts, len(contents)
    archive.writestr("manifest.json", orjson.dumps(manifest, option=orjson.OPT_INDENT_2))
    return Counted(sum(part["count"] for part in parts.values()), len(contents), manifest["jobs"]["count"])


def _part(archive: zipfile.ZipFile, name: str, lines: Iterator[bytes]) -> dict[str, Any]:
    """A member of JSON lines; how many, and their digest."""
    count, digest = 0, hashlib.sha256()
    with archive.open(name, "w", force_zip64=True) as member:
        for line in lines:
            member.write(line + b"\n")
            digest.update(line + b"\n")
            count += 1
    return {"count": count, "sha256": digest.hexdigest()}


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    convert = writers(table)
    names = [str(column.name) for column in table.c]
    # ordered, so that what a row refers to in its own table comes before it
    rows = connection.execution_options(yield_per=_ROWS).execute(select(table).order_by(*table.primary_key.columns))
    for row in rows:
        values = zip(names, row, strict=True)
        yield orjson.dumps({name: convert[name](value) if value is not None and name in convert else value for name, value in values})


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    while piece := source.read(2**20):
        target.write(piece)
