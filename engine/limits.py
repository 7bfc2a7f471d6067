"""Measures the manual's limits with the steps of an instance, and says when a clock is missed.

What is measured is a row of `limit_clock`, `engine.limit_book` writes it; a clock has due rows beside it. It runs from its first
happening whether or not anybody has a work item, and nothing ends it without a trace. What a limit says is `engine.limit_rules`; who
fires due rows is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from engine import history, notifications
from engine.content import InstanceContent
from engine.history import NewEvent
from engine.limit_book import BREACH, WARN, Book, InstanceRow, mark_late
from engine.limit_rules import Happening, Kind, Limit, Moment, in_force, laid_over
from engine.limit_span import elements_between
from engine.limit_verdicts import Plan, Verdict, decide
from engine.model import LIVE_WORK_ITEM_STATES, SYSTEM, JsonObject, OpenItem, Passed
from engine.notifications import Kind as Notice
from engine.persistence.tables import instance, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

__all__ = ["BREACH", "WARN", "breach", "foresee", "happenings", "limit_at", "mark_late", "on_step", "warn"]


def happenings(
    process_key: str, *, opened: Iterable[OpenItem] = (), passed: Iterable[Passed] = (), moments: Iterable[Moment] = ()
) -> list[Happening]:
    """What a step did, in the words of limits: passed elements first, then new items, then moments of the whole instance."""
    found = [Happening(each.process_key or process_key, each.element_id, Moment(each.outcome)) for each in passed]
    found += [Happening(item.process_key or process_key, item.element_id, Moment.CREATED) for item in opened]
    found += [Happening(process_key, None, moment) for moment in moments]
    return found


def foresee(
    runtime: Runtime, content: InstanceContent, events: Sequence[Happening], now: datetime, evaluate: Callable[[str], Any]
) -> Plan | None:
    """Which limits the happenings concern, with their conditions evaluated; None when none. No SQL: call it before the lock is taken."""
    every = _every(runtime, content)
    if not every or not events:
        return None
    happened = frozenset(events)
    ended = any(event.moment is Moment.ENDED for event in events)
    current = [limit for limit in in_force(every, now, runtime.organisation.calendar.zone) if ended or _concerns(limit, happened)]
    if not current:
        return None
    verdicts: dict[str, Verdict] = {}
    deferred: list[Limit] = []
    for limit in current:
        if any(f"{name}(" in text for text in limit.expressions for name in runtime.facts):
            # what the ledger says counts as it stands in the transaction
            deferred.append(limit)
        else:
            verdicts[limit.full_id] = decide(limit, happened, evaluate)
    return Plan(tuple(events), tuple(current), verdicts, tuple(deferred), is_cut_short=ended and len(events) == 1)


def on_step(
    runtime: Runtime, uow: UnitOfWork, *, instance_row: InstanceRow, content: InstanceContent, events: Sequence[Happening],
    data: JsonObject, now: datetime, claimed_at: datetime | None = None, plan: Plan | None = None, person_id: int | None = None,
) -> None:
    """Start, hold and stop clocks for what has happened, and count what is counted.

    Inside the committing transaction, after the step has written its instance and its items. `plan` is what `foresee` gave before
    the lock; without one it is worked out here. `claimed_at` is when it is said to have happened, where that differs, `person_id` who did
    it. No SQL when no limit is concerned.
    """
    if plan is None:
        with runtime.sandbox.session(now) as session:
            plan = foresee(runtime, content, events, now, lambda expression: session.evaluate(expression, data))
    if plan is not None:
        if plan.deferred:
            functions = {name: partial(fact, runtime, uow, instance_row.id) for name, fact in runtime.facts.items()}
            with runtime.sandbox.session(now, functions) as session:
                happened = frozenset(plan.happenings)
                for limit in plan.deferred:
                    plan.verdicts[limit.full_id] = decide(limit, happened, lambda expression: session.evaluate(expression, data))
        # nothing is said to have happened that has not happened yet
        Book(runtime, uow, instance_row, now, min(claimed_at or now, now), person_id).keep(plan)
    if instance_row.late_since is not None and any(event.moment is Moment.CREATED for event in events):
        _pass_on_escalations(runtime, uow, instance_row.id, content, now)


def breach(runtime: Runtime, uow: UnitOfWork, instance_id: int, full_id: str, content: InstanceContent) -> bool:
    """The target of a running clock has passed: mark it, write history, escalate, tell. False when there is nothing to do any more."""
    now = runtime.clock.now()
    clock = _running(uow, instance_id, full_id)
    if clock is None or clock.paused_at is not None or clock.breached_at is not None or clock.due_at > now:
        return False
    limit = limit_at(runtime, content, full_id, clock.started_at)
    uow.writing.execute(update(limit_clock).where(limit_clock.c.id == clock.id).values(breached_at=now))
    mark_late(uow, instance_id, clock.due_at)
    role = limit.escalate_to if limit is not None else None
    escalated = _escalate(uow, instance_id, content, limit, now) if limit is not None and role else 0
    detail = {"limit": full_id, "round": clock.round, "due_at": clock.due_at, "escalate_to": role, "items": escalated}
    history.append(uow, SYSTEM, instance_id, [NewEvent("limit.breached", detail=detail)], now)
    _tell(runtime, uow, instance_id, Notice.LIMIT_MISSED, limit)
    return True


def warn(runtime: Runtime, uow: UnitOfWork, instance_id: int, full_id: str, content: InstanceContent) -> bool:
    """Remind that a target is near. False when there is nothing to remind of any more."""
    now = runtime.clock.now()
    clock = _running(uow, instance_id, full_id)
    if clock is None or clock.paused_at is not None or clock.breached_at is not None or clock.warn_at is None or clock.warn_at > now:
        return False
    limit = limit_at(runtime, content, full_id, clock.started_at)
    detail = {"limit": full_id, "round": clock.round, "due_at": clock.due_at}
    history.append(uow, SYSTEM, instance_id, [NewEvent("limit.warned", detail=detail)], now)
    _tell(runtime, uow, instance_id, Notice.LIMIT_SOON, limit)
    return True


def _every(runtime: Runtime, content: InstanceContent) -> Sequence[Limit]:
    """Those of the case's procedures, with what the house has set over them."""
    kept, every = runtime.organisation.limit_targets, content.limits()
    return laid_over(every, kept, runtime.organisation.calendar.zone) if kept else every


def _concerns(limit: Limit, happened: frozenset[Happening]) -> bool:
    return not happened.isdisjoint(limit.happenings)


def _running(uow: UnitOfWork, instance_id: int, full_id: str) -> Any:
    """The clock as it stands now, with the instance locked, so that no step changes it meanwhile."""
    connection = uow.writing
    connection.execute(select(instance.c.id).where(instance.c.id == instance_id).with_for_update())
    query = select(limit_clock).where(
        limit_clock.c.instance_id == instance_id, limit_clock.c.limit_id == full_id,
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None),
    )
    return connection.execute(query.order_by(limit_clock.c.round.desc()).limit(1)).one_or_none()


def limit_at(runtime: Runtime, content: InstanceContent, full_id: str, started_at: datetime) -> Limit | None:
    """What the limit said when the clock started; None when this version knows it no longer."""
    zone = runtime.organisation.calendar.zone
    every = [limit for limit in _every(runtime, content) if limit.full_id == full_id]
    # a start by claimed time may lie before the limit came into force
    return next(iter(in_force(every, started_at, zone) or [replace(limit, effective_from=None) for limit in every]), None)


def _escalate(uow: UnitOfWork, instance_id: int, content: InstanceContent, limit: Limit, now: datetime) -> int:
    """Let the limit's role see the live items between start and stop that nobody was told of yet; says how many."""
    # where it all happens in one process, that is where people's items are told apart
    processes = {happening.process_key for happening in (*limit.starts, *limit.stops)}
    key = next(iter(processes)) if len(processes) == 1 else limit.process_key
    home = content.of(key)
    between = elements_between(home.diagram, limit)
    calls = {element.called: element.id for element in home.diagram.elements.values() if element.called}
    query = select(work_item.c.id, work_item.c.definition_key, work_item.c.element_id).where(
        work_item.c.instance_id == instance_id, work_item.c.state.in_(LIVE_WORK_ITEM_STATES), work_item.c.role != limit.escalate_to,
        work_item.c.escalated_role.is_(None) | (work_item.c.escalated_role != limit.escalate_to),
    )
    concerned = [row.id for row in uow.writing.execute(query)
                 if (row.element_id if row.definition_key == home.key else calls.get(row.definition_key)) in between]
    if concerned:
        uow.writing.execute(
            update(work_item).where(work_item.c.id.in_(concerned)).values(escalated_role=limit.escalate_to, escalated_at=now)
        )
    return len(concerned)


def _pass_on_escalations(runtime: Runtime, uow: UnitOfWork, instance_id: int, content: InstanceContent, now: datetime) -> None:
    """Escalate new items of an instance in which a limit is already missed and still not met."""
    query = select(limit_clock.c.limit_id, limit_clock.c.started_at).where(
        limit_clock.c.instance_id == instance_id, limit_clock.c.breached_at.is_not(None), limit_clock.c.kind == Kind.CLOCK,
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None),
    )
    for row in uow.writing.execute(query).all():
        limit = limit_at(runtime, content, row.limit_id, row.started_at)
        if limit is not None and limit.escalate_to:
            _escalate(uow, instance_id, content, limit, now)


def _tell(runtime: Runtime, uow: UnitOfWork, instance_id: int, kind: Notice, limit: Limit | None) -> None:
    if limit is not None and limit.escalate_to:
        site_id = uow.writing.execute(select(instance.c.site_id).where(instance.c.id == instance_id)).scalar()
        notifications.tell(runtime, uow, kind, role=limit.escalate_to, site_id=site_id, instance_id=instance_id, data={"limit": limit.name})
