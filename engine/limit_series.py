"""Limits over time: what each came to month by month beside its target and beside the period before, and when its target changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine import limit_figures, limit_gaps, permissions
from engine.errors import NotFoundError
from engine.limit_figures import KnownLimit
from engine.limit_rules import Kind
from engine.model import Actor
from engine.persistence.tables import limit_month_target
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import limit_sums
from engine.queries.limits import LimitFigures, LimitFilters
from engine.queries.months import midnight, next_month
from engine.runtime import Runtime

#: how many months a chart may show
LENGTHS = (12, 24)


@dataclass(frozen=True, slots=True)
class Point:
    """One month."""

    #: its first day
    month: date
    figures: LimitFigures
    #: what was asked for when it ended, or is now (`Limit.demand`); empty where nobody knows
    demand: str
    #: its figures are final
    is_closed: bool

    def value(self, kind: Kind) -> float | None:
        """The number that is held against the target: a share from 0 to 1, an average, a count; None where nothing is decided."""
        if self.figures.share is None:
            return None
        if kind is Kind.NEVER:
            return float(self.figures.missed)
        return self.figures.average if kind is Kind.AVERAGE else self.figures.share

    def target(self, kind: Kind) -> float:
        """What it has to come to: of a clock all of them, of acts none."""
        if kind in (Kind.CLOCK, Kind.NEVER):
            return 1.0 if kind is Kind.CLOCK else 0.0
        return self.figures.goal if self.figures.goal is not None else float(self.demand or 0)


@dataclass(frozen=True, slots=True)
class Change:
    """A target that became another one."""

    #: from when it counts: the day where it is known, else the first of the month in which it shows
    day: date
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Series:
    """A limit over as many months as were asked for."""

    id: str
    known: KnownLimit
    points: tuple[Point, ...]
    #: as many months before them
    earlier: tuple[Point, ...]
    changes: tuple[Change, ...]


def series(runtime: Runtime, uow: UnitOfWork, actor: Actor, filters: LimitFilters, length: int) -> list[Series]:
    """Of every limit, or of the one that the filters name (NotFoundError where there is none); the present month is the last. The period of
    the filters counts not.
    """
    permissions.require(actor, "process-instance:read")
    calendar = runtime.organisation.calendar
    zone = ZoneInfo(calendar.zone)
    months = _months(runtime.today().replace(day=1), length * 2)
    begins, ends = midnight(months[0], zone), midnight(next_month(months[-1]), zone)
    filters = replace(filters, since=begins, until=ends, outcome=None)
    known = limit_figures.known_limits(runtime, uow)
    if filters.limit_id:
        known = {limit_id: each for limit_id, each in known.items() if limit_id == filters.limit_id}
        if not known:
            raise NotFoundError(kind="時限", id=filters.limit_id)
    sums = limit_sums.by_month(uow, actor, filters, zone)
    kept, closed = _kept_targets(uow, months[0]), limit_sums.closed_until(uow)
    found = []
    for limit_id, each in known.items():
        lacking = _lacking(runtime, uow, actor, each, filters)
        demands = _Demands(each, kept.get(limit_id, {}), zone)
        points = []
        for month in months:
            total = sums.get((limit_id, f"{month:%Y-%m}"))
            figures = LimitFigures(limit_id, 0, 0, 0, 0, 0, None, None) if total is None else total.figures(limit_id)
            figures = replace(figures, missed=figures.missed + lacking[month])
            points.append(Point(month, figures, demands.of(month), closed is not None and month <= closed[1]))
        shown = tuple(points[length:])
        found.append(Series(limit_id, each, shown, tuple(points[:length]), demands.changes(shown)))
    return found


class _Demands:
    """What a limit asked for, month by month: as closed months have kept it, else as it is deployed and set now."""

    def __init__(self, known: KnownLimit, kept: Mapping[date, str], zone: ZoneInfo) -> None:
        self._known = known
        self._kept = kept
        self._zone = zone
        self._dated = {moment.astimezone(zone).date(): each.demand for each in known.versions
                       if (moment := each.effective_at(zone.key)) is not None}  # fmt: skip

    def of(self, month: date) -> str:
        if month in self._kept:
            return self._kept[month]
        last = next_month(month) - timedelta(days=1)
        begun = [day for day in self._dated if day <= last]
        if begun:
            return self._dated[max(begun)]
        first = next((each.demand for each in self._known.versions if each.effective_from is None), None)
        return first if first is not None else self._known.limit.demand

    def changes(self, points: tuple[Point, ...]) -> tuple[Change, ...]:
        found = []
        for before, after in pairwise(points):
            if before.demand != after.demand and before.demand:
                end = next_month(after.month)
                days = [day for day, demand in self._dated.items() if after.month <= day < end and demand == after.demand]
                found.append(Change(min(days, default=after.month), before.demand, after.demand))
        ahead = [(day, demand) for day, demand in sorted(self._dated.items()) if points and day >= next_month(points[-1].month)]
        last = points[-1].demand if points else ""
        for day, demand in ahead:
            if demand != last:
                found.append(Change(day, last, demand))
                last = demand
        return tuple(found)


def _months(last: date, count: int) -> list[date]:
    found = [last]
    while len(found) < count:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def _lacking(runtime: Runtime, uow: UnitOfWork, actor: Actor, known: KnownLimit, filters: LimitFilters) -> Counter[date]:
    """What was never begun, by the month in which its time was up: its last moment lies in the month before."""
    local = runtime.organisation.calendar.local

    def month_of(moment: datetime) -> date:
        return local(moment - timedelta(microseconds=1)).date().replace(day=1)

    return Counter(month_of(gap.due_at) for gap in limit_gaps.gaps(runtime, uow, actor, known.limit, filters))


def _kept_targets(uow: UnitOfWork, since: date) -> dict[str, dict[date, str]]:
    found: dict[str, dict[date, str]] = {}
    query: Any = select(limit_month_target.c.limit_id, limit_month_target.c.month, limit_month_target.c.target)
    for row in uow.reading.execute(query.where(limit_month_target.c.month >= since)):
        found.setdefault(row.limit_id, {})[row.month] = row.target
    return found
