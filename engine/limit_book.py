"""The rows in which the manual's limits are measured: one instance's, kept through one step.

A row is opened by what opens its limit and decided by what decides it. Clocks have due rows beside them; shares, averages and acts are
decided by what the case's data say at that moment. What a limit concerns is worked out by `engine.limits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, func, insert, select, update

from engine import history, notifications
from engine.calendars import WorkingCalendar, warn_at
from engine.history import NewEvent
from engine.limit_rules import Happening, Kind, Limit, Moment
from engine.limit_verdicts import Plan, Verdict
from engine.model import SYSTEM
from engine.notifications import Kind as Notice
from engine.persistence.tables import due, instance, instance_variable, limit_clock, site, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.months import counting_from, final_from

if TYPE_CHECKING:
    from engine.runtime import Runtime

#: due rows of a clock
WARN, BREACH = "limit_warn", "limit_breach"
# of the unit that an indexed field of the case names: fields hold a unit by its code
_UNIT = (
    select(unit.c.id)
    .select_from(instance_variable.join(unit, unit.c.code == instance_variable.c.text))
    .where(instance_variable.c.instance_id == bindparam("of_instance"))
    .order_by(instance_variable.c.name).limit(1).scalar_subquery()
)  # fmt: skip
# the statements of the hot path are built once: building one costs more than sending it
_OPEN = insert(limit_clock).values(unit_id=_UNIT)
_KEEP = update(limit_clock).where(limit_clock.c.id == bindparam("at_id")).values(unit_id=func.coalesce(limit_clock.c.unit_id, _UNIT))


class Decided(Protocol):
    """A row of `limit_clock` will do."""

    counted_at: datetime
    breached_at: datetime | None
    apart_at: datetime | None
    cancelled_at: datetime | None
    stop_entered_at: datetime | None


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


def first_due(limit: Limit, started_at: datetime, calendar: WorkingCalendar) -> datetime:
    """Until when a clock that started then has time."""
    if limit.by_day is None:
        assert limit.target is not None
        return calendar.add(started_at, limit.target, limit.calendar)
    today = calendar.local(started_at).date()
    first = today.replace(day=1)
    if today.day > limit.by_day:
        first = (first + timedelta(days=32)).replace(day=1)
    return calendar.midnight(first.replace(day=limit.by_day) + timedelta(days=1))


def due_after_pause(limit: Limit, due_at: datetime, pause: tuple[datetime, datetime], calendar: WorkingCalendar) -> datetime:
    """Until when it has time after it stood still from the one moment to the other."""
    paused_at, resumed_at = pause
    left = calendar.elapsed(paused_at, due_at, limit.calendar)
    # time claimed to lie before the pause gives nothing back
    return max(due_at, calendar.shift(max(resumed_at, paused_at), left, limit.calendar))


def site_calendar(runtime: Runtime, uow: UnitOfWork, site_id: int | None) -> WorkingCalendar:
    """The company's calendar at the clock of a site."""
    calendar = runtime.organisation.calendar_at(site_id)
    if site_id is None or site_id in runtime.organisation.site_calendars:
        return calendar
    zone = uow.writing.execute(select(site.c.time_zone).where(site.c.id == site_id)).scalar()
    return calendar.in_zone(zone) if zone else calendar


def mark_late(uow: UnitOfWork, instance_id: int, since: datetime) -> None:
    """The instance is late since then, or since earlier."""
    condition = instance.c.late_since.is_(None) | (instance.c.late_since > since)
    uow.writing.execute(update(instance).where(instance.c.id == instance_id, condition).values(late_since=since))


def is_final(runtime: Runtime, row: Decided, now: datetime) -> bool:
    """Whether it is decided, and the month in which it counts is closed: nothing changes it any more."""
    moments = (row.breached_at, row.apart_at, row.cancelled_at, row.stop_entered_at)
    decided_at = min((moment for moment in moments if moment is not None), default=None)
    return decided_at is not None and now >= final_from(row.counted_at, decided_at, ZoneInfo(runtime.organisation.calendar.zone))


@dataclass(slots=True)
class Clock:
    """One row of `limit_clock`."""

    limit_id: str
    kind: str
    round: int
    started_at: datetime
    entered_at: datetime
    #: in which month it counts
    counted_at: datetime
    due_at: datetime | None = None
    target_seconds: int | None = None
    goal: Decimal | None = None
    #: None until it is stored
    id: int | None = None
    warn_at: datetime | None = None
    stopped_at: datetime | None = None
    stop_entered_at: datetime | None = None
    cancelled_at: datetime | None = None
    paused_at: datetime | None = None
    breached_at: datetime | None = None
    apart_at: datetime | None = None
    value: Decimal | None = None
    person_id: int | None = None
    changed: bool = True
    #: whether its due rows must be written anew
    rescheduled: bool = False

    @property
    def runs(self) -> bool:
        """Neither decided nor left out yet."""
        return self.stopped_at is None and self.cancelled_at is None

    @property
    def is_open_to_change(self) -> bool:
        """A share that is decided, but not as it should be."""
        return self.kind == Kind.SHARE and self.cancelled_at is None and (self.apart_at is not None or self.breached_at is not None)

    def values(self) -> dict[str, Any]:
        """What the table keeps of it."""
        return {name: getattr(self, name) for name in Clock.__dataclass_fields__ if name not in ("id", "changed", "rescheduled")}


class Book:
    """What is measured of one instance during one step."""

    def __init__(
        self, runtime: Runtime, uow: UnitOfWork, instance_row: InstanceRow, now: datetime, happened_at: datetime, person_id: int | None
    ) -> None:
        self._runtime = runtime
        self._uow = uow
        self._instance = instance_row
        self._now = now
        self._at = happened_at
        self._person_id = person_id
        self._events: list[NewEvent] = []
        self._late_since: datetime | None = None
        self._clocks: dict[str, Clock] = {}
        self._fresh: list[Clock] = []
        self._calendar: WorkingCalendar | None = None
        self._plan = Plan((), ())

    def keep(self, plan: Plan) -> None:
        """Go through the happenings in order and write what they change."""
        self._plan = plan
        self._load([limit.full_id for limit in plan.limits])
        for full_id, verdict in plan.verdicts.items():
            if verdict.failure:
                self._events.append(NewEvent("limit.failed", detail={"limit": full_id, "reason": verdict.failure}))
        for happening in plan.happenings:
            for limit in plan.limits:
                if limit.kind is Kind.NEVER:
                    self._acted(limit, happening)
                else:
                    self._happened(limit, happening)
        self._write()

    def _load(self, ids: list[str]) -> None:
        query = select(limit_clock).where(limit_clock.c.instance_id == self._instance.id, limit_clock.c.limit_id.in_(ids))
        for row in self._uow.writing.execute(query.order_by(limit_clock.c.round)):
            known = {name: getattr(row, name) for name in Clock.__dataclass_fields__ if name not in ("changed", "rescheduled")}
            self._clocks[row.limit_id] = Clock(**known, changed=False)

    def _happened(self, limit: Limit, happening: Happening) -> None:
        clock, verdict = self._clocks.get(limit.full_id), self._plan.verdicts[limit.full_id]
        if clock is not None and clock.runs:
            if happening in limit.stops:
                self._stop(clock, verdict)
            elif happening in limit.cancels or happening.moment is Moment.ENDED:
                self._end(limit, clock, happening)
            elif happening in limit.pauses:
                self._pause(clock, happening)
            elif happening in limit.resumes and clock.paused_at is not None:
                self._resume(limit, clock, happening)
        elif clock is not None and clock.is_open_to_change and limit.scope == "instance" and happening in limit.stops:
            # unreachable at first, heard at last: of one case the last answer counts, and what is met stays met
            if is_final(self._runtime, clock, self._now):
                self._events.append(NewEvent("limit.settled", detail={"limit": clock.limit_id, "round": clock.round}))
            else:
                self._decide(clock, verdict)
        may_start = clock is None or (limit.scope == "round" and not clock.runs)
        if may_start and happening in limit.starts and verdict.applies:
            clock = self._start(limit, 1 if clock is None else clock.round + 1)
            if not limit.stops:
                self._decide(clock, verdict)

    def _acted(self, limit: Limit, happening: Happening) -> None:
        """An act that needs something before it: a row that runs is a permission that nobody has used yet."""
        last, verdict = self._clocks.get(limit.full_id), self._plan.verdicts[limit.full_id]
        if happening in limit.cancels or (happening in limit.starts and not verdict.permits):
            if last is not None and last.runs:
                self._cancel(last, happening)
            elif last is not None:
                # used, and used up: what comes now needs another
                last.paused_at, last.changed = last.paused_at or self._now, True
        elif happening in limit.starts:
            if last is None or not last.runs:
                self._start(limit, 1 if last is None else last.round + 1)
        elif happening in limit.stops and verdict.applies:
            is_permitted = last is not None and last.cancelled_at is None and last.paused_at is None and (
                last.runs or last.breached_at is None
            )
            clock = last if last is not None and last.runs else self._start(limit, 1 if last is None else last.round + 1)
            self._decide(clock, verdict if is_permitted else Verdict(outcome="missed"))
            if clock.breached_at is not None:
                self._missed(limit, clock)
        elif happening.moment is Moment.ENDED and last is not None and last.runs:
            last.cancelled_at, last.changed = self._now, True

    def _start(self, limit: Limit, number: int) -> Clock:
        counted_at = counting_from(self._at, self._now, ZoneInfo(self._runtime.organisation.calendar.zone))
        clock = Clock(
            limit_id=limit.full_id, kind=limit.kind, round=number, started_at=self._at, entered_at=self._now, counted_at=counted_at,
            goal=limit.goal, person_id=self._person_id,
        )  # fmt: skip
        if limit.kind is Kind.CLOCK:
            calendar = self._site_calendar()
            clock.due_at = first_due(limit, self._at, calendar)
            clock.target_seconds = int(calendar.elapsed(self._at, clock.due_at, limit.calendar).total_seconds())
            clock.rescheduled = True
            if limit.warn is not None:
                clock.warn_at = warn_at(self._at, clock.due_at, limit.warn)
        self._clocks[limit.full_id] = clock
        self._fresh.append(clock)
        return clock

    def _stop(self, clock: Clock, verdict: Verdict) -> None:
        if clock.kind != Kind.CLOCK:
            self._decide(clock, verdict)
            return
        # said to have happened before the clock began: it counts as done at once
        clock.stopped_at, clock.stop_entered_at, clock.person_id = max(self._at, clock.started_at), self._now, self._person_id
        clock.changed = clock.rescheduled = True
        assert clock.due_at is not None
        if clock.paused_at is None and clock.stopped_at > clock.due_at and clock.breached_at is None:
            # the due row had not been fired yet
            clock.breached_at = self._now
            self._late_since = min(clock.due_at, self._late_since or clock.due_at)
            self._events.append(NewEvent("limit.breached", detail={"limit": clock.limit_id, "round": clock.round,
                                                                           "due_at": clock.due_at, "items": 0}))

    def _decide(self, clock: Clock, verdict: Verdict) -> None:
        """What is counted: it is so, or it isn't, or it is counted apart or not at all."""
        if verdict.failure:
            verdict = Verdict(outcome="excluded")
        clock.changed, clock.person_id, clock.value = True, self._person_id, verdict.value
        clock.stopped_at, clock.stop_entered_at = max(self._at, clock.started_at), self._now
        clock.breached_at = self._now if verdict.outcome == "missed" else None
        clock.apart_at = self._now if verdict.outcome == "apart" else None
        if verdict.outcome == "excluded":
            clock.cancelled_at, clock.stopped_at = self._now, None

    def _end(self, limit: Limit, clock: Clock, happening: Happening) -> None:
        if limit.kind is not Kind.SHARE or happening in limit.cancels or self._plan.is_cut_short:
            self._cancel(clock, happening)
        else:
            # the case is over, and what should have been done never was
            clock.breached_at, clock.stopped_at, clock.stop_entered_at, clock.changed = self._now, self._at, self._now, True
            self._missed(limit, clock)

    def _missed(self, limit: Limit, clock: Clock) -> None:
        self._events.append(NewEvent("limit.missed", detail={"limit": clock.limit_id, "round": clock.round}))
        if limit.escalate_to is not None:
            notifications.tell(
                self._runtime, self._uow, Notice.LIMIT_MISSED, role=limit.escalate_to, site_id=self._instance.site_id,
                instance_id=self._instance.id, data={"limit": limit.name},
            )  # fmt: skip

    def _cancel(self, clock: Clock, happening: Happening) -> None:
        clock.cancelled_at = self._now
        clock.changed = clock.rescheduled = True
        self._note("limit.cancelled", clock, happening)

    def _pause(self, clock: Clock, happening: Happening) -> None:
        # what is missed already stays missed
        if clock.paused_at is None and clock.breached_at is None and clock.due_at is not None and self._at < clock.due_at:
            clock.paused_at, clock.changed, clock.rescheduled = max(self._at, clock.started_at), True, True
            self._note("limit.paused", clock, happening)

    def _resume(self, limit: Limit, clock: Clock, happening: Happening) -> None:
        assert clock.paused_at is not None
        assert clock.due_at is not None
        clock.due_at = due_after_pause(limit, clock.due_at, (clock.paused_at, self._at), self._site_calendar())
        if limit.warn is not None:
            clock.warn_at = warn_at(clock.started_at, clock.due_at, limit.warn)
        clock.paused_at, clock.changed, clock.rescheduled = None, True, True
        self._note("limit.resumed", clock, happening)

    def _note(self, event: str, clock: Clock, happening: Happening) -> None:
        detail = {"limit": clock.limit_id, "round": clock.round, "by": str(happening), "due_at": clock.due_at}
        self._events.append(NewEvent(event, detail=detail))

    def _site_calendar(self) -> WorkingCalendar:
        if self._calendar is None:
            self._calendar = site_calendar(self._runtime, self._uow, self._instance.site_id)
        return self._calendar

    def _write(self) -> None:
        connection = self._uow.writing
        stored = [clock for clock in self._clocks.values() if clock.changed and clock.id is not None]
        of = {"of_instance": self._instance.id}
        if self._fresh:
            base = {**of, "instance_id": self._instance.id, "site_id": self._instance.site_id}
            connection.execute(_OPEN, [{**base, **clock.values()} for clock in self._fresh])
        for clock in stored:
            # whoever closes a month meanwhile says where it counts
            values = {name: value for name, value in clock.values().items() if name != "counted_at"}
            connection.execute(_KEEP, {**of, "at_id": clock.id, **values})
        old = [clock.limit_id for clock in stored if clock.rescheduled]
        if old:
            connection.execute(
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
            connection.execute(insert(due), rows)
            self._uow.after_commit(self._runtime.outbox.wake)
        if self._events:
            history.append(self._uow, SYSTEM, self._instance.id, self._events, self._now)
        if self._late_since is not None:
            mark_late(self._uow, self._instance.id, self._late_since)
