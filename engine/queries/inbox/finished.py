"""What a person has completed."""

from __future__ import annotations

from sqlalchemy import literal, select
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.inbox.rows import NO_FILTERS, SHOWN, Filters, InboxRow, matches, of_unit, with_names
from engine.queries.matching import containing
from engine.queries.ordering import Order, Ordering
from engine.queries.paging import Page, clamp


def done(
    uow: UnitOfWork, actor: Actor, *, filters: Filters = NO_FILTERS, order: Order = Order.NEWEST, after: str | None = None, limit: int = 50
) -> Page[InboxRow]:
    """What the person has completed."""
    limit = clamp(limit)
    conditions: list[ColumnElement[bool]] = [work_item.c.completed_by == actor.user_id]
    if filters.role:
        conditions.append(work_item.c.role == filters.role)
    if filters.definition_key:
        conditions.append(work_item.c.definition_key == filters.definition_key)
    if filters.q:
        conditions.append(matches(work_item, containing(filters.q)))
    if filters.unit:
        conditions.append(work_item.c.instance_id.in_(of_unit(filters.unit_fields, literal(filters.unit))))
    if filters.done_since is not None:
        conditions.append(work_item.c.completed_at >= filters.done_since)
    if filters.done_before is not None:
        conditions.append(work_item.c.completed_at < filters.done_before)
    ordering = Ordering(order, "done", work_item.c.completed_at, work_item.c.title, work_item.c.id)
    chosen = ordering.page(select(*SHOWN).where(*conditions), after).limit(limit + 1).subquery("item")
    statement = with_names(chosen).order_by(*Ordering(order, "done", chosen.c.completed_at, chosen.c.title, chosen.c.id).terms())
    rows = [InboxRow(**row._mapping) for row in uow.reading.execute(statement)]
    return ordering.cut(rows, limit, lambda row: row.completed_at)
