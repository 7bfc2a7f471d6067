"""The manual's limits measured: how many clocks, cases, rounds and acts were as they should be. Everything comes from the rows that
the steps of cases have left.

Periods, targets and lengths go by claimed times: from when something is said to have happened to when its answer is. When it was entered
is told beside it, wherever that was later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select

from engine.limit_rules import Kind
from engine.model import Actor
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import building, instance, limit_clock, limit_correction, site, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.months import MOST_MONTHS, midnight, months_between, next_month
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import visible_sites

_LATER = limit_correction.join(limit_clock, limit_clock.c.id == limit_correction.c.clock_id).join(
    instance, instance.c.id == limit_clock.c.instance_id
)


class Outcome(StrEnum):
    """How what is measured stands."""

    #: as it should be: stopped in time, answered so, done after what has to come before
    MET = "met"
    #: not so: too late, whether it was stopped later or not
    MISSED = "missed"
    #: counted apart, never as met: unreachable, refused
    APART = "apart"
    #: none of them yet
    RUNNING = "running"


class Split(StrEnum):
    """By what a limit's figures are told apart."""

    #: of the unit that the case names
    BUILDING = "building"
    #: who did what decided it
    PERSON = "person"
    #: of its start
    MONTH = "month"
    #: the site of the case
    SITE = "site"


@dataclass(frozen=True, slots=True)
class LimitFilters:
    """What is counted: what began in the period."""

    since: datetime | None = None
    until: datetime | None = None
    site_id: int | None = None
    limit_id: str = ""
    outcome: Outcome | None = None
    building_id: int | None = None


@dataclass(frozen=True, slots=True)
class LimitFigures:
    """A limit over a period, or a part of it."""

    #: `process.limit`, or with a split the name of the part; None where it is not known
    name: str | None
    met: int
    missed: int
    running: int
    #: counted apart
    apart: int
    #: cancelled: counted neither way
    excluded: int
    #: seconds of those that were stopped
    median: float | None
    worst: float | None
    #: what a number comes to on average
    average: float | None = None
    #: the goals that held, least and greatest; None where there are none
    goals: tuple[Decimal, Decimal] | None = None
    #: the goals' mean over what is decided
    goal: float | None = None

    @property
    def share(self) -> float | None:
        """Of those that are decided, from 0 to 1; what is counted apart is not met. None where nothing is decided."""
        decided = self.met + self.missed + self.apart
        return self.met / decided if decided else None

    def is_reached(self, kind: Kind) -> bool | None:
        """Whether the goal is; None where nothing is decided yet. Of a clock and of an act the goal is that none is missed."""
        if self.share is None:
            return None
        if kind in (Kind.CLOCK, Kind.NEVER):
            return self.missed == 0
        found = self.average if kind is Kind.AVERAGE else self.share
        # the mean of goals comes from the database as a float
        return None if found is None or self.goal is None else found >= self.goal - 1e-9


@dataclass(frozen=True, slots=True)
class ClockRow:
    """What was measured once, with its case."""

    id: int
    instance_id: int
    limit_id: str
    round: int
    business_key: str | None
    title: str
    state: str
    kind: str
    #: claimed
    started_at: datetime
    entered_at: datetime
    due_at: datetime | None
    #: claimed
    stopped_at: datetime | None
    stop_entered_at: datetime | None
    breached_at: datetime | None
    outcome: str
    value: Decimal | None
    unit: str | None
    person: str | None


@dataclass(frozen=True, slots=True)
class LaterCorrection:
    """A time of what was measured in a closed month that was put right afterwards: the figures are as they were."""

    instance_id: int
    business_key: str | None
    title: str
    corrected_at: datetime
    person: str | None
    #: as it is in the figures
    started_at: datetime
    stopped_at: datetime | None
    #: as it is said now
    started_then: datetime
    stopped_then: datetime | None
    #: whether it would count as missed
    is_missed: bool


def figures(
    uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None = None, zone: str = "UTC"
) -> tuple[LimitFigures, ...]:
    """By limit, or with `split` the parts of `filters.limit_id`. `zone`: in which months begin."""
    clocks = _clocks(uow, actor, filters, split, zone).subquery("clocks")
    seconds, part = clocks.c.seconds, clocks.c.part
    ranked = select(
        part, clocks.c.outcome, seconds, clocks.c.value, clocks.c.goal,
        func.row_number().over(partition_by=(part, seconds.is_(None)), order_by=seconds).label("place"),
        func.count(seconds).over(partition_by=part).label("measured"),
    ).subquery("ranked")  # fmt: skip
    middle = and_(ranked.c.seconds.is_not(None), or_(ranked.c.place * 2 == ranked.c.measured, ranked.c.place * 2 == ranked.c.measured + 1,
                                                      ranked.c.place * 2 == ranked.c.measured + 2))  # fmt: skip
    counted = {name: func.sum(case((ranked.c.outcome == name, 1), else_=0)) for name in (*Outcome, "excluded")}
    statement = select(
        ranked.c.part, *(value.label(str(name)) for name, value in counted.items()),
        func.avg(case((middle, ranked.c.seconds))).label("median"), func.max(ranked.c.seconds).label("worst"),
        func.avg(ranked.c.value).label("average"), func.avg(ranked.c.goal).label("goal"),
        func.min(ranked.c.goal).label("least"), func.max(ranked.c.goal).label("greatest"),
    ).group_by(ranked.c.part)  # fmt: skip
    by_name = split is None or split is Split.MONTH
    order = [ranked.c.part] if by_name else [counted[Outcome.MISSED].desc(), ranked.c.part]
    return tuple(
        LimitFigures(
            row.part, int(row.met), int(row.missed), int(row.running), int(row.apart), int(row.excluded), _number(row.median),
            _number(row.worst), _number(row.average), None if row.least is None else (row.least, row.greatest), _number(row.goal),
        )
        for row in uow.reading.execute(statement.order_by(*order).limit(500))
    )


def clocks(uow: UnitOfWork, actor: Actor, filters: LimitFilters, *, after: str | None = None, limit: int = 50) -> Page[ClockRow]:
    """What is behind a figure, latest first."""
    limit = clamp(limit)
    statement = _rows(actor, filters)
    if after:
        moment, last = decode("clocks", after, (datetime, int))
        statement = statement.where(
            or_(limit_clock.c.started_at < moment, and_(limit_clock.c.started_at == moment, limit_clock.c.id < last))
        )
    rows = uow.reading.execute(statement.order_by(limit_clock.c.started_at.desc(), limit_clock.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(ClockRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("clocks", (shown[-1].started_at, shown[-1].id)) if len(rows) > limit else None)


def stream(uow: UnitOfWork, actor: Actor, filters: LimitFilters) -> Iterator[ClockRow]:
    """Everything behind a figure in the same order, a thousand at a time in memory."""
    statement = _rows(actor, filters).order_by(limit_clock.c.started_at.desc(), limit_clock.c.id.desc())
    for row in uow.reading.execute(statement, execution_options={"yield_per": 1000}):
        yield ClockRow(**row._mapping)


def count_later(uow: UnitOfWork, actor: Actor, filters: LimitFilters) -> dict[str, int]:
    """By limit, how many of what the figures hold were put right after their month was closed."""
    query = select(limit_clock.c.limit_id, func.count(limit_correction.c.clock_id.distinct())).select_from(_LATER)
    found = uow.reading.execute(query.where(*_conditions(actor, filters)).group_by(limit_clock.c.limit_id))
    return {row[0]: row[1] for row in found}


def later(uow: UnitOfWork, actor: Actor, filters: LimitFilters, limit: int = 50) -> tuple[LaterCorrection, ...]:
    """The latest of them."""
    query = select(
        limit_clock.c.instance_id, instance.c.business_key, instance.c.title, limit_correction.c.corrected_at,
        user.c.display_name.label("person"), limit_clock.c.started_at, limit_clock.c.stopped_at,
        limit_correction.c.started_at.label("started_then"), limit_correction.c.stopped_at.label("stopped_then"),
        limit_correction.c.is_missed,
    ).select_from(_LATER.outerjoin(user, user.c.id == limit_correction.c.corrected_by)).where(*_conditions(actor, filters))
    rows = uow.reading.execute(query.order_by(limit_correction.c.id.desc()).limit(limit))
    return tuple(LaterCorrection(**row._mapping) for row in rows)


def _rows(actor: Actor, filters: LimitFilters) -> Select[Any]:
    told = (
        "id", "instance_id", "limit_id", "round", "kind", "started_at", "entered_at", "due_at", "stopped_at", "stop_entered_at",
        "breached_at", "value",
    )  # fmt: skip
    joined = (
        limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
        .outerjoin(unit, unit.c.id == limit_clock.c.unit_id).outerjoin(user, user.c.id == limit_clock.c.person_id)
    )  # fmt: skip
    columns = [*(limit_clock.c[name] for name in told), instance.c.business_key, instance.c.title, instance.c.state]
    facts = (_outcome().label("outcome"), unit.c.code.label("unit"), user.c.display_name.label("person"))
    return select(*columns, *facts).select_from(joined).where(*_conditions(actor, filters))


def _clocks(uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None, zone: str) -> Select[Any]:
    seconds = SecondsBetween(limit_clock.c.started_at, limit_clock.c.stopped_at)
    part: ColumnElement[Any] = limit_clock.c.limit_id
    if split is Split.BUILDING:
        of_unit = select(building.c.name).select_from(unit.join(building, building.c.id == unit.c.building_id))
        part = of_unit.where(unit.c.id == limit_clock.c.unit_id).correlate(limit_clock).scalar_subquery()
    elif split is Split.PERSON:
        part = select(user.c.display_name).where(user.c.id == limit_clock.c.person_id).correlate(limit_clock).scalar_subquery()
    elif split is Split.MONTH:
        part = _month(uow, actor, filters, ZoneInfo(zone))
    elif split is Split.SITE:
        part = select(site.c.name).where(site.c.id == instance.c.site_id).correlate(instance).scalar_subquery()
    # what a happening decides at once took no time
    counted = case((and_(limit_clock.c.cancelled_at.is_(None), limit_clock.c.kind == Kind.CLOCK), seconds))
    decided = limit_clock.c.stopped_at.is_not(None)
    joined = limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
    columns = (part.label("part"), _outcome().label("outcome"), counted.label("seconds"), limit_clock.c.value,
               case((decided, limit_clock.c.goal)).label("goal"))  # fmt: skip
    return select(*columns).select_from(joined).where(*_conditions(actor, filters))


def _conditions(actor: Actor, filters: LimitFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    sites = visible_sites(actor)
    if sites is not None:
        conditions.append(or_(instance.c.site_id.is_(None), instance.c.site_id.in_(sorted(sites))))
    if filters.site_id is not None:
        conditions.append(instance.c.site_id == filters.site_id)
    if filters.limit_id:
        conditions.append(limit_clock.c.limit_id == filters.limit_id)
    if filters.since is not None:
        conditions.append(limit_clock.c.started_at >= filters.since)
    if filters.until is not None:
        conditions.append(limit_clock.c.started_at < filters.until)
    if filters.building_id is not None:
        conditions.append(limit_clock.c.unit_id.in_(select(unit.c.id).where(unit.c.building_id == filters.building_id)))
    if filters.outcome is not None:
        conditions.append(_outcome() == filters.outcome.value)
    return conditions


def _outcome() -> ColumnElement[Any]:
    return case(
        (limit_clock.c.breached_at.is_not(None), Outcome.MISSED.value),
        (limit_clock.c.apart_at.is_not(None), Outcome.APART.value),
        (limit_clock.c.cancelled_at.is_not(None), "excluded"),
        (limit_clock.c.stopped_at.is_(None), Outcome.RUNNING.value),
        else_=Outcome.MET.value,
    )


def _month(uow: UnitOfWork, actor: Actor, filters: LimitFilters, zone: ZoneInfo) -> ColumnElement[Any]:
    """The month in which it began, as `2026-11`, of the latest sixty."""
    joined = limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
    span = select(func.min(limit_clock.c.started_at), func.max(limit_clock.c.started_at)).select_from(joined)
    first, last = uow.reading.execute(span.where(*_conditions(actor, filters))).one()
    if first is None:
        return literal("")
    starts = months_between(first.astimezone(zone).date(), last.astimezone(zone).date())[-MOST_MONTHS:]
    branches = [
        (and_(limit_clock.c.started_at >= midnight(start, zone), limit_clock.c.started_at < midnight(next_month(start), zone)),
         f"{start:%Y-%m}")
        for start in starts
    ]  # fmt: skip
    return case(*branches, else_=None)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
