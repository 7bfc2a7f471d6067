"""The manual's limits measured: how many clocks, cases, rounds and acts were as they should be. Everything comes from the rows that
the steps of cases have left.

Targets and lengths go by claimed times: from when something is said to have happened to when its answer is; when it was entered is told
beside it. A period goes by them too, except where their month was closed already (`counted_at`). Here are the rows; `limit_sums` adds them
up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select

from engine.limit_rules import Kind
from engine.model import Actor
from engine.persistence.tables import instance, instance_variable, limit_clock, limit_correction, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import seen_cases

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
    #: in which it counts
    MONTH = "month"
    #: the site of the case
    SITE = "site"
    #: value of the field that the limit names
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class LimitFilters:
    """What is counted: what began in the period, or was carried over into it."""

    since: datetime | None = None
    until: datetime | None = None
    site_id: int | None = None
    limit_id: str = ""
    outcome: Outcome | None = None
    building_id: int | None = None
    #: who decided it
    person_id: int | None = None
    #: value of a case's indexed field: (`form.field`, value)
    category: tuple[str, str] | None = None


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
    #: of a part what the filters call it: the id of a building, site or person, the value of a category, the month
    part: str = ""

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
    #: in which month it counts
    counted_at: datetime
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


def clocks(uow: UnitOfWork, actor: Actor, filters: LimitFilters, *, after: str | None = None, limit: int = 50) -> Page[ClockRow]:
    """What is behind a figure, latest first."""
    limit = clamp(limit)
    statement = _rows(actor, filters)
    if after:
        moment, last = decode("clocks", after, (datetime, int))
        statement = statement.where(
            or_(limit_clock.c.counted_at < moment, and_(limit_clock.c.counted_at == moment, limit_clock.c.id < last))
        )
    rows = uow.reading.execute(statement.order_by(limit_clock.c.counted_at.desc(), limit_clock.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(ClockRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("clocks", (shown[-1].counted_at, shown[-1].id)) if len(rows) > limit else None)


def stream(uow: UnitOfWork, actor: Actor, filters: LimitFilters) -> Iterator[ClockRow]:
    """Everything behind a figure in the same order, a thousand at a time in memory."""
    statement = _rows(actor, filters).order_by(limit_clock.c.counted_at.desc(), limit_clock.c.id.desc())
    for row in uow.reading.execute(statement, execution_options={"yield_per": 1000}):
        yield ClockRow(**row._mapping)


def count_later(uow: UnitOfWork, actor: Actor, filters: LimitFilters) -> dict[str, int]:
    """By limit, how many of what the figures hold were put right after their month was closed."""
    # from the few corrections to what they correct: grouped by the database, all that was ever measured would be walked through
    corrected = limit_clock.c.id.in_(select(limit_correction.c.clock_id))
    return Counter(uow.reading.execute(select(limit_clock.c.limit_id).where(corrected, *conditions_of(actor, filters))).scalars())


def later(uow: UnitOfWork, actor: Actor, filters: LimitFilters, limit: int = 50) -> tuple[LaterCorrection, ...]:
    """The latest of them."""
    query = select(
        limit_clock.c.instance_id, instance.c.business_key, instance.c.title, limit_correction.c.corrected_at,
        user.c.display_name.label("person"), limit_clock.c.started_at, limit_clock.c.stopped_at,
        limit_correction.c.started_at.label("started_then"), limit_correction.c.stopped_at.label("stopped_then"),
        limit_correction.c.is_missed,
    ).select_from(_LATER.outerjoin(user, user.c.id == limit_correction.c.corrected_by)).where(*conditions_of(actor, filters))
    rows = uow.reading.execute(query.order_by(limit_correction.c.id.desc()).limit(limit))
    return tuple(LaterCorrection(**row._mapping) for row in rows)


def _rows(actor: Actor, filters: LimitFilters) -> Select[Any]:
    told = (
        "id", "instance_id", "limit_id", "round", "kind", "started_at", "entered_at", "counted_at", "due_at", "stopped_at",
        "stop_entered_at", "breached_at", "value",
    )  # fmt: skip
    joined = (
        limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
        .outerjoin(unit, unit.c.id == limit_clock.c.unit_id).outerjoin(user, user.c.id == limit_clock.c.person_id)
    )  # fmt: skip
    columns = [*(limit_clock.c[name] for name in told), instance.c.business_key, instance.c.title, instance.c.state]
    facts = (outcome_of().label("outcome"), unit.c.code.label("unit"), user.c.display_name.label("person"))
    return select(*columns, *facts).select_from(joined).where(*conditions_of(actor, filters))


def conditions_of(actor: Actor, filters: LimitFilters) -> list[ColumnElement[bool]]:
    """What rows of `limit_clock` the filters mean, as far as the person may see them."""
    conditions: list[ColumnElement[bool]] = []
    conditions += seen_cases(actor, limit_clock.c.site_id)
    if filters.site_id is not None:
        conditions.append(limit_clock.c.site_id == filters.site_id)
    if filters.limit_id:
        conditions.append(limit_clock.c.limit_id == filters.limit_id)
    if filters.since is not None:
        conditions.append(limit_clock.c.counted_at >= filters.since)
    if filters.until is not None:
        conditions.append(limit_clock.c.counted_at < filters.until)
    if filters.building_id is not None:
        conditions.append(limit_clock.c.unit_id.in_(select(unit.c.id).where(unit.c.building_id == filters.building_id)))
    if filters.person_id is not None:
        conditions.append(limit_clock.c.person_id == filters.person_id)
    if filters.category is not None:
        name, value = filters.category
        of_case = select(instance_variable.c.instance_id).where(instance_variable.c.name == name, instance_variable.c.text == value)
        conditions.append(limit_clock.c.instance_id.in_(of_case))
    if filters.outcome is not None:
        conditions.append(outcome_of() == filters.outcome.value)
    return conditions


def outcome_of() -> ColumnElement[Any]:
    """How what a row holds stands, as an `Outcome` or `excluded`."""
    return case(
        (limit_clock.c.breached_at.is_not(None), Outcome.MISSED.value),
        (limit_clock.c.apart_at.is_not(None), Outcome.APART.value),
        (limit_clock.c.cancelled_at.is_not(None), "excluded"),
        (limit_clock.c.stopped_at.is_(None), Outcome.RUNNING.value),
        else_=Outcome.MET.value,
    )
