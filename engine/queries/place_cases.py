"""The cases that concern a unit or tenant, and the open ones next door that a new call may be about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select

from engine.model import ENDED_STATES, Actor, InstanceState
from engine.persistence.tables import definition, instance, instance_reference, instance_variable, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import reporters
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import seen_cases

#: floors above and below that water, noise and smell come from
_FLOORS = 1


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case as it stands beside a call."""

    id: int
    definition_id: int
    definition_key: str
    #: source language
    definition_name: str
    business_key: str | None
    title: str
    state: str
    started_at: datetime
    ended_at: datetime | None
    late_since: datetime | None
    #: the unit that it is about; None in a unit's own list
    unit_id: int | None = None
    unit: str | None = None
    #: who called besides the first
    further_reporters: int = 0


def of_place(
    uow: UnitOfWork, actor: Actor, kind: str, target_id: int, *, is_open: bool | None = None, after: str | None = None, limit: int = 20
) -> Page[CaseLine]:
    """Cases that concern a unit or tenant (`unit`, `tenant`), newest first; open ones, ended ones, or (None) all."""
    limit = clamp(limit)
    reference = instance_reference.c
    conditions = [reference.kind == kind, reference.target_id == target_id, *seen_cases(actor)]
    if is_open is not None:
        conditions.append(instance.c.state.not_in(ENDED_STATES) if is_open else instance.c.state.in_(ENDED_STATES))
    if after:
        (last,) = decode("place", after, (int,))
        conditions.append(reference.instance_id < last)
    statement = _select().join(instance_reference, reference.instance_id == instance.c.id).where(*conditions)
    rows = uow.reading.execute(statement.order_by(reference.instance_id.desc()).limit(limit + 1)).all()
    shown = _lines(uow, rows[:limit])
    return Page(shown, encode("place", (shown[-1].id,)) if len(rows) > limit else None)


def alike(
    uow: UnitOfWork, actor: Actor, key: str, unit_id: int, *, variable: str | None = None, value: str = "", limit: int = 5
) -> tuple[CaseLine, ...]:
    """Open cases of a procedure at a unit, beside it, above and below it, its own first; with `variable`, those where it is `value`.

    A unit without a floor has no neighbours that anybody could tell.
    """
    here = uow.reading.execute(select(unit.c.building_id, unit.c.floor).where(unit.c.id == unit_id)).one_or_none()
    if here is None:
        return ()
    near = unit.c.id == unit_id
    if here.floor is not None:
        beside = and_(unit.c.building_id == here.building_id, unit.c.floor.between(here.floor - _FLOORS, here.floor + _FLOORS))
        near = or_(near, beside)
    reference = instance_reference.c
    statement = (
        _select().add_columns(unit.c.id.label("unit_id"), unit.c.code.label("unit"))
        .join(instance_reference, and_(reference.instance_id == instance.c.id, reference.kind == "unit"))
        .join(unit, unit.c.id == reference.target_id)
        .where(near, instance.c.definition_key == key, instance.c.state.not_in(ENDED_STATES), *seen_cases(actor))
    )
    if variable is not None:
        of_case = and_(instance_variable.c.instance_id == instance.c.id, instance_variable.c.name == variable)
        statement = statement.where(select(instance_variable.c.name).where(of_case, instance_variable.c.text == value).exists())
    rows = uow.reading.execute(statement.order_by((unit.c.id != unit_id), instance.c.id.desc()).limit(limit)).all()
    return _lines(uow, rows)


def started_since(
    uow: UnitOfWork, actor: Actor, moment: datetime, *, site_id: int | None = None, keys: Sequence[str] | None = None,
    is_open: bool | None = None, after: str | None = None, limit: int = 50,
) -> Page[CaseLine]:
    """Cases that came in since a moment, newest first, of some procedures (None: of all)."""
    limit = clamp(limit)
    conditions = [instance.c.started_at >= moment, instance.c.state != InstanceState.VOIDED, *seen_cases(actor)]
    if site_id is not None:
        conditions.append(instance.c.site_id == site_id)
    if keys is not None:
        conditions.append(instance.c.definition_key.in_(keys))
    if is_open is not None:
        conditions.append(instance.c.state.not_in(ENDED_STATES) if is_open else instance.c.state.in_(ENDED_STATES))
    if after:
        began, last = decode("since", after, (datetime, int))
        conditions.append(or_(instance.c.started_at < began, and_(instance.c.started_at == began, instance.c.id < last)))
    order = (instance.c.started_at.desc(), instance.c.id.desc())
    rows = uow.reading.execute(_select().where(*conditions).order_by(*order).limit(limit + 1)).all()
    shown = _lines(uow, rows[:limit])
    return Page(shown, encode("since", (shown[-1].started_at, shown[-1].id)) if len(rows) > limit else None)


def _select() -> Select[Any]:
    return select(
        instance.c.id, instance.c.definition_id, instance.c.definition_key, definition.c.name.label("definition_name"),
        instance.c.business_key, instance.c.title, instance.c.state, instance.c.started_at, instance.c.ended_at, instance.c.late_since,
    ).select_from(instance.join(definition, definition.c.id == instance.c.definition_id))


def _lines(uow: UnitOfWork, rows: Sequence[Any]) -> tuple[CaseLine, ...]:
    further = reporters.counts(uow, [row.id for row in rows]) if rows else {}
    return tuple(CaseLine(**row._mapping, further_reporters=further.get(row.id, 0)) for row in rows)
