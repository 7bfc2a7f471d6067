"""What the day still needs of the desk: the manual's clocks that run out today, by limit, with the cases behind each figure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from engine.model import Actor, InstanceState
from engine.persistence.tables import definition, instance, limit_clock
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import seen_cases


@dataclass(frozen=True, slots=True)
class DueLimit:
    """A limit whose clocks run out."""

    #: `process.limit`
    limit_id: str
    count: int
    #: of these, missed already
    late: int


@dataclass(frozen=True, slots=True)
class DueClock:
    """One of its clocks, with the case."""

    id: int
    limit_id: str
    due_at: datetime
    instance_id: int
    definition_id: int
    #: source language
    definition_name: str
    business_key: str | None
    title: str
    state: str


def due_limits(uow: UnitOfWork, actor: Actor, until: datetime, now: datetime) -> tuple[DueLimit, ...]:
    """Running clocks that are due before a moment, by limit; the fullest first."""
    late = func.sum(case((limit_clock.c.due_at <= now, 1), else_=0))
    query = (
        select(limit_clock.c.limit_id, func.count().label("clocks"), late.label("late"))
        .join(instance, instance.c.id == limit_clock.c.instance_id)
        .where(*_running(actor, until)).group_by(limit_clock.c.limit_id).order_by(func.count().desc(), limit_clock.c.limit_id).limit(50)
    )
    return tuple(DueLimit(row.limit_id, int(row.clocks), int(row.late)) for row in uow.reading.execute(query))


def due_clocks(
    uow: UnitOfWork, actor: Actor, limit_id: str, until: datetime, *, after: str | None = None, limit: int = 50
) -> Page[DueClock]:
    """The clocks behind one of these figures, what is due first first."""
    limit = clamp(limit)
    conditions = [*_running(actor, until), limit_clock.c.limit_id == limit_id]
    if after:
        moment, last = decode("due", after, (datetime, int))
        conditions.append(or_(limit_clock.c.due_at > moment, and_(limit_clock.c.due_at == moment, limit_clock.c.id > last)))
    query = (
        select(
            limit_clock.c.id, limit_clock.c.limit_id, limit_clock.c.due_at, instance.c.id.label("instance_id"), instance.c.definition_id,
            definition.c.name.label("definition_name"), instance.c.business_key, instance.c.title, instance.c.state,
        )
        .join(instance, instance.c.id == limit_clock.c.instance_id).join(definition, definition.c.id == instance.c.definition_id)
        .where(*conditions).order_by(limit_clock.c.due_at, limit_clock.c.id).limit(limit + 1)
    )
    rows = uow.reading.execute(query).all()
    shown = tuple(DueClock(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("due", (shown[-1].due_at, shown[-1].id)) if len(rows) > limit else None)


def _running(actor: Actor, until: datetime) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None), limit_clock.c.paused_at.is_(None),
        limit_clock.c.due_at < until, instance.c.state == InstanceState.ACTIVE,
    ]
    conditions += seen_cases(actor)
    return conditions
