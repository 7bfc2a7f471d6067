"""What limits come to over a period: closed months from their kept sums, the rest from the rows that the steps of cases have left.

A closed month is read as a few numbers a limit and never counted again; how long each thing took is kept beside them, so that the median
of any number of months is exact. What a closed month left undecided stands in its sums as undecided and counts again in the next one: of
several months only the last one's undecided are still open.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_, select

from engine.limit_rules import Kind
from engine.model import Actor
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import building, closed_month, instance_variable, limit_clock, limit_month, site, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limits import LimitFigures, LimitFilters, Outcome, Split, conditions_of, outcome_of
from engine.queries.months import MOST_MONTHS, midnight, months_between, next_month
from engine.queries.sites import visible_sites

#: parts that are shown at most
_MOST_PARTS = 500
_READ = [column for column in limit_month.columns if column.name not in ("id", "split")]
_NAMES = {Split.BUILDING: building, Split.SITE: site, Split.PERSON: user}


@dataclass(slots=True)
class Sums:
    """What a part of a limit's rows adds up to."""

    kind: str = Kind.CLOCK
    met: int = 0
    missed: int = 0
    apart: int = 0
    running: int = 0
    excluded: int = 0
    valued: int = 0
    value_sum: Decimal = Decimal(0)
    aimed: int = 0
    goal_sum: Decimal = Decimal(0)
    goal_least: Decimal | None = None
    goal_greatest: Decimal | None = None
    #: how long each took, in any order
    seconds: array[float] = field(default_factory=lambda: array("d"))

    def add(self, row: Any) -> None:
        """Add a row that carries the same names, without its seconds."""
        self.kind = row.kind
        self.met += row.met
        self.missed += row.missed
        self.apart += row.apart
        self.running += row.running
        self.excluded += row.excluded
        if row.valued:
            self.valued += row.valued
            self.value_sum += Decimal(str(row.value_sum))
        if not row.aimed:
            return
        self.aimed += row.aimed
        self.goal_sum += Decimal(str(row.goal_sum))
        if row.goal_least is not None:
            self.goal_least = row.goal_least if self.goal_least is None else min(self.goal_least, row.goal_least)
            self.goal_greatest = row.goal_greatest if self.goal_greatest is None else max(self.goal_greatest, row.goal_greatest)

    def figures(self, name: str | None, part: str = "") -> LimitFigures:
        """As they are shown."""
        lengths = sorted(self.seconds)
        count = len(lengths)
        median = (lengths[(count - 1) // 2] + lengths[count // 2]) / 2 if lengths else None
        goals = None if self.goal_least is None or self.goal_greatest is None else (self.goal_least, self.goal_greatest)
        return LimitFigures(
            name, self.met, self.missed, self.running, self.apart, self.excluded, median, lengths[-1] if lengths else None,
            float(self.value_sum / self.valued) if self.valued else None, goals, float(self.goal_sum / self.aimed) if self.aimed else None,
            part,
        )  # fmt: skip


def figures(
    uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None = None, zone: str = "UTC", category: str | None = None,
    *, has_lengths: bool = True,
) -> tuple[LimitFigures, ...]:
    """By limit, or with `split` the parts of `filters.limit_id`. `zone`: in which months begin; `category`: the field by which a limit's
    categories are told; without `has_lengths` nobody asks how long things took.
    """
    if split is Split.MONTH:
        found = {month: sums for (_, month), sums in sorted(by_month(uow, actor, filters, ZoneInfo(zone)).items())[-MOST_MONTHS:]}
    else:
        found = {}
        for since, until, is_last, is_closed in _stretches(uow, filters, ZoneInfo(zone)):
            within = replace(filters, since=since, until=until)
            if is_closed and _is_kept(filters, split):
                _add_kept(uow, actor, within, split, ZoneInfo(zone), found, is_last=is_last)
            else:
                _add_counted(uow, actor, within, split, category, found, has_lengths=has_lengths)
    if split is None:
        return tuple(sums.figures(name) for name, sums in sorted(found.items()))
    names = _names(uow, split, found)
    parts = [sums.figures(names.get(part, part) or None, part) for part, sums in found.items()]
    order = (lambda each: each.part) if split is Split.MONTH else lambda each: (-each.missed, each.name or "", each.part)
    return tuple(sorted(parts, key=order)[:_MOST_PARTS])


def by_month(uow: UnitOfWork, actor: Actor, filters: LimitFilters, zone: ZoneInfo) -> dict[tuple[str, str], Sums]:
    """By limit and month as `2026-11`, of the months that have anything; undecided is what was when the month was closed."""
    found: dict[tuple[str, str], Sums] = {}
    for since, until, _, is_closed in _stretches(uow, filters, zone):
        within = replace(filters, since=since, until=until)
        if is_closed and _is_kept(filters, None):
            assert since is not None
            assert until is not None
            first, end = (moment.astimezone(zone).date() for moment in (since, until))
            for row in uow.reading.execute(_kept(actor, within, None).where(limit_month.c.month >= first, limit_month.c.month < end)):
                sums = found.setdefault((row.limit_id, f"{row.month:%Y-%m}"), Sums())
                sums.add(row)
                sums.seconds.frombytes(row.seconds)
            continue
        for start in _months_of(uow, actor, within, zone):
            month: dict[str, Sums] = {}
            begins, ends = midnight(start, zone), midnight(next_month(start), zone)
            narrowed = replace(within, since=max(begins, since or begins), until=min(ends, until or ends))
            _add_counted(uow, actor, narrowed, None, None, month)
            found.update({(limit_id, f"{start:%Y-%m}"): sums for limit_id, sums in month.items()})
    return found


def counted(part: ColumnElement[Any], outcome: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    """Columns that add up rows of `limit_clock` by `part`, named like `Sums`."""
    decided = and_(limit_clock.c.stopped_at.is_not(None), outcome != Outcome.RUNNING.value)
    goal = case((decided, limit_clock.c.goal))
    value = case((decided, limit_clock.c.value))
    return [
        part.label("part"), func.min(limit_clock.c.kind).label("kind"),
        *(func.sum(case((outcome == name, 1), else_=0)).label(str(name)) for name in (*Outcome, "excluded")),
        func.count(value).label("valued"), func.sum(value).label("value_sum"), func.count(goal).label("aimed"),
        func.sum(goal).label("goal_sum"), func.min(goal).label("goal_least"), func.max(goal).label("goal_greatest"),
    ]  # fmt: skip


def lengths(part: ColumnElement[Any], done: ColumnElement[bool]) -> Any:
    """Part and seconds of the clocks that were done."""
    seconds = SecondsBetween(limit_clock.c.started_at, limit_clock.c.stopped_at)
    timed = (limit_clock.c.kind == Kind.CLOCK, limit_clock.c.cancelled_at.is_(None), done)
    return select(part.label("part"), seconds.label("seconds")).where(*timed)


def part_of(split: Split | None, category: ColumnElement[str] | str | None = None) -> ColumnElement[Any]:
    """By what rows of `limit_clock` are told apart: an id, a category's value, or the limit itself."""
    if split is Split.BUILDING:
        return select(unit.c.building_id).where(unit.c.id == limit_clock.c.unit_id).correlate(limit_clock).scalar_subquery()
    if split is Split.PERSON:
        return limit_clock.c.person_id
    if split is Split.SITE:
        return limit_clock.c.site_id
    if split is Split.CATEGORY:
        mine = (instance_variable.c.instance_id == limit_clock.c.instance_id, instance_variable.c.name == category)
        return select(instance_variable.c.text).where(*mine).correlate(limit_clock).scalar_subquery()
    return limit_clock.c.limit_id


def closed_until(uow: UnitOfWork) -> tuple[date, date] | None:
    """The first and the last month that is closed; None while none is."""
    first, last = uow.reading.execute(select(func.min(closed_month.c.month), func.max(closed_month.c.month))).one()
    return None if first is None else (first, last)


def _is_kept(filters: LimitFilters, split: Split | None) -> bool:
    """Whether the sums of closed months tell these parts: they know one thing at a time."""
    told = [filters.building_id is not None, filters.person_id is not None, filters.category is not None, split in (
        Split.BUILDING, Split.PERSON, Split.CATEGORY)]  # fmt: skip
    return sum(told) <= 1


def _stretches(uow: UnitOfWork, filters: LimitFilters, zone: ZoneInfo) -> Iterator[tuple[datetime | None, datetime | None, bool, bool]]:
    """The period as (from, until, whether it is the last, whether it is whole closed months), in order."""
    closed = closed_until(uow)
    since, until = filters.since, filters.until
    if closed is not None:
        begins, ends = midnight(closed[0], zone), midnight(next_month(closed[1]), zone)
        if since is not None and since > begins:
            day = since.astimezone(zone).date().replace(day=1)
            begins = midnight(day, zone) if midnight(day, zone) == since else midnight(next_month(day), zone)
        if until is not None and until < ends:
            ends = midnight(until.astimezone(zone).date().replace(day=1), zone)
        if begins < ends:
            if since is not None and since < begins:
                yield since, begins, False, False
            yield begins, ends, until is not None and until <= ends, True
            if until is None or until > ends:
                yield ends, until, True, False
            return
    yield since, until, True, False


def _add_kept(
    uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None, zone: ZoneInfo, found: dict[str, Sums], *, is_last: bool
) -> None:
    assert filters.since is not None
    assert filters.until is not None
    first, end = (moment.astimezone(zone).date() for moment in (filters.since, filters.until))
    for row in uow.reading.execute(_kept(actor, filters, split).where(limit_month.c.month >= first, limit_month.c.month < end)):
        name = _key(split, row)
        sums = found.setdefault(name, Sums())
        sums.add(row)
        sums.seconds.frombytes(row.seconds)
        if not (is_last and next_month(row.month) == end):
            # carried over: it counts again later
            sums.running -= row.running


def _kept(actor: Actor, filters: LimitFilters, split: Split | None) -> Any:
    """The sums of closed months that these filters mean."""
    sites = visible_sites(actor)
    of = split if split in (Split.SITE, Split.BUILDING, Split.PERSON, Split.CATEGORY) else None
    if of is None and (sites is not None or filters.site_id is not None):
        of = Split.SITE
    statement = select(*_READ)
    if filters.building_id is not None:
        of, part = Split.BUILDING, str(filters.building_id)
    elif filters.person_id is not None:
        of, part = Split.PERSON, str(filters.person_id)
    elif filters.category is not None:
        of, part = Split.CATEGORY, filters.category[1]
    else:
        part = None
    statement = statement.where(limit_month.c.split == ("" if of is None else of.value))
    if part is not None:
        statement = statement.where(limit_month.c.part == part)
    if sites is not None:
        statement = statement.where(or_(limit_month.c.site_id.is_(None), limit_month.c.site_id.in_(sorted(sites))))
    if filters.site_id is not None:
        statement = statement.where(limit_month.c.site_id == filters.site_id)
    return statement if not filters.limit_id else statement.where(limit_month.c.limit_id == filters.limit_id)


def _key(split: Split | None, row: Any) -> str:
    if split is None:
        return str(row.limit_id)
    return _text(row.site_id) if split is Split.SITE else str(row.part)


def _add_counted(
    uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None, category: str | None, found: dict[str, Sums],
    *, has_lengths: bool = True,
) -> None:
    part, conditions = part_of(split, category), conditions_of(actor, filters)
    if split is Split.CATEGORY and category is None:
        return
    for row in uow.reading.execute(select(*counted(part, outcome_of())).where(*conditions).group_by("part")):
        found.setdefault(_text(row.part), Sums()).add(row)
    if not has_lengths:
        return
    for name, seconds in uow.reading.execute(lengths(part, limit_clock.c.stopped_at.is_not(None)).where(*conditions)):
        found[_text(name)].seconds.append(float(seconds))


def _months_of(uow: UnitOfWork, actor: Actor, filters: LimitFilters, zone: ZoneInfo) -> list[date]:
    span = select(func.min(limit_clock.c.counted_at), func.max(limit_clock.c.counted_at)).where(*conditions_of(actor, filters))
    first, last = uow.reading.execute(span).one()
    return [] if first is None else months_between(first.astimezone(zone).date(), last.astimezone(zone).date())[-MOST_MONTHS:]


def _names(uow: UnitOfWork, split: Split, found: Mapping[str, Sums]) -> dict[str, str]:
    """What parts are called that are kept by their id."""
    table = _NAMES.get(split)
    if table is None or not any(found):
        return {}
    ids = [int(part) for part in found if part]
    name = table.c.display_name if split is Split.PERSON else table.c.name
    query = select(cast(table.c.id, String), name).where(table.c.id.in_(ids))
    return {row[0]: row[1] for row in uow.reading.execute(query)}


def _text(part: Any) -> str:
    return "" if part is None else str(part)
