"""Workbooks that were sent wait here for a job that works out what they would change: told how far it is, stopped when it isn't wanted any
more, begun anew after a restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
from sqlalchemy import delete, insert, select, update

from engine import permissions
from engine.company import asking
from engine.errors import GuichengError, InvalidError
from engine.imports import kinds as all_of
from engine.imports import storing
from engine.imports.plan import GUIDES, Book, plan_sheets
from engine.imports.storing import NothingToImportError
from engine.imports.workbook import read_workbook
from engine.model import SYSTEM, Actor
from engine.persistence.tables import import_run, import_workbook
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: name of the job
JOB = "plan_import"
#: seconds between two looks at whether it is still wanted, at which it also says how far it is
_LOOK = 1.0


class _NotWantedError(Exception):
    """Somebody threw it away meanwhile."""


def receive(runtime: Runtime, uow: UnitOfWork, actor: Actor, name: str, raw: bytes) -> int:
    """Take a workbook in, to be planned soon by a job; the import's id. WorkbookRefusedError for a file that is none,
    NothingToImportError for one without rows.
    """
    permissions.require(actor, "import:apply")
    book = read_workbook(raw)
    total = sum(len(sheet.rows) - 1 for sheet in book.sheets if sheet.rows and sheet.title not in GUIDES)
    if total <= 0:
        raise NothingToImportError
    run = {"name": name.strip()[:200] or "—", "digest": book.digest, "state": "reading", "read_at": runtime.clock.now(),
           "read_by": actor.user_id, "line_count": total}  # fmt: skip
    import_id: int = uow.writing.execute(insert(import_run).values(**run).returning(import_run.c.id)).scalar_one()
    uow.writing.execute(insert(import_workbook).values(import_id=import_id, content=raw))
    runtime.outbox.enqueue(uow.writing, JOB, f"{JOB}-{import_id}", {"import_id": import_id})
    uow.after_commit(runtime.outbox.wake)
    return import_id


def plan(runtime: Runtime, import_id: int) -> None:
    """Work out what a workbook would change, and keep that. One that is planned or thrown away already is left alone; what is wrong with
    the whole workbook is kept with it.
    """
    with UnitOfWork(runtime.database) as uow:
        sent = import_run.join(import_workbook, import_workbook.c.import_id == import_run.c.id)
        query = select(import_run.c.read_by, import_workbook.c.content).select_from(sent)
        row = uow.reading.execute(query.where(import_run.c.id == import_id, import_run.c.state == "reading")).one_or_none()
        if row is None:
            return
        try:
            actor = SYSTEM if row.read_by is None else asking.person(uow, row.read_by, "import:apply")
            book = read_workbook(bytes(row.content))
            found = all_of.all_kinds(runtime, uow)
            planned = plan_sheets(Book(runtime, uow, found), found, book.sheets, _Teller(runtime, import_id))
            if not planned:
                raise NothingToImportError
            storing.rehearse(runtime, actor, found, planned)
        except _NotWantedError:
            return
        except (InvalidError, asking.AskerGoneError) as error:
            run_step(runtime, _refusal(runtime, import_id, error))
            return

    def keep(writing: UnitOfWork) -> None:
        if _is_wanted(writing, import_id):
            storing.keep_rows(writing, import_id, planned, found)
            values = {"state": "planned", **storing.counted(planned)}
            writing.writing.execute(update(import_run).where(import_run.c.id == import_id).values(**values))
            writing.writing.execute(delete(import_workbook).where(import_workbook.c.import_id == import_id))

    run_step(runtime, keep)


def _refusal(runtime: Runtime, import_id: int, error: GuichengError) -> Callable[[UnitOfWork], None]:
    def refuse(uow: UnitOfWork) -> None:
        if _is_wanted(uow, import_id):
            problem = orjson.dumps({"sentence": error.sentence, "data": error.data}, default=str).decode()
            values = {"state": "unreadable", "problem": problem, "finished_at": runtime.clock.now()}
            uow.writing.execute(update(import_run).where(import_run.c.id == import_id).values(**values))
            uow.writing.execute(delete(import_workbook).where(import_workbook.c.import_id == import_id))

    return refuse


def _is_wanted(uow: UnitOfWork, import_id: int) -> bool:
    query = select(import_run.c.state).where(import_run.c.id == import_id).with_for_update()
    return bool(uow.writing.execute(query).scalar() == "reading")


@dataclass(slots=True)
class _Teller:
    """Says how far it is, not more often than people look."""

    runtime: Runtime
    import_id: int
    #: by the machine's clock: it is about how long somebody waits
    told_at: float = field(default_factory=time.monotonic)

    def __call__(self, done: int, _total: int) -> None:
        now = time.monotonic()
        if now - self.told_at < _LOOK:
            return
        self.told_at = now
        run_step(self.runtime, lambda uow: self._tell(uow, done))

    def _tell(self, uow: UnitOfWork, done: int) -> None:
        if not _is_wanted(uow, self.import_id):
            raise _NotWantedError
        uow.writing.execute(update(import_run).where(import_run.c.id == self.import_id).values(checked_count=done))
