"""Cases that have to do with one: the one it was started beside, those started beside it, and those about the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from engine.model import Actor
from engine.persistence.tables import definition, instance, instance_variable
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.sites import seen_cases

#: cases about the same thing that are shown
MOST = 8


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """A related case."""

    id: int
    definition_id: int
    #: source language
    definition_name: str
    business_key: str | None
    title: str
    state: str
    started_at: datetime
    parent_id: int | None
    #: what both are about, e.g. a unit's code; None of parents and linked cases
    shared: str | None = None
    #: the variable that holds it there
    shared_name: str | None = None


def family(uow: UnitOfWork, actor: Actor, instance_id: int, parent_id: int | None) -> tuple[RelatedRow, ...]:
    """The case that it was started beside, first, and those started beside it, oldest first."""
    related: ColumnElement[bool] = instance.c.parent_id == instance_id
    if parent_id is not None:
        related = or_(related, instance.c.id == parent_id)
    statement = _select().where(related, *seen_cases(actor)).order_by(instance.c.id != (parent_id or 0), instance.c.id).limit(50)
    return tuple(RelatedRow(**row._mapping) for row in uow.reading.execute(statement))


def of_same(uow: UnitOfWork, actor: Actor, instance_id: int, wanted: Mapping[str, Iterable[str]]) -> tuple[RelatedRow, ...]:
    """Other cases about what this one is about, newest first. `wanted`: variable of this case → variables that mean the same."""
    if not wanted:
        return ()
    own = uow.reading.execute(
        select(instance_variable.c.name, instance_variable.c.text)
        .where(instance_variable.c.instance_id == instance_id, instance_variable.c.name.in_(list(wanted)), instance_variable.c.text != "")
    ).all()
    pairs = [instance_variable.c.name.in_(sorted(wanted[row.name])) & (instance_variable.c.text == row.text) for row in own]
    if not pairs:
        return ()
    statement = _sharing().where(or_(*pairs), instance.c.id != instance_id, *seen_cases(actor))
    found: dict[int, RelatedRow] = {}
    for row in uow.reading.execute(statement):
        found.setdefault(row.id, RelatedRow(**row._mapping))
    return tuple(found.values())[:MOST]


@lru_cache(maxsize=1)
def _select() -> Select[Any]:
    return select(
        instance.c.id, instance.c.definition_id, definition.c.name.label("definition_name"), instance.c.business_key, instance.c.title,
        instance.c.state, instance.c.started_at, instance.c.parent_id,
    ).join(definition, definition.c.id == instance.c.definition_id)


@lru_cache(maxsize=1)
def _sharing() -> Select[Any]:
    return (
        _select().add_columns(instance_variable.c.text.label("shared"), instance_variable.c.name.label("shared_name"))
        .join(instance_variable, instance_variable.c.instance_id == instance.c.id)
        .order_by(instance.c.id.desc()).limit(MOST * 4)
    )
