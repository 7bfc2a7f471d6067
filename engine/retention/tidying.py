"""Sees that nothing of what was erased stays behind where no query reads it: contents of files, and the store's own free space.

SQLite writes a changed row beside the old one and keeps what is freed as it was, in its file and its log: both are written anew. PostgreSQL
keeps dead rows until they are vacuumed; whoever needs the disk itself clean runs VACUUM FULL (how-to).
"""

from __future__ import annotations

import structlog
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from engine.files import DERIVED
from engine.persistence.database import Database, store_errors
from engine.persistence.tables import content_to_forget, file, retention_run
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)
#: tables of which rows were rewritten
_TOUCHED = ("instance", "history_value", "record", "instance_variable", "register_line", "dossier_entry", "file", "work_item", "incident",
            "case_comment", "case_reporter", "phone_call", "outside_link", "approval", "tenant", "directory_change", "import_row",
            "sign_in_attempt", "user_session", "notification", "delivery", "idempotency", "work_item_draft", "search_piece")
_SLICE = 500


def tidy(runtime: Runtime) -> None:
    """Tidy up after the runs that are over, once no other goes on. What can't be done now waits for the next time."""
    forget_contents(runtime)
    with UnitOfWork(runtime.database) as uow:
        over = uow.reading.execute(select(retention_run.c.id).where(
            retention_run.c.state != "running", retention_run.c.tidied_at.is_(None), retention_run.c.done_count > 0)).scalars().all()
        goes_on = uow.reading.execute(select(retention_run.c.id).where(retention_run.c.state == "running").limit(1)).first()
    if not over or goes_on is not None:
        return
    try:
        _rewrite(runtime.database)
    except DBAPIError as error:
        _log.warning("not_tidied", reason=str(error.orig))
        return
    run_step(runtime, lambda uow: uow.writing.execute(
        update(retention_run).where(retention_run.c.id.in_(over)).values(tidied_at=runtime.clock.now())))


def forget_contents(runtime: Runtime) -> None:
    """Drop what no file needs any more, and see that it is gone."""
    with UnitOfWork(runtime.database) as uow:
        waiting = [bytes(each) for each in uow.reading.execute(select(content_to_forget.c.digest).limit(_SLICE)).scalars()]
        needed = {bytes(each) for each in uow.reading.execute(
            select(file.c.digest).where(file.c.digest.in_(waiting), file.c.erased_at.is_(None))).scalars()}
    gone = [digest for digest in waiting if digest in needed or _is_gone(runtime, digest.hex())]
    if gone:
        run_step(runtime, lambda uow: uow.writing.execute(delete(content_to_forget).where(content_to_forget.c.digest.in_(gone))))


def _is_gone(runtime: Runtime, name: str) -> bool:
    for each in (name, *(f"{name}{suffix}" for suffix in DERIVED)):
        runtime.contents.forget(each)
    try:
        runtime.contents.open(name, 0).close()
    except FileNotFoundError:
        return True
    return False


def _rewrite(database: Database) -> None:
    with store_errors(), database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not database.is_sqlite:
            for table in _TOUCHED:
                connection.execute(text(f"VACUUM {table}"))
            return
        # the copy is as large as the store: it goes to a file, not into memory
        raw = connection.connection.cursor()
        raw.execute("PRAGMA temp_store=FILE")
        raw.execute("VACUUM")
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("PRAGMA temp_store=MEMORY")
