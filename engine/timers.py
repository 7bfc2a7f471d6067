"""What happens when a due row's time has come. The scheduler and the movable clock call `fire`; everything else is a row away.

Each kind looks at the state again and does nothing when its row is stale, so that firing twice is harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Row, Select, delete, func, select, update

from engine import definitions, history, instances, limits, notifications, start_timers, steps
from engine.errors import GuichengError, StaleInstanceError, StoreUnavailableError
from engine.history import NewEvent
from engine.limits import mark_late
from engine.model import ENDED_STATES, LIVE_WORK_ITEM_STATES, SYSTEM, InstanceState
from engine.notifications import Kind
from engine.periodic import LINKED, Round
from engine.persistence.tables import definition, due, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.start_timers import StartTimer, read_subject, unquoted
from engine.steps import Command

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DueRow:
    """Something that falls due."""

    id: int
    #: `timer`, `item_warn`, `item_due`, `limit_warn`, `limit_breach`, `start_timer`, `start_linked`
    kind: str
    due_at: datetime


def next_due_at(uow: UnitOfWork, *, after: datetime | None = None) -> datetime | None:
    """The earliest due time (later than `after`); None when nothing waits."""
    query = select(func.min(due.c.due_at))
    if after is not None:
        query = query.where(due.c.due_at > after)
    found: datetime | None = uow.reading.execute(query).scalar()
    return found


def next_pending_at(uow: UnitOfWork) -> datetime | None:
    """The earliest due time that has not been handed to the job engine; None when nothing waits."""
    # ordered, not min(): the index is walked to the first pending row and no further
    query = select(due.c.due_at).where(_pending()).order_by(due.c.due_at, due.c.id).limit(1)
    found: datetime | None = uow.reading.execute(query).scalar()
    return found


def due_now(runtime: Runtime, uow: UnitOfWork, limit: int) -> list[DueRow]:
    """What is due, in the order in which it fell due."""
    return _rows(uow.reading.execute(_due(runtime.clock.now(), limit)).all())


def hand_over(runtime: Runtime, uow: UnitOfWork, limit: int) -> list[DueRow]:
    """What is due and was not handed over yet, marked as handed over in the caller's transaction."""
    query = _due(runtime.clock.now(), limit).where(_pending()).with_for_update(skip_locked=True)
    rows = _rows(uow.writing.execute(query).all())
    if rows:
        uow.writing.execute(update(due).where(due.c.id.in_([row.id for row in rows])).values(handed_for=due.c.due_at))
    return rows


def still_stands(uow: UnitOfWork, row: DueRow) -> bool:
    """Whether the row is there with the same due time."""
    return uow.reading.execute(select(due.c.id).where(due.c.id == row.id, due.c.due_at == row.due_at)).scalar() is not None


def has_slices_left(runtime: Runtime, uow: UnitOfWork, due_id: int) -> bool:
    """Whether a due row that was just fired goes on at once: a periodic start, at the time that it was for."""
    query = select(due.c.kind, due.c.due_at).where(due.c.id == due_id, due.c.due_at <= runtime.clock.now())
    row = uow.reading.execute(query).one_or_none()
    return row is not None and row.kind in (start_timers.KIND, LINKED)


def up_to(uow: UnitOfWork, due_id: int) -> list[int]:
    """Ids of what the same instance has to fire up to this row, in order, itself last; nothing when it is gone.

    Several threads fire rows at once; an instance's own still happen in the order in which they fell due.
    """
    row = uow.reading.execute(select(due.c.id, due.c.due_at, due.c.instance_id).where(due.c.id == due_id)).one_or_none()
    if row is None:
        return []
    query = select(due.c.id).where(due.c.instance_id == row.instance_id, due.c.due_at <= row.due_at, due.c.id != due_id)
    return [*uow.reading.execute(query.order_by(due.c.due_at, due.c.id)).scalars(), due_id]


def _pending() -> Any:
    return due.c.handed_for.is_(None) | (due.c.handed_for != due.c.due_at)


def _due(now: datetime, limit: int) -> Select[Any]:
    query = select(due.c.id, due.c.kind, due.c.due_at).where(due.c.due_at <= now)
    return query.order_by(due.c.due_at, due.c.id).limit(limit)


def _rows(found: Any) -> list[DueRow]:
    return [DueRow(*row) for row in found]


def fire(runtime: Runtime, uow: UnitOfWork, due_id: int) -> bool:
    """Do what a due row is for; False when it is gone, not due any more, or has to wait until its instance moves again.

    Never commits. StaleInstanceError when a step came between: run it again.
    """
    row = uow.reading.execute(select(due).where(due.c.id == due_id)).one_or_none()
    if row is None or row.due_at > runtime.clock.now():
        return False
    return _KINDS[row.kind](runtime, uow, row)


def _take(uow: UnitOfWork, row: Row[Any]) -> bool:
    """Remove the row; False when somebody else did, or moved it."""
    gone = uow.writing.execute(delete(due).where(due.c.id == row.id, due.c.due_at == row.due_at))
    return gone.rowcount == 1


def _instance_timer(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
    standing = steps.load(uow, row.instance_id)
    if standing.state in ENDED_STATES:
        _take(uow, row)
        return False
    if standing.state != InstanceState.ACTIVE:
        # the row stands: it fires when the instance is resumed or mended
        return False
    steps.step(runtime, uow, SYSTEM, standing, Command("refresh", lambda run: run.refresh(), lambda: None))
    # the step writes the next due time; what it left of this one would come back at once, for ever
    _take(uow, row)
    return True


def _item_warn(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
    item = _live_item(uow, row)
    if not _take(uow, row) or item is None:
        return False
    now = runtime.clock.now()
    event = NewEvent("work_item.warned", item.element_id, item.token, {"work_item": item.id, "due_at": item.due_at})
    history.append(uow, SYSTEM, item.instance_id, [event], now)
    _tell(runtime, uow, item, Kind.DUE_SOON)
    return True


def _item_due(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
    item = _live_item(uow, row)
    if not _take(uow, row) or item is None:
        return False
    now = runtime.clock.now()
    element = definitions.content(runtime, uow, item.definition_id).diagram.elements.get(item.element_id)
    role = element.escalate_to if element is not None else None
    detail = {"work_item": item.id, "due_at": row.due_at, "escalate_to": role}
    if role:
        uow.writing.execute(update(work_item).where(work_item.c.id == item.id).values(escalated_role=role, escalated_at=now))
    mark_late(uow, item.instance_id, row.due_at)
    history.append(uow, SYSTEM, item.instance_id, [NewEvent("work_item.overdue", item.element_id, item.token, detail)], now)
    _tell(runtime, uow, item, Kind.OVERDUE)
    if role:
        notifications.tell(
            runtime, uow, Kind.ESCALATED, role=role, site_id=item.site_id, instance_id=item.instance_id, work_item_id=item.id
        )
    return True


def _live_item(uow: UnitOfWork, row: Row[Any]) -> Row[Any] | None:
    """The work item of a due row while it can be acted on, with its instance locked; items of a suspended instance fall due too."""
    connection = uow.writing
    connection.execute(select(instance.c.id).where(instance.c.id == row.instance_id).with_for_update())
    query = select(work_item).where(
        work_item.c.instance_id == row.instance_id, work_item.c.token == row.subject, work_item.c.state.in_(LIVE_WORK_ITEM_STATES)
    )
    return connection.execute(query).one_or_none()


def _limit(act: Callable[..., bool]) -> Callable[[Runtime, UnitOfWork, Row[Any]], bool]:
    def fire_limit(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
        standing = steps.load(uow, row.instance_id)
        content = definitions.instance_content(runtime, uow, standing.definition_id, steps.bound(standing))
        return _take(uow, row) and act(runtime, uow, row.instance_id, row.subject, content)

    return fire_limit


def _start(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
    definition_id, element_id, anchor = read_subject(row.subject)
    query = select(definition.c.key, definition.c.is_latest).where(definition.c.id == definition_id)
    found = uow.reading.execute(query).one_or_none()
    element = definitions.content(runtime, uow, definition_id).diagram.elements.get(element_id) if found is not None else None
    if found is None or not found.is_latest or element is None or not element.events:
        _take(uow, row)
        return False
    calendar = runtime.organisation.calendar
    timer = StartTimer(definition_id, element_id, unquoted(element.events[0].expression or ""), anchor)
    next_at = timer.next_after(row.due_at, calendar)
    properties = definitions.content(runtime, uow, definition_id).diagram.properties
    catch_up = properties.get("catch_up") or element.properties.get("catch_up")
    is_skipped = next_at is not None and next_at <= runtime.clock.now() and catch_up == "latest"
    collection = properties.get("for_each", "").strip()
    each = Round(found.key, collection, row.due_at, timer.element_id) if collection else None
    # what has begun is finished, even where only the latest time is made up for
    if each is not None and (not is_skipped or each.has_begun(uow)) and each.start_slice(runtime, uow, row):
        return True
    if each is None and not is_skipped:
        _start_instance(runtime, uow, found.key, timer, row)
    # the row is the key "definition + time": only who moves it on has started the instance
    moved = delete(due) if next_at is None else update(due).values(due_at=next_at, handed_for=None)
    if uow.writing.execute(moved.where(due.c.id == row.id, due.c.due_at == row.due_at)).rowcount != 1:
        raise StaleInstanceError(instance_id=row.subject)
    uow.after_commit(runtime.outbox.wake)
    return not is_skipped


def _start_linked(runtime: Runtime, uow: UnitOfWork, row: Row[Any]) -> bool:
    key, _, collection = row.subject.partition(":")
    if Round(key, collection, row.due_at, None, row.instance_id).start_slice(runtime, uow, row):
        return True
    _take(uow, row)
    return False


def _start_instance(runtime: Runtime, uow: UnitOfWork, key: str, timer: StartTimer, row: Row[Any]) -> None:
    """Start it; a diagram that cannot start must not hold up the times after this one."""
    try:
        instances.start(runtime, uow, replace(SYSTEM, claimed_at=row.due_at), key, {}, start_element=timer.element_id)
    except (StaleInstanceError, StoreUnavailableError):
        raise
    except GuichengError as error:
        uow.rollback()
        _log.error("timer_start_failed", process=key, element=timer.element_id, due_at=row.due_at.isoformat(), reason=str(error))
        data = {"process": key, "subject": timer.element_id, "reason": error.source_text()}
        notifications.tell(runtime, uow, Kind.START_FAILED, role="administrator", data=data)


def _tell(runtime: Runtime, uow: UnitOfWork, item: Row[Any], kind: Kind) -> None:
    """Whoever has the item, else its role."""
    people = [] if item.assignee_id is None else [item.assignee_id]
    notifications.tell(
        runtime, uow, kind, people=people, role=item.role, site_id=item.site_id, instance_id=item.instance_id, work_item_id=item.id
    )


_KINDS: dict[str, Callable[[Runtime, UnitOfWork, Row[Any]], bool]] = {
    "timer": _instance_timer,
    "item_warn": _item_warn,
    "item_due": _item_due,
    limits.WARN: _limit(limits.warn),
    limits.BREACH: _limit(limits.breach),
    start_timers.KIND: _start,
    LINKED: _start_linked,
}
