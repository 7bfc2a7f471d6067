"""Restores a backup into an empty store: checks all of it first, then writes everything in one transaction."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Integer, Table, func, insert, literal, select

from engine.archive.cells import readers
from engine.archive.writing import FORMAT, Counted
from engine.contents import content_store
from engine.errors import ConflictError
from engine.files import keep_content
from engine.jobs.dbos_runner import JobQueue, prepare_store
from engine.persistence.database import Database
from engine.persistence.schema import current_revision, upgrade_connection
from engine.persistence.tables import due, executor, lease, metadata, retention_head
from engine.settings import Settings

_ROWS = 1_000
#: leases and beats of processes that are not here
_OF_MACHINES = (lease.name, executor.name)


class BackupUnsuitableError(ConflictError):
    """Not a backup, a damaged one, or one that does not go into this store."""

    code = "backup_unsuitable"
    sentence = "無法還原 {path}：{reason}"


class BackupDamagedError(ConflictError):
    """A part of the backup is not as it was written."""

    code = "backup_damaged"
    sentence = "備份 {path} 已損壞（{part}）。"


def restore(settings: Settings, path: Path, tell: Callable[[str, int], None] = lambda _what, _count: None) -> Counted:
    """Fill an empty store and its folder of files from a backup. BackupUnsuitableError and BackupDamagedError leave the store as it was.

    Whatever was due meanwhile falls due at once, and jobs that waited are queued again under their keys.
    """
    database, contents = Database(settings.db), content_store(settings)
    try:
        with _opened(path) as archive:
            manifest = _checked(archive, path)
            for name in archive.namelist():
                if name.startswith("files/"):
                    with archive.open(name) as content:
                        keep_content(contents, bytes.fromhex(name.partition("/")[2]), content)
            tell("files", manifest["files"])
            with database.writing() as connection:
                if current_revision(connection) is not None:
                    raise BackupUnsuitableError(path=path, reason="資料庫不是空的，請指定一個空的資料庫。")
                upgrade_connection(connection, manifest["revision"])
                rows = sum(_fill(connection, archive, table, tell) for table in metadata.sorted_tables if table.name in manifest["tables"])
                # what was handed to the jobs of the other store is handed out again; a handler that finds it done does nothing
                connection.execute(due.update().values(handed_for=None))
                upgrade_connection(connection)
                # what was erased since the backup was made is back: the rules that are due run again before anything else is asked
                connection.execute(retention_head.update().values(round_on=None))
            jobs = _queue(database, archive)
            return Counted(rows, manifest["files"], jobs)
    finally:
        database.close()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, FileNotFoundError, IsADirectoryError) as error:
        raise BackupUnsuitableError(path=path, reason="找不到檔案，或檔案不是備份。") from error


def _checked(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The manifest, once every part was found to be as it was written."""
    try:
        manifest: dict[str, Any] = orjson.loads(archive.read("manifest.json"))
    except (KeyError, orjson.JSONDecodeError) as error:
        raise BackupUnsuitableError(path=path, reason="找不到檔案，或檔案不是備份。") from error
    if manifest.get("format") != FORMAT:
        raise BackupUnsuitableError(path=path, reason="備份的格式與本程式不同，請用製作備份的版本還原後再升級。")
    parts = {f"tables/{name}.jsonl": part for name, part in manifest["tables"].items()} | {"jobs.jsonl": manifest["jobs"]}
    for name, part in parts.items():
        if _digest(archive, name) != part["sha256"]:
            raise BackupDamagedError(path=path, part=name)
    for name in (name for name in archive.namelist() if name.startswith("files/")):
        if _digest(archive, name) != name.partition("/")[2]:
            raise BackupDamagedError(path=path, part=name)
    unknown = set(manifest["tables"]) - {table.name for table in metadata.sorted_tables}
    if unknown:
        raise BackupUnsuitableError(path=path, reason="備份來自較新的版本，請先更新本程式。")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> str | None:
    digest = hashlib.sha256()
    try:
        with archive.open(name) as member:
            while piece := member.read(2**20):
                digest.update(piece)
    except (KeyError, zipfile.BadZipFile, EOFError):
        return None
    return digest.hexdigest()


def _fill(connection: Connection, archive: zipfile.ZipFile, table: Table, tell: Callable[[str, int], None]) -> int:
    if table.name in _OF_MACHINES:
        return 0
    convert, count = readers(table), 0
    with archive.open(f"tables/{table.name}.jsonl") as member:
        for rows in _batches(member):
            connection.execute(insert(table), [_row(row, convert) for row in rows])
            count += len(rows)
    if connection.dialect.name == "postgresql" and "id" in table.c and isinstance(table.c.id.type, Integer):
        _count_on(connection, table)
    tell(table.name, count)
    return count


def _count_on(connection: Connection, table: Table) -> None:
    """Let PostgreSQL's own ids go on after those that were given."""
    sequence = connection.execute(select(func.pg_get_serial_sequence(f'"{table.name}"', "id"))).scalar()
    if sequence is not None:
        connection.execute(select(func.setval(sequence, func.coalesce(func.max(table.c.id), 0) + 1, literal(False))))


def _row(row: dict[str, Any], convert: dict[str, Callable[[Any], Any]]) -> dict[str, Any]:
    return {name: convert[name](value) if value is not None and name in convert else value for name, value in row.items()}


def _batches(member: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    for line in member:
        rows.append(orjson.loads(line))
        if len(rows) == _ROWS:
            yield rows
            rows = []
    if rows:
        yield rows


def _queue(database: Database, archive: zipfile.ZipFile) -> int:
    prepare_store(database)
    queue, count = JobQueue(database), 0
    try:
        with archive.open("jobs.jsonl") as member, database.writing() as connection:
            for line in member:
                job = orjson.loads(line)
                queue.put(connection, job["name"], job["key"], job["payload"])
                count += 1
    finally:
        queue.close()
    return count
