"""When a definition's timer start events come: one due row for the next time of each, none where there is no next.

Deployment sets them up here; `engine.timers` starts the instance and asks for the time after.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, insert, select

from engine.calendars import Cycle, Duration, WorkingCalendar, parse_cycle, parse_duration, parse_moment
from engine.persistence.tables import definition, due, start_subscription
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: kind of its due rows
KIND = "start_timer"


@dataclass(frozen=True, slots=True)
class StartTimer:
    """A timer start event of one definition, with the moment from which its times are counted."""

    definition_id: int
    element_id: str
    #: what the diagram says, without quotes
    text: str
    #: when this schedule was first deployed; a later version that says the same goes on counting from there
    anchor: datetime

    @property
    def subject(self) -> str:
        """What its due row carries."""
        return f"{self.definition_id}:{self.element_id}:{int(self.anchor.timestamp())}"

    def next_after(self, after: datetime, calendar: WorkingCalendar) -> datetime | None:
        """Its first time later than `after`; None when there is none. DurationInvalidError for a text that says no time."""
        if self.text.startswith("R"):
            return _next_of_cycle(parse_cycle(self.text, calendar.zone), self.anchor, after, calendar)
        once = calendar.add(self.anchor, parse_duration(self.text)) if self.text.startswith("P") else parse_moment(self.text, calendar.zone)
        return once if once > after else None


def read_subject(subject: str) -> tuple[int, str, datetime]:
    """Definition id, element id and anchor of a due row."""
    definition_id, rest = subject.split(":", 1)
    element_id, anchor = rest.rsplit(":", 1)
    return int(definition_id), element_id, datetime.fromtimestamp(int(anchor), UTC)


def begins_at(uow: UnitOfWork, key: str, zone: str) -> datetime | None:
    """The moment that the timers of a procedure's current version name as their first, the earliest; None where none names one."""
    query = select(start_subscription.c.name).join(definition, definition.c.id == start_subscription.c.definition_id)
    query = query.where(definition.c.key == key, definition.c.is_latest, start_subscription.c.kind == "timer")
    texts = uow.reading.execute(query).scalars().all()
    cycles = [parse_cycle(unquoted(text), zone) for text in texts if unquoted(text).startswith("R")]
    return min((cycle.start for cycle in cycles if cycle.start is not None), default=None)


def schedule(
    runtime: Runtime, uow: UnitOfWork, definition_id: int, starts: Iterable[tuple[str, str]], before_id: int | None = None
) -> None:
    """Set up a new version's timer starts, given as (element id, expression), and take down those of the version before.

    A start that says the same as before keeps its rhythm and its next time; the earlier version's subscriptions must still be there.
    Times that lay before the deployment are not made up for.
    """
    connection = uow.writing
    now = runtime.clock.now()
    known: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    if before_id is not None:
        query = select(start_subscription.c.element_id, start_subscription.c.name)
        texts = {row.element_id: row.name for row in connection.execute(query.where(start_subscription.c.definition_id == before_id))}
        mine = (due.c.kind == KIND, due.c.subject.startswith(f"{before_id}:", autoescape=True))
        for row in connection.execute(select(due.c.subject, due.c.due_at).where(*mine)):
            _, element_id, anchor = read_subject(row.subject)
            known[element_id, unquoted(texts.get(element_id, ""))] = (anchor, row.due_at)
        connection.execute(delete(due).where(*mine))
    rows = []
    for element_id, expression in starts:
        anchor, next_at = known.get((element_id, unquoted(expression)), (now.replace(microsecond=0), None))
        timer = StartTimer(definition_id, element_id, unquoted(expression), anchor)
        due_at = next_at or timer.next_after(now, runtime.organisation.calendar)
        if due_at is not None:
            rows.append({"kind": KIND, "due_at": due_at, "subject": timer.subject})
    if rows:
        connection.execute(insert(due), rows)
        uow.after_commit(runtime.outbox.wake)


def begin_anew(runtime: Runtime, uow: UnitOfWork, keys: Collection[str] | None) -> None:
    """Let the timer starts of the current versions count from now on, and drop those of processes other than `keys` (None: keep all)."""
    connection = uow.writing
    connection.execute(delete(due).where(due.c.kind == KIND))
    query = (
        select(definition.c.id, definition.c.key, start_subscription.c.element_id, start_subscription.c.name)
        .join(definition, definition.c.id == start_subscription.c.definition_id)
        .where(start_subscription.c.kind == "timer", definition.c.is_latest)
    )
    for row in connection.execute(query).all():
        if keys is None or row.key in keys:
            schedule(runtime, uow, row.id, [(row.element_id, row.name)])


def unquoted(expression: str) -> str:
    """A timer's text; diagrams keep it as a quoted string."""
    return expression.strip().strip("\"'").strip()


def _next_of_cycle(cycle: Cycle, anchor: datetime, after: datetime, calendar: WorkingCalendar) -> datetime | None:
    base = cycle.start or anchor
    # a cycle with a start begins with it; one without, one period after its deployment
    first = 0 if cycle.start else 1
    # counted from the base, not from the time before: the 31st stays the 31st where there is one
    longest = timedelta(days=cycle.period.months * 31 + cycle.period.days, hours=26) + cycle.period.time
    number = max(first, int((after - base) / longest))
    while True:
        if cycle.times is not None and number >= cycle.times + first:
            return None
        moment = calendar.add(base, _times(cycle.period, number)) if number else base
        if moment > after:
            return moment
        number += 1


def _times(period: Duration, number: int) -> Duration:
    return replace(period, months=period.months * number, days=period.days * number, time=period.time * number)
