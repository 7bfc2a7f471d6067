"""The cases, clocks and work behind the figures of the day, by keyset; and where cases stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, String, bindparam, func, or_, select

from engine.persistence.tables import Instant, definition, instance, limit_clock, site, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode, page_of
from engine.queries.today_conditions import Figure, Moments, Scope, When, between, found_by, live, running, values_of

#: open steps told of one case
_STEPS = 5


@dataclass(frozen=True, slots=True)
class WorkFilters:
    """Which work items; None: no matter."""

    when: When = When.OPEN
    role: str | None = None
    #: 0: nobody has it
    person_id: int | None = None
    definition_key: str | None = None
    element_id: str | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case behind a figure."""

    id: int
    definition_id: int
    #: source language
    definition_name: str
    business_key: str | None
    title: str
    state: str
    site_name: str | None
    #: since when, or from when on: due, last moved, started or ended, as the figure is
    at: datetime


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A work item behind a figure."""

    id: int
    instance_id: int
    definition_id: int
    definition_name: str
    business_key: str | None
    title: str
    #: the step, source language
    name: str
    role: str
    assignee_name: str | None
    site_name: str | None
    created_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A running clock behind a figure."""

    id: int
    instance_id: int
    definition_id: int
    definition_name: str
    business_key: str | None
    title: str
    state: str
    site_name: str | None
    started_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: an open step and who has it."""

    name: str
    definition_id: int
    role: str
    assignee_name: str | None


def cases(
    uow: UnitOfWork, scope: Scope, moments: Moments, figure: Figure, *, after: str | None = None, limit: int = 50
) -> Page[CaseRow]:
    """The cases behind a figure: what has waited longest first, of today's the latest."""
    values = {**values_of(moments), **scope.values(), "limit": clamp(limit) + 1, **_start("today-cases", after)}
    rows = [CaseRow(**row._mapping) for row in uow.reading.execute(_cases(scope.shape, figure, bool(after)), values)]
    return page_of(rows, clamp(limit), lambda row: encode("today-cases", (row.at, row.id)))


def items(
    uow: UnitOfWork, scope: Scope, moments: Moments, filters: WorkFilters, *, after: str | None = None, limit: int = 50
) -> Page[ItemRow]:
    """The work behind a figure: by due time, or where none is asked for the oldest first."""
    statement = _items(scope.shape, filters.when, _given(filters), bool(after))
    named = {name: getattr(filters, name) for name in _given(filters) if name != "nobody"}
    values = {**values_of(moments), **scope.values(), **named, "limit": clamp(limit) + 1, **_start("today-work", after)}
    rows = [ItemRow(**row._mapping) for row in uow.reading.execute(statement, values)]
    by_due = filters.when is not When.OPEN
    return page_of(rows, clamp(limit), lambda row: encode("today-work", (row.due_at if by_due else row.created_at, row.id)))


def clocks(
    uow: UnitOfWork, scope: Scope, moments: Moments, limit_id: str, when: When, *, after: str | None = None, limit: int = 50
) -> Page[ClockRow]:
    """The running clocks behind a figure, the earliest due first."""
    values = {**values_of(moments), **scope.values(), "limit_id": limit_id, "limit": clamp(limit) + 1, **_start("today-clocks", after)}
    rows = [ClockRow(**row._mapping) for row in uow.reading.execute(_clocks(scope.shape, when, bool(after)), values)]
    return page_of(rows, clamp(limit), lambda row: encode("today-clocks", (row.due_at, row.id)))


def standing(uow: UnitOfWork, instance_ids: Iterable[int]) -> dict[int, tuple[Standing, ...]]:
    """Where these cases stand, a few open steps of each."""
    ids = sorted(set(instance_ids))
    found: dict[int, tuple[Standing, ...]] = {}
    if not ids:
        return found
    place = func.row_number().over(partition_by=work_item.c.instance_id, order_by=work_item.c.id).label("place")
    ranked = (
        select(work_item.c.instance_id, work_item.c.name, work_item.c.definition_id, work_item.c.role,
               user.c.display_name.label("assignee_name"), place)
        .select_from(work_item.outerjoin(user, user.c.id == work_item.c.assignee_id))
        .where(work_item.c.instance_id.in_(ids), work_item.c.is_live).subquery("ranked")
    )  # fmt: skip
    for row in uow.reading.execute(select(ranked).where(ranked.c.place <= _STEPS).order_by(ranked.c.instance_id, ranked.c.place)):
        step = Standing(row.name, row.definition_id, row.role, row.assignee_name)
        found[row.instance_id] = (*found.get(row.instance_id, ()), step)
    return found



@lru_cache(maxsize=64)
def _cases(shape: str, figure: Figure, has_start: bool) -> Select[Any]:
    found = found_by(figure, shape).subquery()
    latest_first = figure in (Figure.STARTED, Figure.ENDED)
    order = [found.c.at.desc(), found.c.instance_id.desc()] if latest_first else [found.c.at, found.c.instance_id]
    chosen = select(found.c.instance_id, found.c.at).order_by(*order).limit(_LIMIT)
    if has_start:
        chosen = chosen.where(_beyond(found.c.at, found.c.instance_id, latest_first))
    top = chosen.subquery("top")
    order = [top.c.at.desc(), top.c.instance_id.desc()] if latest_first else [top.c.at, top.c.instance_id]
    return (
        select(instance.c.id, instance.c.definition_id, definition.c.name.label("definition_name"), instance.c.business_key,
               instance.c.title, instance.c.state, site.c.name.label("site_name"), top.c.at)
        .select_from(top.join(instance, instance.c.id == top.c.instance_id).join(definition, definition.c.id == instance.c.definition_id)
                     .outerjoin(site, site.c.id == instance.c.site_id))
        .order_by(*order)
    )  # fmt: skip


@lru_cache(maxsize=256)
def _items(shape: str, when: When, given: tuple[str, ...], has_start: bool) -> Select[Any]:
    at = work_item.c.created_at if when is When.OPEN else work_item.c.due_at
    conditions = [*live(shape), *between(work_item.c.due_at, when)]
    for name in given:
        if name == "person_id":
            conditions.append(work_item.c.assignee_id == bindparam(name, type_=BigInteger()))
        elif name != "nobody":
            conditions.append(work_item.c[name] == bindparam(name, type_=String()))
        else:
            conditions.append(work_item.c.assignee_id.is_(None))
    chosen = select(work_item.c.id, at.label("at")).where(*conditions).order_by(at, work_item.c.id).limit(_LIMIT)
    if has_start:
        chosen = chosen.where(_beyond(at, work_item.c.id, latest_first=False))
    top = chosen.subquery("top")
    return (
        select(work_item.c.id, work_item.c.instance_id, work_item.c.definition_id, definition.c.name.label("definition_name"),
               work_item.c.business_key, work_item.c.title, work_item.c.name, work_item.c.role,
               user.c.display_name.label("assignee_name"), site.c.name.label("site_name"), work_item.c.created_at, work_item.c.due_at)
        .select_from(top.join(work_item, work_item.c.id == top.c.id).join(definition, definition.c.id == work_item.c.definition_id)
                     .outerjoin(user, user.c.id == work_item.c.assignee_id).outerjoin(site, site.c.id == work_item.c.site_id))
        .order_by(top.c.at, top.c.id)
    )  # fmt: skip


@lru_cache(maxsize=32)
def _clocks(shape: str, when: When, has_start: bool) -> Select[Any]:
    conditions = [*running(shape), limit_clock.c.limit_id == bindparam("limit_id", type_=String()), *between(limit_clock.c.due_at, when)]
    if has_start:
        conditions.append(_beyond(limit_clock.c.due_at, limit_clock.c.id, latest_first=False))
    return (
        select(limit_clock.c.id, limit_clock.c.instance_id, instance.c.definition_id, definition.c.name.label("definition_name"),
               instance.c.business_key, instance.c.title, instance.c.state, site.c.name.label("site_name"), limit_clock.c.started_at,
               limit_clock.c.due_at)
        .select_from(limit_clock.join(instance, instance.c.id == limit_clock.c.instance_id)
                     .join(definition, definition.c.id == instance.c.definition_id)
                     .outerjoin(site, site.c.id == instance.c.site_id))
        .where(*conditions, limit_clock.c.due_at.is_not(None)).order_by(limit_clock.c.due_at, limit_clock.c.id).limit(_LIMIT)
    )  # fmt: skip


_LIMIT: Any = bindparam("limit", type_=BigInteger())


def _given(filters: WorkFilters) -> tuple[str, ...]:
    """Names of the filters that are set; `nobody` for work that nobody has."""
    named = [name for name in ("role", "definition_key", "element_id") if getattr(filters, name) is not None]
    if filters.person_id is not None:
        named.append("person_id" if filters.person_id else "nobody")
    return tuple(named)


def _beyond(at: ColumnElement[Any], row_id: ColumnElement[Any], latest_first: bool) -> ColumnElement[bool]:
    """Rows after the cursor; the first half alone bounds the index range."""
    start_at, start_id = bindparam("start_at", type_=Instant()), bindparam("start_id", type_=BigInteger())
    if latest_first:
        return (at <= start_at) & or_(at < start_at, row_id < start_id)
    return (at >= start_at) & or_(at > start_at, row_id > start_id)


def _start(sort: str, after: str | None) -> dict[str, Any]:
    if not after:
        return {}
    moment, last = decode(sort, after, (datetime, int))
    return {"start_at": moment, "start_id": last}
