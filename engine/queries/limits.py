"""The manual's limits measured: how many clocks were met, missed and still run, and how long it took. Everything comes from the clocks.

A clock runs by claimed times: from when something is said to have happened to when its answer is. When the start was entered is
told beside it, wherever that was later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from engine.model import Actor
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import building, history_event, instance, instance_variable, limit_clock, site, unit, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import visible_sites


class Outcome(StrEnum):
    """How a clock stands."""

    #: stopped in time
    MET = "met"
    #: not stopped in time, whether it was stopped later or not
    MISSED = "missed"
    #: neither yet
    RUNNING = "running"


class Split(StrEnum):
    """By what a limit's figures are told apart."""

    #: of the unit that the case names
    BUILDING = "building"
    #: who did what stopped the clock
    PERSON = "person"
    #: the site of the case
    SITE = "site"


@dataclass(frozen=True, slots=True)
class LimitFilters:
    """What is counted: clocks that started in the period."""

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
    #: cancelled: counted neither way
    excluded: int
    #: seconds of those that were stopped
    median: float | None
    worst: float | None

    @property
    def share(self) -> float | None:
        """Of those that are decided, from 0 to 1; None where none is."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock with its case."""

    id: int
    instance_id: int
    limit_id: str
    round: int
    business_key: str | None
    title: str
    state: str
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    breached_at: datetime | None
    outcome: str
    #: when the start was entered, where it was entered later than it is claimed
    entered_at: datetime | None


def figures(
    uow: UnitOfWork, actor: Actor, filters: LimitFilters, split: Split | None = None, stops: tuple[str, ...] = ()
) -> tuple[LimitFigures, ...]:
    """By limit, or with `split` the parts of `filters.limit_id`. `stops`: elements that end it, for the split by person."""
    clocks = _clocks(actor, filters, split, stops).subquery("clocks")
    seconds, part = clocks.c.seconds, clocks.c.part
    ranked = select(
        part, clocks.c.outcome, seconds,
        func.row_number().over(partition_by=(part, seconds.is_(None)), order_by=seconds).label("place"),
        func.count(seconds).over(partition_by=part).label("measured"),
    ).subquery("ranked")  # fmt: skip
    middle = and_(ranked.c.seconds.is_not(None), or_(ranked.c.place * 2 == ranked.c.measured, ranked.c.place * 2 == ranked.c.measured + 1,
                                                      ranked.c.place * 2 == ranked.c.measured + 2))  # fmt: skip
    counted = {name: func.sum(case((ranked.c.outcome == name, 1), else_=0)) for name in (*Outcome, "excluded")}
    statement = select(
        ranked.c.part, *(value.label(str(name)) for name, value in counted.items()),
        func.avg(case((middle, ranked.c.seconds))).label("median"), func.max(ranked.c.seconds).label("worst"),
    ).group_by(ranked.c.part)  # fmt: skip
    order = [ranked.c.part] if split is None else [counted[Outcome.MISSED].desc(), ranked.c.part]
    return tuple(
        LimitFigures(row.part, int(row.met), int(row.missed), int(row.running), int(row.excluded), _number(row.median), _number(row.worst))
        for row in uow.reading.execute(statement.order_by(*order).limit(500))
    )


def clocks(uow: UnitOfWork, actor: Actor, filters: LimitFilters, *, after: str | None = None, limit: int = 50) -> Page[ClockRow]:
    """The clocks behind a figure, latest first."""
    limit = clamp(limit)
    entered = (
        select(func.min(history_event.c.at))
        .where(history_event.c.instance_id == limit_clock.c.instance_id, history_event.c.claimed_at == limit_clock.c.started_at,
               history_event.c.at != history_event.c.claimed_at)
        .correlate(limit_clock).scalar_subquery()
    )  # fmt: skip
    statement = (
        select(limit_clock.c.id, limit_clock.c.instance_id, limit_clock.c.limit_id, limit_clock.c.round, instance.c.business_key,
               instance.c.title, instance.c.state, limit_clock.c.started_at, limit_clock.c.due_at, limit_clock.c.stopped_at,
               limit_clock.c.breached_at, _outcome().label("outcome"), entered.label("entered_at"))
        .select_from(limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)).where(*_conditions(actor, filters))
    )  # fmt: skip
    if after:
        moment, last = decode("clocks", after, (datetime, int))
        statement = statement.where(
            or_(limit_clock.c.started_at < moment, and_(limit_clock.c.started_at == moment, limit_clock.c.id < last))
        )
    rows = uow.reading.execute(statement.order_by(limit_clock.c.started_at.desc(), limit_clock.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(ClockRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("clocks", (shown[-1].started_at, shown[-1].id)) if len(rows) > limit else None)


def _clocks(actor: Actor, filters: LimitFilters, split: Split | None, stops: tuple[str, ...]) -> Select[Any]:
    seconds = SecondsBetween(limit_clock.c.started_at, limit_clock.c.stopped_at)
    part: ColumnElement[Any] = limit_clock.c.limit_id
    if split is Split.BUILDING:
        part = _building(building.c.name)
    elif split is Split.PERSON:
        part = _person(stops)
    elif split is Split.SITE:
        part = select(site.c.name).where(site.c.id == instance.c.site_id).correlate(instance).scalar_subquery()
    counted = case((limit_clock.c.cancelled_at.is_(None), seconds))
    joined = limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
    columns = (part.label("part"), _outcome().label("outcome"), counted.label("seconds"))
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
        conditions.append(_building(building.c.id) == filters.building_id)
    if filters.outcome is not None:
        conditions.append(_outcome() == filters.outcome.value)
    return conditions


def _outcome() -> ColumnElement[Any]:
    return case(
        (limit_clock.c.breached_at.is_not(None), Outcome.MISSED.value),
        (limit_clock.c.cancelled_at.is_not(None), "excluded"),
        (limit_clock.c.stopped_at.is_(None), Outcome.RUNNING.value),
        else_=Outcome.MET.value,
    )


def _building(wanted: Any) -> ColumnElement[Any]:
    """Of the unit that an indexed field of the case names: fields hold a unit by its code."""
    named = instance_variable.alias()
    found = (
        select(wanted).select_from(named.join(unit, unit.c.code == named.c.text).join(building, building.c.id == unit.c.building_id))
        .where(named.c.instance_id == limit_clock.c.instance_id)
    )  # fmt: skip
    return found.order_by(named.c.name).limit(1).correlate(limit_clock).scalar_subquery()


def _person(stops: tuple[str, ...]) -> ColumnElement[Any]:
    """Who completed what stops the clock, at the moment at which it stopped or later."""
    item = work_item.alias()
    done = select(user.c.display_name).select_from(item.join(user, user.c.id == item.c.completed_by)).where(
        item.c.instance_id == limit_clock.c.instance_id, item.c.element_id.in_(stops), item.c.completed_at >= limit_clock.c.stopped_at
    )  # fmt: skip
    return done.order_by(item.c.completed_at, item.c.id).limit(1).correlate(limit_clock).scalar_subquery()


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
