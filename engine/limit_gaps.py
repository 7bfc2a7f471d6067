"""What the manual wants done every month or half-year and what was never begun: no case, so no row tells of it.

A limit that says `every` is held against the calendar, with `each` also against a list of the company: every let unit, every settled
tenant. What is found is counted with what was missed. A closed month keeps what was found when it was closed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select

from engine import start_timers
from engine.limit_rules import Limit
from engine.model import Actor
from engine.persistence.tables import building, definition, limit_clock, limit_gap, periodic_start, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limit_sums import closed_until
from engine.queries.limits import LimitFilters
from engine.queries.months import midnight, next_month
from engine.queries.sites import visible_sites
from engine.runtime import Item, Runtime

#: periods that are looked at, the latest
MOST_PERIODS = 24


@dataclass(frozen=True, slots=True)
class Gap:
    """One thing that was due in a period and never begun."""

    #: when the period began
    period: datetime
    #: from when on it counts as missed
    due_at: datetime
    #: of the unit or tenant; empty for the company as a whole
    label: str = ""
    site_id: int | None = None
    building: str | None = None
    building_id: int | None = None


def gaps(runtime: Runtime, uow: UnitOfWork, actor: Actor, limit: Limit, filters: LimitFilters) -> list[Gap]:
    """Those whose time was up in the period of the filters, oldest first. A period that began before the procedure was first deployed
    counts not, nor one before that in which its timers begin.
    """
    if not _may_lack(limit, filters):
        return []
    named = limit_gap.outerjoin(building, building.c.id == limit_gap.c.building_id)
    kept = select(limit_gap, building.c.name.label("house")).select_from(named)
    rows = uow.reading.execute(kept.where(*_kept(actor, limit, filters)).order_by(limit_gap.c.due_at, limit_gap.c.id))
    found = [Gap(row.period, row.due_at, row.label, row.site_id, row.house, row.building_id) for row in rows]
    return found + _since_closed(runtime, uow, actor, limit, filters)


def count(runtime: Runtime, uow: UnitOfWork, actor: Actor, limit: Limit, filters: LimitFilters) -> int:
    """How many they are."""
    if not _may_lack(limit, filters):
        return 0
    kept = select(func.count()).select_from(limit_gap).where(*_kept(actor, limit, filters))
    return uow.reading.execute(kept).scalar_one() + len(_since_closed(runtime, uow, actor, limit, filters))


def found_between(runtime: Runtime, uow: UnitOfWork, limit: Limit, since: datetime, until: datetime) -> list[Gap]:
    """Of the whole company, those whose time was up after the one moment and not after the other, from the calendar and the lists."""
    return _found(runtime, uow, limit, LimitFilters(since=since, until=until)) if limit.every is not None else []


def _may_lack(limit: Limit, filters: LimitFilters) -> bool:
    # nobody is known who should have begun it, and no case that says of which category it would have been
    return limit.every is not None and filters.person_id is None and filters.category is None


def _kept(actor: Actor, limit: Limit, filters: LimitFilters) -> list[ColumnElement[bool]]:
    conditions = [limit_gap.c.limit_id == limit.full_id]
    if filters.since is not None:
        conditions.append(limit_gap.c.due_at > filters.since)
    if filters.until is not None:
        conditions.append(limit_gap.c.due_at <= filters.until)
    if filters.building_id is not None:
        conditions.append(limit_gap.c.building_id == filters.building_id)
    sites = visible_sites(actor)
    if sites is not None:
        conditions.append(limit_gap.c.site_id.is_(None) | limit_gap.c.site_id.in_(sorted(sites)))
    if filters.site_id is not None:
        conditions.append(limit_gap.c.site_id.is_(None) | (limit_gap.c.site_id == filters.site_id))
    return conditions


def _since_closed(runtime: Runtime, uow: UnitOfWork, actor: Actor, limit: Limit, filters: LimitFilters) -> list[Gap]:
    closed = closed_until(uow)
    if closed is not None:
        ends = midnight(next_month(closed[1]), ZoneInfo(runtime.organisation.calendar.zone))
        filters = replace(filters, since=ends if filters.since is None else max(ends, filters.since))
    found = _found(runtime, uow, limit, filters)
    sites = visible_sites(actor)
    if sites is not None:
        found = [gap for gap in found if gap.site_id is None or gap.site_id in sites]
    return [gap for gap in found if filters.site_id is None or gap.site_id in (None, filters.site_id)]


def _found(runtime: Runtime, uow: UnitOfWork, limit: Limit, filters: LimitFilters) -> list[Gap]:
    first = uow.reading.execute(select(func.min(definition.c.created_at)).where(definition.c.key == limit.process_key)).scalar()
    now, zone = runtime.clock.now(), ZoneInfo(runtime.organisation.calendar.zone)
    if first is None:
        return []
    until = min(now, filters.until) if filters.until is not None else now
    since = max(first, filters.since) if filters.since is not None else first
    begun = start_timers.begins_at(uow, limit.process_key, zone.key) or first
    found: list[Gap] = []
    for begins, ends in _periods(limit, since, until, zone):
        due_at = _due_at(runtime, limit, begins, ends)
        # its last moment lies in the period before
        if begins >= first and ends > begun and since < due_at <= until:
            found += _of_company(uow, limit, begins, ends, due_at) if limit.each is None else _of_items(
                runtime, uow, limit, begins, ends, due_at, filters.building_id
            )
    return found


def _periods(limit: Limit, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """Months or half-years, from the one before the first to the one in which `until` lies."""
    length = 1 if limit.every == "month" else 6
    last = until.astimezone(zone).date()
    start = _first(since.astimezone(zone).date(), length)
    start = _first(start - timedelta(days=1), length)
    spans = []
    while start <= last:
        following = start
        for _ in range(length):
            following = next_month(following)
        spans.append((midnight(start, zone), midnight(following, zone)))
        start = following
    yield from spans[-MOST_PERIODS:]


def _first(day: date, length: int) -> date:
    return day.replace(month=(day.month - 1) // length * length + 1, day=1)


def _due_at(runtime: Runtime, limit: Limit, begins: datetime, ends: datetime) -> datetime:
    calendar = runtime.organisation.calendar
    if limit.by_day is not None:
        return calendar.midnight(calendar.local(begins).date().replace(day=limit.by_day) + timedelta(days=1))
    return ends if limit.target is None else min(ends, calendar.add(begins, limit.target, limit.calendar))


def _of_company(uow: UnitOfWork, limit: Limit, begins: datetime, ends: datetime, due_at: datetime) -> list[Gap]:
    there = select(limit_clock.c.id).where(
        limit_clock.c.limit_id == limit.full_id, limit_clock.c.counted_at >= begins, limit_clock.c.started_at >= begins,
        limit_clock.c.started_at < ends,
    )
    return [Gap(begins, due_at)] if uow.reading.execute(there.limit(1)).first() is None else []


def _of_items(
    runtime: Runtime, uow: UnitOfWork, limit: Limit, begins: datetime, ends: datetime, due_at: datetime, building_id: int | None
) -> list[Gap]:
    collect = runtime.collections.get(limit.each or "")
    if collect is None:
        return []
    started = select(periodic_start.c.item_id, periodic_start.c.period, periodic_start.c.instance_id).where(
        periodic_start.c.definition_key == limit.process_key, periodic_start.c.collection == limit.each,
        periodic_start.c.period >= begins, periodic_start.c.period < ends,
    )  # fmt: skip
    rows = uow.reading.execute(started).all()
    done = {row.item_id for row in rows if row.instance_id is not None}
    # as the list stood when the round went over it, else as the period began
    left = [item for item in collect(uow, max((row.period for row in rows), default=begins)) if item.id not in done]
    if not left:
        return []
    # begun by hand
    by_hand = select(limit_clock.c.unit_id).where(
        limit_clock.c.limit_id == limit.full_id, limit_clock.c.counted_at >= begins, limit_clock.c.started_at >= begins,
        limit_clock.c.started_at < ends,
    )
    units = set(uow.reading.execute(by_hand.distinct()).scalars())
    places = select(unit.c.id, unit.c.building_id, building.c.name).join(building, building.c.id == unit.c.building_id)
    houses = {row.id: (row.building_id, row.name) for row in uow.reading.execute(places)}
    found = []
    for item in left:
        of = _unit_of(item)
        house = houses.get(of, (None, None))
        if of not in units and building_id in (None, house[0]):
            found.append(Gap(begins, due_at, str(item.data.get("label", item.id)), item.site_id, house[1], house[0]))
    return found


def _unit_of(item: Item) -> int:
    """The unit that the item is, or in which it lives."""
    lives_in = item.data.get("unit")
    return int(lives_in["id"]) if isinstance(lives_in, dict) else item.id
