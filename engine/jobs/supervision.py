"""What the administrator sees of background jobs and may do with them: queue one again, or take one out of the queue. Runs none.

Reads and changes DBOS's own tables inside the caller's transaction, as `waiting_jobs` does: what was done and the record of who did it
stand together, from any process, also one that runs no jobs.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import TableClause, and_, column, delete, func, inspect, or_, select, table, update

from engine.clock import Clock, SystemClock
from engine.company import changes
from engine.errors import ConflictError, NotFoundError
from engine.jobs import leases
from engine.jobs.dbos_runner import MOST_ATTEMPTS, JobQueue
from engine.model import Actor, JsonObject
from engine.permissions import require
from engine.persistence.tables import executor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP, Page, clamp, decode, encode
from engine.runtime import Runtime


class JobState(StrEnum):
    """Where a job stands."""

    #: until its turn, or until the next attempt
    WAITING = "waiting"
    RUNNING = "running"
    #: given up after all attempts
    FAILED = "failed"
    #: taken out of the queue by somebody
    CANCELLED = "cancelled"
    #: forgotten some days later
    DONE = "done"


_STATUS = {
    JobState.WAITING: ("ENQUEUED", "DELAYED"), JobState.RUNNING: ("PENDING",), JobState.CANCELLED: ("CANCELLED",),
    JobState.FAILED: ("ERROR", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"), JobState.DONE: ("SUCCESS",),
}
_STATES = {status: state for state, all_of in _STATUS.items() for status in all_of}
#: kind of entry in the record of changes, and the length of its name there
_KIND, _ENTRY = "job", 60


class JobMovedError(ConflictError):
    """Expected a job in another state."""

    code = "job_moved"
    sentence = "這項作業的狀態已經改變，請看目前的清單。"


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job, as the list shows it."""

    id: str
    #: of `engine.jobs.handlers`
    name: str
    key: str
    state: JobState
    #: the attempt that waits, runs or ended, of MOST_ATTEMPTS
    attempt: int
    made_at: datetime
    changed_at: datetime
    #: what it ended with
    reason: str | None
    payload: JsonObject


@dataclass(frozen=True, slots=True)
class Health:
    """How the jobs are."""

    #: state → how many; capped at COUNT_CAP
    counts: dict[JobState, int]
    #: processes that run jobs and have given a sign of life just now
    workers: int
    #: seconds that the job at the head of the queue has waited; None when none does
    oldest_seconds: float | None


def health(uow: UnitOfWork, actor: Actor, machine: Clock | None = None) -> Health:
    """Numbers as they are now. ForbiddenError."""
    require(actor, "job:administer")
    now = (machine or SystemClock()).now()
    alive = uow.reading.execute(select(func.count()).select_from(executor).where(executor.c.beat_at > now - leases.STALE)).scalar_one()
    counts, oldest = dict.fromkeys(JobState, 0), None
    if _is_there(uow):
        job = _table(uow, "workflow_status")
        for state, status in _STATUS.items():
            some = select(job.c.workflow_uuid).where(job.c.status.in_(status)).limit(COUNT_CAP).subquery()
            counts[state] = uow.reading.execute(select(func.count()).select_from(some)).scalar_one()
        first = uow.reading.execute(select(func.min(job.c.created_at)).where(job.c.status == "ENQUEUED")).scalar()
        oldest = max(0.0, (now - _moment(first)).total_seconds()) if first is not None else None
    return Health(counts, alive, oldest)


def page(uow: UnitOfWork, actor: Actor, state: JobState | None = None, *, after: str | None = None, limit: int = 50) -> Page[JobRow]:
    """Jobs of one state, or all that are not done, latest first. ForbiddenError."""
    require(actor, "job:administer")
    limit = clamp(limit)
    if not _is_there(uow):
        return Page(())
    job, given, outcome = (_table(uow, name) for name in ("workflow_status", "workflow_input", "workflow_output"))
    wanted = _STATUS[state] if state else [status for status, each in _STATES.items() if each != JobState.DONE]
    statement = (
        select(job.c.workflow_uuid, job.c.status, job.c.created_at, job.c.updated_at, given.c.inputs, outcome.c.error)
        .select_from(job.join(given, given.c.workflow_uuid == job.c.workflow_uuid)
                     .outerjoin(outcome, outcome.c.workflow_uuid == job.c.workflow_uuid))
        .where(job.c.status.in_(wanted))
    )
    if after:
        made, last = decode("jobs", after, (int, str))
        statement = statement.where(or_(job.c.created_at < made, and_(job.c.created_at == made, job.c.workflow_uuid < last)))
    rows = uow.reading.execute(statement.order_by(job.c.created_at.desc(), job.c.workflow_uuid.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return Page(tuple(_row(row) for row in shown),
                encode("jobs", (shown[-1].created_at, shown[-1].workflow_uuid)) if len(rows) > limit else None)


def get(uow: UnitOfWork, actor: Actor, job_id: str) -> JobRow:
    """One job. NotFoundError, ForbiddenError."""
    require(actor, "job:administer")
    if _is_there(uow):
        job, given, outcome = (_table(uow, name) for name in ("workflow_status", "workflow_input", "workflow_output"))
        row = uow.reading.execute(
            select(job.c.workflow_uuid, job.c.status, job.c.created_at, job.c.updated_at, given.c.inputs, outcome.c.error)
            .select_from(job.join(given, given.c.workflow_uuid == job.c.workflow_uuid)
                         .outerjoin(outcome, outcome.c.workflow_uuid == job.c.workflow_uuid))
            .where(job.c.workflow_uuid == job_id)
        ).one_or_none()
        if row is not None:
            return _row(row)
    raise NotFoundError(kind="作業", id=job_id)


def retry(runtime: Runtime, uow: UnitOfWork, actor: Actor, job_id: str) -> None:
    """Queue a job anew that was given up or taken out, with all its attempts. JobMovedError when it is in another state by now."""
    found = get(uow, actor, job_id)
    job = _table(uow, "workflow_status")
    again = (*_STATUS[JobState.FAILED], *_STATUS[JobState.CANCELLED])
    if uow.writing.execute(delete(job).where(job.c.workflow_uuid == job_id, job.c.status.in_(again))).rowcount != 1:
        raise JobMovedError()
    for name in ("workflow_input", "workflow_output"):
        of = _table(uow, name)
        uow.writing.execute(delete(of).where(of.c.workflow_uuid == job_id))
    with closing(JobQueue(runtime.database)) as queue:
        queue.put(uow.writing, found.name, found.key, found.payload, suffix=f"~{time.time_ns()}")
    _record(runtime, uow, actor, found, "retried")


def cancel(runtime: Runtime, uow: UnitOfWork, actor: Actor, job_id: str) -> None:
    """Take a waiting job out of the queue; one that already runs goes on. JobMovedError when it waits no longer."""
    found = get(uow, actor, job_id)
    job, now = _table(uow, "workflow_status"), time.time_ns() // 1_000_000
    moved = uow.writing.execute(
        update(job).where(job.c.workflow_uuid == job_id, job.c.status.in_(_STATUS[JobState.WAITING]))
        .values(status="CANCELLED", queue_name=None, deduplication_id=None, updated_at=now, completed_at=now)
    )
    if moved.rowcount != 1:
        raise JobMovedError()
    _record(runtime, uow, actor, found, "cancelled")


def forget_ended(uow: UnitOfWork, name: str) -> int:
    """Forget the jobs of a name that are done, with what they carried, before their time; how many that were."""
    if not _is_there(uow):
        return 0
    job, given, outcome = (_table(uow, each) for each in ("workflow_status", "workflow_input", "workflow_output"))
    query = select(job.c.workflow_uuid, given.c.inputs).join(given, given.c.workflow_uuid == job.c.workflow_uuid)
    done = query.where(job.c.status == "SUCCESS", given.c.inputs.contains(f'"{name}"'))
    ids = [row.workflow_uuid for row in uow.writing.execute(done) if orjson.loads(row.inputs)["positionalArgs"][0] == name]
    for of in (job, given, outcome):
        uow.writing.execute(delete(of).where(of.c.workflow_uuid.in_(ids)))
    return len(ids)


def _record(runtime: Runtime, uow: UnitOfWork, actor: Actor, job: JobRow, action: str) -> None:
    changes.record(uow, actor, _KIND, job.key[:_ENTRY], action, runtime.clock.now(), changes={"name": (None, job.name)})


def _row(row: Any) -> JobRow:
    name, key, payload, attempt = orjson.loads(row.inputs)["positionalArgs"]
    return JobRow(row.workflow_uuid, name, key, _STATES[row.status], min(int(attempt), MOST_ATTEMPTS), _moment(row.created_at),
                  _moment(row.updated_at), _reason(row.error), payload)


def _reason(error: str | None) -> str | None:
    """The message of an error as DBOS keeps it."""
    if not error:
        return None
    try:
        kept = orjson.loads(error)
    except orjson.JSONDecodeError:
        return error
    return str(kept.get("message") or kept.get("name") or error) if isinstance(kept, dict) else str(kept)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)


def _is_there(uow: UnitOfWork) -> bool:
    """Whether DBOS's tables exist: a store that never ran a job has none."""
    return inspect(uow.reading).has_table("workflow_input", schema=_schema(uow))


def _schema(uow: UnitOfWork) -> str | None:
    return "dbos" if uow.reading.dialect.name == "postgresql" else None


def _table(uow: UnitOfWork, name: str) -> TableClause:
    names = ("workflow_uuid", "status", "created_at", "updated_at", "completed_at", "queue_name", "deduplication_id", "inputs", "error")
    return table(name, *(column(each) for each in names), schema=_schema(uow))
