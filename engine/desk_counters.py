"""What the day still needs of the desk, as figures: calls of today, the manual's clocks that run out, reporters to be told, notes left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from engine import definitions
from engine.limit_rules import Limit
from engine.model import Actor
from engine.permissions import require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory, needs, place_cases, reporters, shifts
from engine.queries.paging import COUNT_CAP
from engine.runtime import Runtime


class What(StrEnum):
    """What a figure counts."""

    #: registered today and not finished
    CALLS = "calls"
    #: clocks of one limit that run out today
    LIMIT = "limit"
    #: reporters whom somebody should tell how it ended
    UNTOLD = "untold"
    #: word left for this shift that nobody has ticked off
    NOTES = "notes"


#: source language; a limit has its own name
NAMES = {What.CALLS: "今天登記、還沒辦完", What.UNTOLD: "結果待告知報告人", What.NOTES: "交班交代未辦"}


@dataclass(frozen=True, slots=True)
class LimitName:
    """A limit of the procedures that are in force."""

    #: `process.limit`
    id: str
    #: both in the source language; `definition_id` has their English
    name: str
    procedure: str
    definition_id: int


@dataclass(frozen=True, slots=True)
class Counter:
    """One figure, capped at COUNT_CAP."""

    what: What
    count: int
    #: of these, too late already
    late: int = 0
    limit_id: str | None = None
    #: None for a limit that no procedure has any more
    limit: LimitName | None = None


def counters(runtime: Runtime, uow: UnitOfWork, actor: Actor, zone: ZoneInfo) -> tuple[Counter, ...]:
    """The day's figures, those of one's own work first; what is nothing is left out, but for the calls of the day."""
    require(actor, "desk:use")
    now = runtime.clock.now()
    begin, end = day_of(now, zone)
    calls = place_cases.started_since(uow, actor, begin, keys=desk_keys(runtime, uow), is_open=True, limit=COUNT_CAP)
    found = [Counter(What.CALLS, len(calls.rows), sum(row.late_since is not None for row in calls.rows))]
    names = limit_names(runtime, uow)
    for due in needs.due_limits(uow, actor, end, now):
        found.append(Counter(What.LIMIT, due.count, due.late, due.limit_id, names.get(due.limit_id)))
    waiting = reporters.untold_count(uow, actor, COUNT_CAP)
    if waiting:
        found.append(Counter(What.UNTOLD, waiting))
    left = shifts.open_notes(uow, [site.id for site in directory.sites(uow, actor)], COUNT_CAP)
    if left:
        found.append(Counter(What.NOTES, left))
    return tuple(found)


def day_of(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the day begins and ends there."""
    day = now.astimezone(zone).date()
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def desk_keys(runtime: Runtime, uow: UnitOfWork) -> list[str]:
    """Procedures that begin with a call at the desk."""
    latest = definitions.list_latest(runtime, uow)
    return [info.key for info in latest if definitions.content(runtime, uow, info.id).diagram.desk_key]


def limit_names(runtime: Runtime, uow: UnitOfWork) -> dict[str, LimitName]:
    """Limits by `process.limit`."""
    found = {}
    for info in definitions.list_latest(runtime, uow):
        for each in definitions.content(runtime, uow, info.id).limits:
            if _starts_in(each, info.key):
                found[each.full_id] = LimitName(each.full_id, each.name, info.name, info.id)
    return found


def _starts_in(limit: Limit, key: str) -> bool:
    # a folder's processes share one file: a limit belongs to the process in which it starts
    return any(start.process_key == key for start in limit.starts)
