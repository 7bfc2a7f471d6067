"""Runs the clocks of the manual's limits: starts, holds and stops them with the steps of an instance, and says when one is missed.

A clock is a row of `limit_clock` with due rows beside it. It runs from its first happening whether or not anybody has a work item,
and nothing ends it without a trace. What a limit says is read by `engine.limit_rules`; who fires due rows is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import delete, insert, select, update

from engine import history, notifications
from engine.calendars import WorkingCalendar, warn_at
from engine.content import InstanceContent
from engine.errors import StepFailedError
from engine.history import NewEvent
from engine.limit_rules import Happening, Limit, Moment, in_force
from engine.limit_span import elements_between
from engine.model import LIVE_WORK_ITEM_STATES, SYSTEM, JsonObject, OpenItem, Passed
from engine.notifications import Kind
from engine.persistence.tables import due, instance, limit_clock, site, work_item
from engine.persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.runtime import Runtime

#: due rows of a clock
WARN, BREACH = "limit_warn", "limit_breach"


class InstanceRow(Protocol):
    """What is needed to know of the instance; a row of its table will do."""

    @property
    def id(self) -> int:
        """The instance."""
        ...

    @property
    def site_id(self) -> int | None:
        """Where it belongs."""
        ...

    @property
    def late_since(self) -> datetime | None:
        """Since when something of it has been missed."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step means to limits, worked out before the store is locked."""

    happenings: tuple[Happening, ...]
    #: limits that one of them concerns, as they are in force now
    limits: tuple[Limit, ...]
    #: full ids whose condition does not hold
    ruled_out: frozenset[str]
    #: full id and reason of conditions that could not be evaluated
    failed: tuple[tuple[str, str], ...]


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
    every = [limit for definition in (content.own, *content.called.values()) for limit in definition.limits]
    if not every or not events:
        return None
    happened = frozenset(events)
    ended = any(event.moment is Moment.ENDED for event in events)
    current = [limit for limit in in_force(every, now, runtime.organisation.calendar.zone) if ended or _concerns(limit, happened)]
    if not current:
        return None
    ruled_out: set[str] = set()
    failed: list[tuple[str, str]] = []
    for limit in current:
        if limit.when is None or happened.isdisjoint(limit.starts):
            continue
        try:
            if not evaluate(limit.when):
                ruled_out.add(limit.full_id)
        except StepFailedError as error:
            # the manual's case must not stand still because a limit of it is written wrongly; history tells
            ruled_out.add(limit.full_id)
            failed.append((limit.full_id, error.source_text()))
    return Plan(tuple(events), tuple(current), frozenset(ruled_out), tuple(failed))


def on_step(
    runtime: Runtime, uow: UnitOfWork, *, instance_row: InstanceRow, content: InstanceContent, events: Sequence[Happening],
    data: JsonObject, now: datetime, claimed_at: datetime | None = None, plan: Plan | None = None,
) -> None:
    """Start, hold and stop clocks for what has happened.

    Inside the committing transaction, after the step has written its instance and its items. `plan` is what `foresee` gave before
    the lock; without one it is worked out here. `claimed_at` is when it is said to have happened, where that differs. No SQL when no
    limit is concerned.
    """
    if plan is None:
        with runtime.sandbox.session(now) as session:
            plan = foresee(runtime, content, events, now, lambda expression: session.evaluate(expression, data))
    if plan is not None:
        # nothing is said to have happened that has not happened yet
        _Book(runtime, uow, instance_row, now, min(claimed_at or now, now)).keep(plan)
    if instance_row.late_since is not None and any(event.moment is Moment.CREATED for event in events):
        _pass_on_escalations(runtime, uow, instance_row.id, content, now)


def breach(runtime: Runtime, uow: UnitOfWork, instance_id: int, full_id: str, content: InstanceContent) -> bool:
    """The target of a running clock has passed: mark it, write history, escalate, tell. False when there is nothing to do any more."""
    now = runtime.clock.now()
    clock = _running(uow, instance_id, full_id)
    if clock is None or clock.paused_at is not None or clock.breached_at is not None or clock.due_at > now:
        return False
    limit = _limit(content, full_id, clock.started_at, runtime.organisation.calendar.zone)
    uow.writing.execute(update(limit_clock).where(limit_clock.c.id == clock.id).values(breached_at=now))
    mark_late(uow, instance_id, clock.due_at)
    role = limit.escalate_to if limit is not None else None
    escalated = _escalate(uow, instance_id, content, limit, now) if limit is not None and role else 0
    detail = {"limit": full_id, "round": clock.round, "due_at": clock.due_at, "escalate_to": role, "items": escalated}
    history.append(uow, SYSTEM, instance_id, [NewEvent("limit.breached", detail=detail)], now)
    _tell(runtime, uow, instance_id, Kind.LIMIT_MISSED, limit)
    return True


def warn(runtime: Runtime, uow: UnitOfWork, instance_id: int, full_id: str, content: InstanceContent) -> bool:
    """Remind that a target is near. False when there is nothing to remind of any more."""
    now = runtime.clock.now()
    clock = _running(uow, instance_id, full_id)
    if clock is None or clock.paused_at is not None or clock.breached_at is not None or clock.warn_at is None or clock.warn_at > now:
        return False
    limit = _limit(content, full_id, clock.started_at, runtime.organisation.calendar.zone)
    detail = {"limit": full_id, "round": clock.round, "due_at": clock.due_at}
    history.append(uow, SYSTEM, instance_id, [NewEvent("limit.warned", detail=detail)], now)
    _tell(runtime, uow, instance_id, Kind.LIMIT_SOON, limit)
    return True


@dataclass(slots=True)
class _Clock:
    limit_id: str
    round: int
    started_at: datetime
    due_at: datetime
    target_seconds: int
    #: None until it is stored
    id: int | None = None
    warn_at: datetime | None = None
    stopped_at: datetime | None = None
    cancelled_at: datetime | None = None
    paused_at: datetime | None = None
    breached_at: datetime | None = None
    changed: bool = True
    #: whether its due rows must be written anew
    rescheduled: bool = False

    @property
    def runs(self) -> bool:
        return self.stopped_at is None and self.cancelled_at is None

    def values(self) -> dict[str, Any]:
        return {"limit_id": self.limit_id, "round": self.round, "started_at": self.started_at, "warn_at": self.warn_at,
                "due_at": self.due_at, "stopped_at": self.stopped_at, "cancelled_at": self.cancelled_at, "paused_at": self.paused_at,
                "breached_at": self.breached_at, "target_seconds": self.target_seconds}


class _Book:
    """The clocks of one instance during one step."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, instance_row: InstanceRow, now: datetime, happened_at: datetime) -> None:
        self._runtime = runtime
        self._uow = uow
        self._instance = instance_row
        self._now = now
        self._at = happened_at
        self._events: list[NewEvent] = []
        self._late_since: datetime | None = None
        self._clocks: dict[str, _Clock] = {}
        self._fresh: list[_Clock] = []
        self._calendar: WorkingCalendar | None = None

    def keep(self, plan: Plan) -> None:
        """Go through the happenings in order and write what they change."""
        self._load([limit.full_id for limit in plan.limits])
        for full_id, reason in plan.failed:
            self._events.append(NewEvent("limit.failed", detail={"limit": full_id, "reason": reason}))
        for happening in plan.happenings:
            for limit in plan.limits:
                self._happened(limit, happening, limit.full_id in plan.ruled_out)
        self._write()

    def _load(self, ids: list[str]) -> None:
        query = select(limit_clock).where(limit_clock.c.instance_id == self._instance.id, limit_clock.c.limit_id.in_(ids))
        for row in self._uow.writing.execute(query.order_by(limit_clock.c.round)):
            known = {name: getattr(row, name) for name in _Clock.__dataclass_fields__ if name not in ("changed", "rescheduled")}
            self._clocks[row.limit_id] = _Clock(**known, changed=False)

    def _happened(self, limit: Limit, happening: Happening, is_ruled_out: bool) -> None:
        clock = self._clocks.get(limit.full_id)
        if clock is not None and clock.runs:
            if happening in limit.stops:
                self._stop(clock)
            elif happening in limit.cancels or happening.moment is Moment.ENDED:
                self._cancel(clock, happening)
            elif happening in limit.pauses:
                self._pause(clock, happening)
            elif happening in limit.resumes and clock.paused_at is not None:
                self._resume(limit, clock, happening)
        may_start = clock is None or (limit.scope == "round" and not clock.runs)
        if may_start and happening in limit.starts and not is_ruled_out:
            self._start(limit, 1 if clock is None else clock.round + 1)

    def _start(self, limit: Limit, number: int) -> None:
        calendar = self._site_calendar()
        due_at = calendar.add(self._at, limit.target, limit.calendar)
        clock = _Clock(limit_id=limit.full_id, round=number, started_at=self._at, due_at=due_at, rescheduled=True,
                       target_seconds=int(calendar.elapsed(self._at, due_at, limit.calendar).total_seconds()))
        if limit.warn is not None:
            clock.warn_at = warn_at(self._at, due_at, limit.warn)
        self._clocks[limit.full_id] = clock
        self._fresh.append(clock)

    def _stop(self, clock: _Clock) -> None:
        # said to have happened before the clock began: it counts as done at once
        clock.stopped_at = max(self._at, clock.started_at)
        clock.changed = clock.rescheduled = True
        if clock.paused_at is None and clock.stopped_at > clock.due_at and clock.breached_at is None:
            # the due row had not been fired yet
            clock.breached_at = self._now
            self._late_since = min(clock.due_at, self._late_since or clock.due_at)
            self._events.append(NewEvent("limit.breached", detail={"limit": clock.limit_id, "round": clock.round,
                                                                           "due_at": clock.due_at, "items": 0}))

    def _cancel(self, clock: _Clock, happening: Happening) -> None:
        clock.cancelled_at = self._now
        clock.changed = clock.rescheduled = True
        self._note("limit.cancelled", clock, happening)

    def _pause(self, clock: _Clock, happening: Happening) -> None:
        # what is missed already stays missed
        if clock.paused_at is None and clock.breached_at is None and self._at < clock.due_at:
            clock.paused_at, clock.changed, clock.rescheduled = max(self._at, clock.started_at), True, True
            self._note("limit.paused", clock, happening)

    def _resume(self, limit: Limit, clock: _Clock, happening: Happening) -> None:
        assert clock.paused_at is not None
        calendar = self._site_calendar()
        left = calendar.elapsed(clock.paused_at, clock.due_at, limit.calendar)
        # time claimed to lie before the pause gives nothing back
        clock.due_at = max(clock.due_at, calendar.shift(max(self._at, clock.paused_at), left, limit.calendar))
        if limit.warn is not None:
            clock.warn_at = warn_at(clock.started_at, clock.due_at, limit.warn)
        clock.paused_at, clock.changed, clock.rescheduled = None, True, True
        self._note("limit.resumed", clock, happening)

    def _note(self, event: str, clock: _Clock, happening: Happening) -> None:
        detail = {"limit": clock.limit_id, "round": clock.round, "by": str(happening), "due_at": clock.due_at}
        self._events.append(NewEvent(event, detail=detail))

    def _site_calendar(self) -> WorkingCalendar:
        """The company's calendar at the clock of the instance's site."""
        if self._calendar is None:
            self._calendar = self._runtime.organisation.calendar
            if self._instance.site_id is not None:
                zone = self._uow.writing.execute(select(site.c.time_zone).where(site.c.id == self._instance.site_id)).scalar()
                self._calendar = self._calendar.in_zone(zone) if zone else self._calendar
        return self._calendar

    def _write(self) -> None:
        stored = [clock for clock in self._clocks.values() if clock.changed and clock.id is not None]
        if self._fresh:
            base = {"instance_id": self._instance.id, "site_id": self._instance.site_id}
            self._uow.writing.execute(insert(limit_clock), [{**base, **clock.values()} for clock in self._fresh])
        for clock in stored:
            self._uow.writing.execute(update(limit_clock).where(limit_clock.c.id == clock.id).values(**clock.values()))
        old = [clock.limit_id for clock in stored if clock.rescheduled]
        if old:
            self._uow.writing.execute(
                delete(due).where(due.c.instance_id == self._instance.id, due.c.kind.in_((WARN, BREACH)), due.c.subject.in_(old))
            )
        rows: list[dict[str, Any]] = []
        for clock in self._clocks.values():
            if clock.rescheduled and clock.runs and clock.paused_at is None and clock.breached_at is None:
                row = {"instance_id": self._instance.id, "subject": clock.limit_id}
                rows.append({**row, "kind": BREACH, "due_at": clock.due_at})
                if clock.warn_at is not None and clock.warn_at > self._now:
                    rows.append({**row, "kind": WARN, "due_at": clock.warn_at})
        if rows:
            self._uow.writing.execute(insert(due), rows)
            self._uow.after_commit(self._runtime.outbox.wake)
        if self._events:
            history.append(self._uow, SYSTEM, self._instance.id, self._events, self._now)
        if self._late_since is not None:
            mark_late(self._uow, self._instance.id, self._late_since)


def _concerns(limit: Limit, happened: frozenset[Happening]) -> bool:
    return not all(happened.isdisjoint(each) for each in (limit.starts, limit.stops, limit.cancels, limit.pauses, limit.resumes))


def _running(uow: UnitOfWork, instance_id: int, full_id: str) -> Any:
    """The clock as it stands now, with the instance locked, so that no step changes it meanwhile."""
    connection = uow.writing
    connection.execute(select(instance.c.id).where(instance.c.id == instance_id).with_for_update())
    query = select(limit_clock).where(
        limit_clock.c.instance_id == instance_id, limit_clock.c.limit_id == full_id,
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None),
    )
    return connection.execute(query.order_by(limit_clock.c.round.desc()).limit(1)).one_or_none()


def _limit(content: InstanceContent, full_id: str, started_at: datetime, zone: str) -> Limit | None:
    """What the limit said when the clock started; None when this version knows it no longer."""
    every = [limit for definition in (content.own, *content.called.values()) for limit in definition.limits if limit.full_id == full_id]
    # a start by claimed time may lie before the limit came into force
    return next(iter(in_force(every, started_at, zone) or [replace(limit, effective_from=None) for limit in every]), None)


def mark_late(uow: UnitOfWork, instance_id: int, since: datetime) -> None:
    """The instance is late since then, or since earlier."""
    condition = instance.c.late_since.is_(None) | (instance.c.late_since > since)
    uow.writing.execute(update(instance).where(instance.c.id == instance_id, condition).values(late_since=since))


def _escalate(uow: UnitOfWork, instance_id: int, content: InstanceContent, limit: Limit, now: datetime) -> int:
    """Let the limit's role see the live items between start and stop that nobody was told of yet; says how many."""
    home = content.of(limit.process_key)
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
        limit_clock.c.instance_id == instance_id, limit_clock.c.breached_at.is_not(None),
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None),
    )
    for row in uow.writing.execute(query).all():
        limit = _limit(content, row.limit_id, row.started_at, runtime.organisation.calendar.zone)
        if limit is not None and limit.escalate_to:
            _escalate(uow, instance_id, content, limit, now)


def _tell(runtime: Runtime, uow: UnitOfWork, instance_id: int, kind: Kind, limit: Limit | None) -> None:
    if limit is not None and limit.escalate_to:
        site_id = uow.writing.execute(select(instance.c.site_id).where(instance.c.id == instance_id)).scalar()
        notifications.tell(runtime, uow, kind, role=limit.escalate_to, site_id=site_id, instance_id=instance_id, data={"limit": limit.name})
