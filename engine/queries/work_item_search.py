"""All work items, for those who may read any: by state, person, role, case. The inbox of one person is `inbox`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.sql.elements import ColumnElement

from engine.model import LIVE_WORK_ITEM_STATES, Actor
from engine.persistence.tables import work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import seen_cases
from engine.queries.work_items import WORK_ITEMS, WorkItemRow


@dataclass(frozen=True, slots=True)
class SearchFilters:
    """What narrows the list; None and empty mean: no matter."""

    #: None: every state that can be acted on
    state: str | None = None
    assignee_id: int | None = None
    role: str | None = None
    definition_key: str | None = None
    instance_id: int | None = None
    due_before: datetime | None = None
    #: part of the title, the step's name or the case number
    q: str = ""


def page(uow: UnitOfWork, actor: Actor, filters: SearchFilters, *, after: str | None = None, limit: int = 50) -> Page[WorkItemRow]:
    """Work items at the person's sites, newest first. The caller has checked that the person may read any."""
    limit = clamp(limit)
    conditions = _conditions(actor, filters)
    if after:
        moment, last = decode("search", after, (datetime, int))
        conditions += [work_item.c.created_at <= moment, or_(work_item.c.created_at < moment, work_item.c.id < last)]
    statement = WORK_ITEMS.where(*conditions).order_by(work_item.c.created_at.desc(), work_item.c.id.desc()).limit(limit + 1)
    rows = [WorkItemRow(**row._mapping) for row in uow.reading.execute(statement)]
    shown = tuple(rows[:limit])
    return Page(shown, encode("search", (shown[-1].created_at, shown[-1].id)) if len(rows) > limit else None)


def _conditions(actor: Actor, filters: SearchFilters) -> list[ColumnElement[bool]]:
    # `is_live` is what the index holds; a suspended case's items keep their state but can't be acted on
    conditions: list[ColumnElement[bool]] = []
    if filters.state is None or filters.state in LIVE_WORK_ITEM_STATES:
        conditions.append(work_item.c.is_live)
    conditions += seen_cases(actor, work_item.c.site_id)
    for column, value in (
        (work_item.c.state, filters.state), (work_item.c.assignee_id, filters.assignee_id),
        (work_item.c.definition_key, filters.definition_key), (work_item.c.instance_id, filters.instance_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if filters.role is not None:
        conditions.append(or_(work_item.c.role == filters.role, work_item.c.escalated_role == filters.role))
    if filters.due_before is not None:
        conditions.append(work_item.c.due_at < filters.due_before)
    if filters.q:
        escaped = filters.q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        pattern = f"%{escaped}%"
        conditions.append(or_(*(column.ilike(pattern, escape="\\") for column in (
            work_item.c.title, work_item.c.name, work_item.c.business_key))))
    return conditions
