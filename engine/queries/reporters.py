"""Who else reported what a case is about, and who of them is still to be told how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from engine.errors import NotFoundError
from engine.model import ENDED_STATES, Actor, InstanceState
from engine.persistence.tables import case_reporter, instance, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import may_see, seen_cases


@dataclass(frozen=True, slots=True)
class ReporterRow:
    """A further caller of a case."""

    id: int
    instance_id: int
    name: str
    phone: str
    unit_id: int | None
    unit: str | None
    tenant: str | None
    words: str
    #: when the call came, and when it was entered
    reported_at: datetime
    entered_at: datetime
    entered_by_name: str | None
    told_at: datetime | None
    told_by_name: str | None
    told_how: str | None
    told_note: str


@dataclass(frozen=True, slots=True)
class Untold:
    """Somebody who reported a case that is over, and doesn't know."""

    reporter: ReporterRow
    business_key: str | None
    title: str
    state: str
    ended_at: datetime


def of_case(uow: UnitOfWork, instance_id: int) -> tuple[ReporterRow, ...]:
    """In the order in which they called."""
    statement = _select().where(case_reporter.c.instance_id == instance_id).order_by(case_reporter.c.reported_at, case_reporter.c.id)
    return tuple(ReporterRow(**row._mapping) for row in uow.reading.execute(statement.limit(200)))


def case_of(uow: UnitOfWork, actor: Actor, reporter_id: int) -> int:
    """The case that a reporter called about. NotFoundError where there is none, or it isn't the person's to see."""
    query = select(case_reporter.c.instance_id, instance.c.site_id).join(instance, instance.c.id == case_reporter.c.instance_id)
    row = uow.reading.execute(query.where(case_reporter.c.id == reporter_id)).one_or_none()
    if row is None or not may_see(actor, row.site_id):
        raise NotFoundError(kind="報告人", id=reporter_id)
    return int(row.instance_id)


def counts(uow: UnitOfWork, instance_ids: Iterable[int]) -> dict[int, int]:
    """How many further callers each of the cases has; cases without are left out."""
    query = select(case_reporter.c.instance_id, func.count()).where(case_reporter.c.instance_id.in_([*instance_ids]))
    return {row[0]: row[1] for row in uow.reading.execute(query.group_by(case_reporter.c.instance_id))}


def untold(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 50) -> Page[Untold]:
    """Whom somebody should call: reporters of cases that were carried out or given up, not told yet; who waits longest first."""
    limit = clamp(limit)
    statement = _select().add_columns(instance.c.business_key, instance.c.title, instance.c.state, instance.c.ended_at)
    statement = statement.where(*_waiting(actor))
    if after:
        moment, last = decode("untold", after, (datetime, int))
        statement = statement.where(or_(instance.c.ended_at > moment, (instance.c.ended_at == moment) & (case_reporter.c.id > last)))
    rows = uow.reading.execute(statement.order_by(instance.c.ended_at, case_reporter.c.id).limit(limit + 1)).all()
    shown = tuple(_untold(row) for row in rows[:limit])
    return Page(shown, encode("untold", (shown[-1].ended_at, shown[-1].reporter.id)) if len(rows) > limit else None)


def untold_count(uow: UnitOfWork, actor: Actor, cap: int) -> int:
    """How many there are, counted up to `cap`."""
    waiting = select(case_reporter.c.id).join(instance, instance.c.id == case_reporter.c.instance_id).where(*_waiting(actor)).limit(cap)
    return int(uow.reading.execute(select(func.count()).select_from(waiting.subquery())).scalar_one())


def _waiting(actor: Actor) -> list[Any]:
    told_of = [state for state in ENDED_STATES if state is not InstanceState.VOIDED]
    conditions: list[Any] = [case_reporter.c.told_at.is_(None), instance.c.state.in_(told_of)]
    conditions += seen_cases(actor)
    return conditions


def _select() -> Select[Any]:
    table, teller = case_reporter, user.alias("teller")
    return (
        select(
            table.c.id, table.c.instance_id, table.c.name, table.c.phone, table.c.unit_id, unit.c.code.label("unit"),
            tenant.c.name.label("tenant"), table.c.words, table.c.reported_at, table.c.entered_at,
            user.c.display_name.label("entered_by_name"), table.c.told_at, teller.c.display_name.label("told_by_name"), table.c.told_how,
            table.c.told_note,
        )
        .select_from(
            table.join(instance, instance.c.id == table.c.instance_id)
            .outerjoin(unit, unit.c.id == table.c.unit_id)
            .outerjoin(tenant, tenant.c.id == table.c.tenant_id)
            .outerjoin(user, user.c.id == table.c.entered_by)
            .outerjoin(teller, teller.c.id == table.c.told_by)
        )
    )


def _untold(row: Any) -> Untold:
    values = dict(row._mapping)
    beyond = {name: values.pop(name) for name in ("business_key", "title", "state", "ended_at")}
    return Untold(ReporterRow(**values), **beyond)
