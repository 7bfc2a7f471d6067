"""Puts right when something is said to have happened, after it was entered: with a reason, by whom, on record.

What was entered stays in history as it was; the correction is an event of its own, and the time that counts from then on stands beside the
first. Clocks that went by it are measured anew, unless their month is closed: its figures stay, and say that a correction came later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import delete, func, insert, or_, select, update

from engine import definitions, history, permissions, steps
from engine.calendars import WorkingCalendar, warn_at
from engine.content import InstanceContent
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.history import NewEvent
from engine.limit_book import BREACH, WARN, due_after_pause, first_due, is_final, site_calendar
from engine.limit_rules import Kind, Limit
from engine.limits import limit_at
from engine.model import Actor, Channel
from engine.persistence.tables import corrected_time, due, history_event, instance, limit_clock, limit_correction, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances as queries
from engine.queries.months import closes_at, counting_from

if TYPE_CHECKING:
    from engine.runtime import Runtime

__all__ = ["CORRECTABLE", "Correction", "NotCorrectableError", "correct_time", "is_closed", "is_correctable"]

#: what people enter with a time of their own; what the clock did itself happened when it did
CORRECTABLE = frozenset({"instance.started", "instance.taken_over", "work_item.completed", "approval.decided"})
_LONGEST_REASON = 1_000


class NotCorrectableError(ConflictError):
    """Expected something that a person entered."""

    code = "time_not_correctable"
    sentence = "這一條是系統自己記的，時刻不能更正。"


class _Event(Protocol):
    """An event of history; a row of it will do."""

    @property
    def type(self) -> str:
        """Participle."""
        ...

    @property
    def actor_id(self) -> int | None:
        """Who did it."""
        ...

    @property
    def channel(self) -> str:
        """By which way."""
        ...


@dataclass(frozen=True, slots=True)
class Correction:
    """What a correction came to."""

    #: of its own event in the case's history
    seq: int
    before: datetime
    after: datetime
    #: limits that were measured anew
    limits: tuple[str, ...]
    #: limits whose month was closed: their figures stay
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Times:
    """A clock as it should read."""

    started_at: datetime
    stopped_at: datetime | None
    paused_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    is_missed: bool


def correct_time(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, seq: int, happened_at: datetime, reason: str
) -> Correction:
    """Say that event `seq` of a case's history happened at another time, not later than it was entered.

    NotFoundError, ForbiddenError, NotCorrectableError, InvalidError for a time that cannot be, the same time, or no reason.
    """
    case = queries.get(uow, actor, instance_id)
    actor = permissions.require(actor, "time:correct", case.site_id)
    uow.writing.execute(select(instance.c.id).where(instance.c.id == instance_id).with_for_update())
    events = _events(uow, instance_id)
    event = events.get(seq)
    if event is None:
        raise NotFoundError(kind="歷程", id=seq)
    if not is_correctable(event):
        raise NotCorrectableError
    before = _happened_at(event)
    _check(event, before, happened_at, events, reason)
    now = runtime.clock.now()
    row = uow.writing.execute(select(instance).where(instance.c.id == instance_id)).one()
    said = {each.at: each.happened_at for each in events.values() if each.happened_at is not None} | {event.at: happened_at}
    book = _Book(runtime, uow, row, now, said, {each.at: _happened_at(each) for each in events.values()})
    found = book.clocks_of(event.at)
    kept = [(clock, times) for clock, times in found if _counts(clock) and (is_final(runtime, clock, now) or (
        is_closed(runtime, times.started_at, now) and not is_closed(runtime, clock.started_at, now)))]  # fmt: skip
    closed = {clock.id for clock, _ in kept}
    anew = [(clock, times) for clock, times in found if clock.id not in closed]
    changed, final = ([clock.limit_id for clock, _ in each] for each in (anew, kept))
    detail = {"of": seq, "before": before, "after": happened_at, "limits": changed, "kept": final}
    told = NewEvent("time.corrected", event.element_id, detail=detail, values={"reason": reason.strip()})
    head = history.append(uow, actor, instance_id, [told], now)
    _remember(uow, instance_id, seq, happened_at, head.seq)
    book.write(anew)
    for clock, times in kept:
        uow.writing.execute(insert(limit_correction).values(
            clock_id=clock.id, instance_id=instance_id, corrected_seq=head.seq, corrected_at=now, corrected_by=actor.user_id,
            started_at=times.started_at, stopped_at=times.stopped_at, is_missed=times.is_missed,
        ))  # fmt: skip
    return Correction(head.seq, before, happened_at, tuple(changed), tuple(final))


def is_correctable(event: _Event) -> bool:
    """Whether a person entered it, so that the time may be wrong."""
    return event.type in CORRECTABLE and not (event.actor_id is None and event.channel == Channel.SYSTEM)


def is_closed(runtime: Runtime, moment: datetime, now: datetime) -> bool:
    """Whether the figures of the month in which it lies are final."""
    calendar = runtime.organisation.calendar
    day = calendar.local(moment).date()
    return now >= closes_at(day.replace(day=1), ZoneInfo(calendar.zone))


def _check(event: Any, before: datetime, after: datetime, events: Mapping[int, Any], reason: str) -> None:
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        raise InvalidError(reason="請填寫原因，不超過一千字。")
    if after > event.at:
        raise InvalidError(reason="實際發生時間不能晚於登錄的時刻。")
    if after.replace(second=0, microsecond=0) == before.replace(second=0, microsecond=0):
        raise InvalidError(reason="這就是現在記錄的時刻，沒有可更正的。")
    first = min(events.values(), key=lambda each: each.seq)
    if event.seq != first.seq and after < _happened_at(first):
        raise InvalidError(reason="實際發生時間不能早於案件發起；發起的時刻也不對的，先更正發起。")


def _events(uow: UnitOfWork, instance_id: int) -> dict[int, Any]:
    """By number, each with the time that was said last."""
    joined = history_event.outerjoin(
        corrected_time, (corrected_time.c.instance_id == history_event.c.instance_id) & (corrected_time.c.seq == history_event.c.seq)
    )
    columns = (history_event.c[name] for name in ("seq", "type", "at", "claimed_at", "actor_id", "channel", "element_id", "detail"))
    query = select(*columns, corrected_time.c.happened_at).select_from(joined).where(history_event.c.instance_id == instance_id)
    # the system's own words beside a step come at the same moment: a person's event says when it was
    rows = uow.writing.execute(query.order_by(history_event.c.seq.desc())).all()
    return {row.seq: row for row in sorted(rows, key=lambda row: (row.type in CORRECTABLE, -row.seq))}


def _happened_at(event: Any) -> datetime:
    said: datetime = event.happened_at or event.claimed_at or event.at
    entered: datetime = event.at
    # nothing has happened later than it was entered
    return min(said, entered)


def _remember(uow: UnitOfWork, instance_id: int, seq: int, happened_at: datetime, corrected_seq: int) -> None:
    mine = (corrected_time.c.instance_id == instance_id, corrected_time.c.seq == seq)
    values = {"happened_at": happened_at, "corrected_seq": corrected_seq}
    if uow.writing.execute(update(corrected_time).where(*mine).values(**values)).rowcount == 0:
        uow.writing.execute(insert(corrected_time).values(instance_id=instance_id, seq=seq, **values))


def _counts(clock: Any) -> bool:
    """Whether it is in the figures already: a clock that runs in time is in none."""
    return clock.stopped_at is not None or clock.breached_at is not None


class _Book:
    """The clocks of a case, read anew by the times that are said of its events now."""

    def __init__(
        self, runtime: Runtime, uow: UnitOfWork, row: Any, now: datetime, said: Mapping[datetime, datetime],
        at_first: Mapping[datetime, datetime],
    ) -> None:
        self._runtime, self._uow, self._row, self._now = runtime, uow, row, now
        #: what was put right, by when it was entered; and what was said at first
        self._said, self._at_first = said, at_first
        self._calendar: WorkingCalendar = site_calendar(runtime, uow, row.site_id)
        self._content: InstanceContent = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))

    def clocks_of(self, entered_at: datetime) -> list[tuple[Any, _Times]]:
        """What began, stood still or was done by what was entered then, and how it should read."""
        query = select(limit_clock).where(limit_clock.c.instance_id == self._row.id, limit_clock.c.cancelled_at.is_(None))
        found = []
        for clock in self._uow.writing.execute(query.order_by(limit_clock.c.id)).all():
            pauses = self._pauses(clock)
            moments = {clock.entered_at, clock.stop_entered_at, *(moment for _, moment in pauses)}
            if entered_at in moments:
                found.append((clock, self._read(clock, pauses)))
        return found

    def write(self, found: Sequence[tuple[Any, _Times]]) -> None:
        """Let clocks read so, arm what is due, and say anew since when the case is late."""
        connection, rows = self._uow.writing, []
        for clock, times in found:
            missed_at = (clock.breached_at or self._now) if times.is_missed else None
            connection.execute(update(limit_clock).where(limit_clock.c.id == clock.id).values(
                started_at=times.started_at, counted_at=self._counted_at(clock, times), stopped_at=times.stopped_at,
                due_at=times.due_at, warn_at=times.warn_at, paused_at=times.paused_at, breached_at=missed_at,
            ))  # fmt: skip
            if clock.kind != Kind.CLOCK or clock.stopped_at is not None:
                continue
            of = {"instance_id": self._row.id, "subject": clock.limit_id}
            connection.execute(delete(due).where(due.c.instance_id == self._row.id, due.c.kind.in_((WARN, BREACH)),
                                                 due.c.subject == clock.limit_id))  # fmt: skip
            if times.paused_at is None and missed_at is None:
                rows.append({**of, "kind": BREACH, "due_at": times.due_at})
                if times.warn_at is not None and times.warn_at > self._now:
                    rows.append({**of, "kind": WARN, "due_at": times.warn_at})
        if rows:
            connection.execute(insert(due), rows)
            self._uow.after_commit(self._runtime.outbox.wake)
        if found:
            self._say_since_when_late()

    def _counted_at(self, clock: Any, times: _Times) -> datetime:
        """What was carried over stays where it was carried to."""
        zone = ZoneInfo(self._runtime.organisation.calendar.zone)
        begun: datetime = counting_from(times.started_at, self._now, zone)
        carried: datetime = clock.counted_at
        return begun if begun == times.started_at else carried

    def _read(self, clock: Any, pauses: Sequence[tuple[str, datetime]]) -> _Times:
        started = self._said.get(clock.entered_at, clock.started_at)
        stopped = None
        if clock.stopped_at is not None:
            stopped = max(self._said.get(clock.stop_entered_at, clock.stopped_at), started)
        if clock.kind != Kind.CLOCK:
            # what was counted was decided by what the case said, whenever that was
            return _Times(started, stopped, clock.paused_at, None, None, clock.breached_at is not None)
        limit = limit_at(self._runtime, self._content, clock.limit_id, started)
        until, paused = self._due(clock, limit, started, pauses)
        reminder = None if clock.warn_at is None or limit is None or limit.warn is None else warn_at(started, until, limit.warn)
        # one that runs is found to be missed by its due row, as ever
        runs_over = clock.breached_at is not None and until <= self._now
        is_missed = runs_over if stopped is None else paused is None and stopped > until
        return _Times(started, stopped, paused, until, reminder, is_missed)

    def _due(
        self, clock: Any, limit: Limit | None, started: datetime, pauses: Sequence[tuple[str, datetime]]
    ) -> tuple[datetime, datetime | None]:
        """Until when it has time, and since when it stands still."""
        if limit is None or (limit.target is None and limit.by_day is None):
            # this version knows it no longer: as long as it had
            return clock.due_at + (started - clock.started_at), clock.paused_at
        until, paused = first_due(limit, started, self._calendar), None
        for verb, entered_at in pauses:
            moment = max(self._said.get(entered_at) or self._at_first.get(entered_at, entered_at), started)
            if verb == "limit.paused" and moment < until:
                paused = moment
            elif verb == "limit.resumed" and paused is not None:
                until, paused = due_after_pause(limit, until, (paused, moment), self._calendar), None
        return until, paused

    def _pauses(self, clock: Any) -> list[tuple[str, datetime]]:
        query = select(history_event.c.type, history_event.c.at, history_event.c.detail).where(
            history_event.c.instance_id == self._row.id, history_event.c.type.in_(("limit.paused", "limit.resumed"))
        )
        rows = self._uow.writing.execute(query.order_by(history_event.c.seq)).all()
        mine = {"limit": clock.limit_id, "round": clock.round}
        return [(row.type, row.at) for row in rows if mine.items() <= orjson.loads(row.detail or "{}").items()]

    def _say_since_when_late(self) -> None:
        connection, case = self._uow.writing, self._row.id
        missed = select(func.min(limit_clock.c.due_at)).where(
            limit_clock.c.instance_id == case, limit_clock.c.breached_at.is_not(None), limit_clock.c.kind == Kind.CLOCK
        )
        overdue = select(func.min(work_item.c.due_at)).where(
            work_item.c.instance_id == case, work_item.c.due_at <= self._now,
            or_(work_item.c.completed_at.is_(None), work_item.c.completed_at > work_item.c.due_at),
        )
        found = [moment for query in (missed, overdue) if (moment := connection.execute(query).scalar()) is not None]
        connection.execute(update(instance).where(instance.c.id == case).values(late_since=min(found, default=None)))
