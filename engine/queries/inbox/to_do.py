"""The to-do list: the UNION of each (role, site)'s own top page, each read from its partial index.

An OR over roles would read every open item. Statements are built once a shape (how many roles, which filters, which order) and cached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, or_, select, union
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from engine.model import Actor
from engine.persistence.tables import Instant, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.inbox.reach import NOBODY_AWAY, Away, AwayShape, away_branches, reachable_branches
from engine.queries.inbox.rows import (
    NO_FILTERS,
    SHOWN,
    Filters,
    Holder,
    InboxRow,
    Sort,
    before,
    matches,
    of_unit,
    with_names,
)
from engine.queries.matching import containing
from engine.queries.paging import Page, clamp, decode, encode, page_of
from engine.queries.reach import in_heaps, pair_values, pairs_of, sited


def todo(
    uow: UnitOfWork, actor: Actor, *, filters: Filters = NO_FILTERS, sort: Sort = Sort.DUE, after: str | None = None, limit: int = 50
) -> Page[InboxRow]:
    """Live items that the person has, or that a role of theirs at that site may take, or that were escalated to such a role."""
    limit = clamp(limit)
    if sort is Sort.CREATED:
        start = decode(sort, after, (datetime, int)) if after else None
        rows = _todo_rows(uow, actor, filters, "created", start=start, limit=limit + 1)
        return page_of(rows, limit, lambda row: encode(sort, (row.created_at, row.id)))
    if sort is Sort.TITLE:
        start = decode(sort, after, (str, int)) if after else None
        rows = _todo_rows(uow, actor, filters, "title", start=start, limit=limit + 1)
        return page_of(rows, limit, lambda row: encode(sort, (row.title, row.id)))
    # items without a due time or a number come last on every database: they are a phase of their own
    kinds = (str, datetime if sort is Sort.DUE else str, int)
    phase, *place = decode(sort, after, kinds) if after else (sort.value, None, None)
    rows = []
    if phase == sort.value and (filters.has_due or sort is not Sort.DUE):
        rows = _todo_rows(uow, actor, filters, sort.value, start=tuple(place) if after else None, limit=limit + 1)
    if len(rows) <= limit and (sort is not Sort.DUE or (filters.due_before is None and filters.due_since is None)):
        start = (None, place[1]) if phase == "none" else None
        missing = f"no_{sort.value}"
        rows += _todo_rows(uow, actor, filters, missing, start=start, limit=limit + 1 - len(rows))

    def cursor(row: InboxRow) -> str:
        at = row.due_at if sort is Sort.DUE else row.business_key
        return encode(sort, (sort.value if at is not None else "none", at, row.id))

    return page_of(rows, limit, cursor)


def top(uow: UnitOfWork, actor: Actor, filters: Filters, most: int) -> list[InboxRow]:
    """The first `most` rows of the to-do list by due time, those without one last: what groups and calendars are made of."""
    rows = _todo_rows(uow, actor, filters, "due", start=None, limit=most) if filters.has_due else []
    if len(rows) < most and filters.due_before is None and filters.due_since is None:
        rows += _todo_rows(uow, actor, filters, "no_due", start=None, limit=most - len(rows))
    return rows


@dataclass(frozen=True, slots=True)
class _Shape:
    """What decides the text of the to-do statement; the rest are values."""

    #: for each (role, site) whether it names a site
    pairs: tuple[bool, ...]
    away: AwayShape
    #: `created`, `due`, `number`, `title`, or `no_due`, `no_number` for those without
    order: str
    has_start: bool
    with_mine: bool
    has_role: bool
    has_key: bool
    has_q: bool
    has_due: bool
    has_since: bool
    without_due: bool
    unit_fields: tuple[str, ...]


def _todo_rows(
    uow: UnitOfWork, actor: Actor, filters: Filters, order: str, *, start: tuple[Any, ...] | None, limit: int
) -> list[InboxRow]:
    is_mine, grants = filters.holder is Holder.MINE, actor.powers() if actor.stand_ins else actor.grants
    pairs = [] if is_mine else pairs_of(uow, grants, filters.role)
    away = NOBODY_AWAY if is_mine else Away.of(uow, actor, filters)
    statement = _todo_statement(_Shape(
        pairs=sited(pairs), away=away.shape(), order=order, has_start=start is not None, with_mine=filters.holder is not Holder.UNCLAIMED,
        has_role=filters.role is not None, has_key=filters.definition_key is not None, has_q=bool(filters.q),
        has_due=filters.due_before is not None, has_since=filters.due_since is not None, without_due=not filters.has_due,
        unit_fields=filters.unit_fields if filters.unit else (),
    ))
    values: dict[str, Any] = {**pair_values(pairs), **away.values(), "me": actor.user_id, "limit": limit}
    optional = {
        "role": filters.role, "key": filters.definition_key, "q": containing(filters.q) if filters.q else None,
        "due_before": filters.due_before, "due_since": filters.due_since, "unit": filters.unit or None,
    }
    values.update({name: value for name, value in optional.items() if value is not None})
    if start is not None:
        values["start_at"], values["start_id"] = start
        if order.startswith("no_"):
            del values["start_at"]
    return [InboxRow(**row._mapping) for row in uow.reading.execute(statement, values)]


@lru_cache(maxsize=256)
def _todo_statement(shape: _Shape) -> Select[Any]:
    """Every combination that pages ask for is built once; only values differ between people."""
    extra: list[ColumnElement[bool]] = []
    if shape.has_key:
        extra.append(work_item.c.definition_key == bindparam("key", type_=String))
    if shape.has_q:
        extra.append(matches(work_item, bindparam("q", type_=String)))
    if shape.has_due:
        extra.append(work_item.c.due_at < bindparam("due_before", type_=Instant))
    if shape.has_since:
        extra.append(work_item.c.due_at >= bindparam("due_since", type_=Instant))
    if shape.without_due:
        extra.append(work_item.c.due_at.is_(None))
    if shape.unit_fields:
        extra.append(work_item.c.instance_id.in_(of_unit(shape.unit_fields, bindparam("unit", type_=String))))
    extra.extend(_order_conditions(shape.order, shape.has_start))
    branches = [_top(where + extra, shape.order) for where in [*reachable_branches(shape.pairs), *away_branches(shape.away)]]
    if shape.with_mine:
        mine = [work_item.c.is_live, work_item.c.assignee_id == bindparam("me", type_=BigInteger)]
        if shape.has_role:
            mine.append(work_item.c.role == bindparam("role", type_=String))
        branches.append(_top(mine + extra, shape.order))
    if not branches:
        return with_names(select(*SHOWN).where(work_item.c.id < 0).subquery("item"))
    # UNION, not UNION ALL: an escalated item can be reached by both of its roles
    reached = in_heaps(branches, union).subquery("reached")
    top = select(reached.c.id).order_by(*_order(reached, shape.order)).limit(bindparam("limit", type_=BigInteger)).subquery("top")
    item = select(*SHOWN).join(top, top.c.id == work_item.c.id).subquery("item")
    return with_names(item).order_by(*_order(item, shape.order))


def _top(conditions: Sequence[ColumnElement[bool]], order: str) -> Select[Any]:
    columns = {"created": work_item.c.created_at, "due": work_item.c.due_at, "number": work_item.c.business_key, "title": work_item.c.title}
    chosen = [columns[order]] if order in columns else []
    top = select(work_item.c.id, *chosen).where(*conditions).order_by(*_order(work_item, order))
    return select(top.limit(bindparam("limit", type_=BigInteger)).subquery())


def _order(source: FromClause, order: str) -> list[ColumnElement[Any]]:
    if order == "created":
        return [source.c.created_at.desc(), source.c.id.desc()]
    if order == "due":
        return [source.c.due_at, source.c.id]
    if order == "number":
        return [source.c.business_key, source.c.id]
    if order == "title":
        return [source.c.title, source.c.id]
    return [source.c.id]


def _order_conditions(order: str, has_start: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    start_at, start_id = bindparam("start_at", type_=Instant), bindparam("start_id", type_=BigInteger)
    if order == "created" and has_start:
        conditions.append(before(work_item.c.created_at, work_item.c.id, start_at, start_id))
    elif order == "due":
        conditions.append(work_item.c.due_at.is_not(None))
        if has_start:
            conditions.append(work_item.c.due_at >= start_at)
            conditions.append(or_(work_item.c.due_at > start_at, work_item.c.id > start_id))
    elif order == "number":
        number = work_item.c.business_key
        conditions.append(number.is_not(None))
        if has_start:
            start_number = bindparam("start_at", type_=String)
            conditions.append(number >= start_number)
            conditions.append(or_(number > start_number, work_item.c.id > start_id))
    elif order == "title" and has_start:
        start_title = bindparam("start_at", type_=String)
        conditions.append(work_item.c.title >= start_title)
        conditions.append(or_(work_item.c.title > start_title, work_item.c.id > start_id))
    elif order in ("no_due", "no_number"):
        conditions.append((work_item.c.due_at if order == "no_due" else work_item.c.business_key).is_(None))
        if has_start:
            conditions.append(work_item.c.id > start_id)
    return conditions
