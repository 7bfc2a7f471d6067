"""Due times that were set before the working calendar changed: how many there are, and moving them when somebody asks for it.

Only what counts working time and is not due yet. A clock that stood still for a while keeps its time, for what was left of it then can't
be told any more; so do signers' items, which begin anew when a chain sends them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update

from engine import definitions, history, limits, permissions, steps
from engine.calendars import WorkingCalendar, warn_at
from engine.company import changes
from engine.company.calendars import COMPANY, KIND
from engine.history import NewEvent
from engine.limit_book import BREACH, WARN
from engine.limit_figures import known_limits
from engine.limit_rules import Limit
from engine.model import SYSTEM, Actor
from engine.openings import due_times
from engine.permissions import EVERYWHERE
from engine.persistence.tables import directory_change, due, history_event, limit_clock, site, work_item, working_calendar
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: name of the job that moves them
JOB = "reschedule"
#: rows that one transaction looks at
_SLICE = 100


@dataclass(frozen=True, slots=True)
class Concerned:
    """Open due times that count working time at a calendar's places."""

    items: int
    limits: int

    @property
    def total(self) -> int:
        """Both."""
        return self.items + self.limits


def concerned(runtime: Runtime, uow: UnitOfWork, site_id: int | None) -> Concerned:
    """How many there are now."""
    now = runtime.clock.now()
    items = (select(work_item.c.definition_id, work_item.c.element_id, func.count()).where(
        work_item.c.is_live, work_item.c.due_at > now, _at(work_item.c.site_id, site_id)).group_by(
        work_item.c.definition_id, work_item.c.element_id))
    counted = sum(count for definition_id, element_id, count in uow.reading.execute(items).all()
                  if _counts_working_time(runtime, uow, definition_id, element_id))
    working = [limit_id for limit_id, known in known_limits(runtime, uow).items() if known.limit.calendar == "working"]
    clocks = select(func.count()).select_from(limit_clock).where(*_running(now, site_id), limit_clock.c.limit_id.in_(working))
    return Concerned(counted, uow.reading.execute(clocks).scalar_one() if working else 0)


def ask(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int | None) -> None:
    """Have them moved by a job, on record. Asked twice it is done twice, which changes nothing."""
    permissions.require(actor, "calendar:write", EVERYWHERE if site_id is None else site_id)
    now, entry = runtime.clock.now(), COMPANY if site_id is None else str(site_id)
    change_id = uow.writing.execute(insert(directory_change).values(
        kind=KIND, entry=entry, at=now, actor_id=actor.user_id, action="rescheduling").returning(directory_change.c.id)).scalar_one()
    runtime.outbox.enqueue(uow.writing, JOB, f"{JOB}-{change_id}", {"site_id": site_id, "actor_id": actor.user_id})
    uow.after_commit(runtime.outbox.wake)


def carry_out(runtime: Runtime, site_id: int | None, actor: Actor) -> Concerned:
    """Move them all, a transaction a slice; broken off and begun again it only moves what has not been moved."""
    items = _each(runtime, site_id, _move_items)
    clocks = _each(runtime, site_id, _move_clocks)
    moved = Concerned(items, clocks)

    def note(uow: UnitOfWork) -> None:
        changes.record(uow, actor, KIND, COMPANY if site_id is None else str(site_id), "rescheduled", runtime.clock.now(),
                       changes={"moved": (None, moved.total)})

    run_step(runtime, note)
    return moved


def _each(runtime: Runtime, site_id: int | None, move: Callable[..., tuple[int, int | None]]) -> int:
    moved, after = 0, 0
    while True:
        count, following = run_step(runtime, partial(move, runtime, site_id=site_id, after=after))
        moved += count
        if following is None:
            return moved
        after = following


def _move_items(runtime: Runtime, uow: UnitOfWork, site_id: int | None, after: int) -> tuple[int, int | None]:
    now = runtime.clock.now()
    query = select(work_item).where(
        work_item.c.id > after, work_item.c.is_live, work_item.c.due_at > now, _at(work_item.c.site_id, site_id))
    rows = uow.reading.execute(query.order_by(work_item.c.id).limit(_SLICE)).all()
    moved = 0
    for row in rows:
        if not _counts_working_time(runtime, uow, row.definition_id, row.element_id):
            continue
        element = definitions.content(runtime, uow, row.definition_id).diagram.elements[row.element_id]
        warn, due_at = due_times(runtime, element, row.created_at, row.site_id)
        if due_at is None or due_at == row.due_at:
            continue
        still = (work_item.c.id == row.id, work_item.c.is_live, work_item.c.due_at == row.due_at)
        if uow.writing.execute(update(work_item).where(*still).values(warn_at=warn, due_at=due_at)).rowcount:
            _rearm(runtime, uow, row.instance_id, row.token, {"item_warn": warn, "item_due": due_at})
            event = NewEvent("work_item.rescheduled", row.element_id, row.token, {"from": row.due_at, "due_at": due_at})
            history.append(uow, SYSTEM, row.instance_id, [event], now)
            moved += 1
    return moved, rows[-1].id if len(rows) == _SLICE else None


def _move_clocks(runtime: Runtime, uow: UnitOfWork, site_id: int | None, after: int) -> tuple[int, int | None]:
    now = runtime.clock.now()
    query = select(limit_clock, site.c.time_zone).select_from(limit_clock.outerjoin(site, site.c.id == limit_clock.c.site_id)).where(
        limit_clock.c.id > after, *_running(now, site_id))
    rows = uow.reading.execute(query.order_by(limit_clock.c.id).limit(_SLICE)).all()
    moved = 0
    for row in rows:
        limit = _limit(runtime, uow, row)
        if limit is None or limit.calendar != "working" or limit.target is None or _was_held(uow, row.instance_id):
            continue
        calendar = _calendar(runtime, row)
        due_at = calendar.add(row.started_at, limit.target, "working")
        if due_at == row.due_at:
            continue
        warn = warn_at(row.started_at, due_at, limit.warn) if limit.warn is not None else None
        still = (limit_clock.c.id == row.id, limit_clock.c.due_at == row.due_at, *_running(now, site_id))
        if uow.writing.execute(update(limit_clock).where(*still).values(due_at=due_at, warn_at=warn)).rowcount:
            _rearm(runtime, uow, row.instance_id, row.limit_id, {WARN: warn, BREACH: due_at})
            event = NewEvent("limit.rescheduled", detail={"limit": row.limit_id, "from": row.due_at, "due_at": due_at})
            history.append(uow, SYSTEM, row.instance_id, [event], now)
            moved += 1
    return moved, rows[-1].id if len(rows) == _SLICE else None


def _rearm(runtime: Runtime, uow: UnitOfWork, instance_id: int, subject: str, moments: dict[str, Any]) -> None:
    """A row that was fired already is gone, and stays so."""
    for kind, moment in moments.items():
        if moment is not None:
            uow.writing.execute(update(due).where(
                due.c.instance_id == instance_id, due.c.kind == kind, due.c.subject == subject).values(due_at=moment))
    uow.after_commit(runtime.outbox.wake)


def _at(column: ColumnElement[Any], site_id: int | None) -> ColumnElement[bool]:
    """Places at which the calendar holds: the site, or all that follow the company."""
    if site_id is not None:
        return column == site_id
    own = select(working_calendar.c.site_id).where(working_calendar.c.site_id.is_not(None), working_calendar.c.body != "{}")
    return column.is_(None) | column.not_in(own)


def _running(now: Any, site_id: int | None) -> tuple[ColumnElement[bool], ...]:
    return (limit_clock.c.kind == "clock", limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None),
            limit_clock.c.paused_at.is_(None), limit_clock.c.breached_at.is_(None), limit_clock.c.due_at > now,
            _at(limit_clock.c.site_id, site_id))


def _counts_working_time(runtime: Runtime, uow: UnitOfWork, definition_id: int, element_id: str) -> bool:
    element = definitions.content(runtime, uow, definition_id).diagram.elements.get(element_id)
    return element is not None and bool(element.due) and not element.signers and element.calendar == "working"


def _limit(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> Limit | None:
    standing = steps.load(uow, row.instance_id)
    content = definitions.instance_content(runtime, uow, standing.definition_id, steps.bound(standing))
    return limits.limit_at(runtime, content, row.limit_id, row.started_at)


def _was_held(uow: UnitOfWork, instance_id: int) -> bool:
    query = select(history_event.c.id).where(history_event.c.instance_id == instance_id, history_event.c.type == "limit.resumed")
    return uow.reading.execute(query.limit(1)).first() is not None


def _calendar(runtime: Runtime, row: Row[Any]) -> WorkingCalendar:
    found = runtime.organisation.calendar_at(row.site_id)
    return found.in_zone(row.time_zone) if row.time_zone and row.site_id not in runtime.organisation.site_calendars else found
