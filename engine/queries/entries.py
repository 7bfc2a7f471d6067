"""The directory as its pages list and show it: entries of every kind by keyset, what is known of one, and who changed what.

Costs a page whatever the number of rows: each order has its index, and searching reads the folded column alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, and_, literal, or_, select
from sqlalchemy.sql.expression import tuple_
from sqlalchemy.sql.selectable import FromClause

from engine.errors import NotFoundError
from engine.folding import fold
from engine.model import Actor
from engine.persistence.tables import building, directory_change, price_item, role_grant, site, tenancy, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import visible_sites


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list; None and empty mean: no matter."""

    q: str = ""
    #: True: on offer; False: deactivated
    is_active: bool | None = True
    site_id: int | None = None
    #: of people
    role: str | None = None
    #: of tenancies: one unit's or one tenant's
    unit_id: int | None = None
    tenant_id: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with its fields."""

    id: int
    #: what people call it
    label: str
    version: int
    #: by field name
    values: Mapping[str, Any]
    #: names of what it refers to, by field name
    names: Mapping[str, str]
    #: since when it is no longer on offer; of a tenancy, when it ended
    deactivated_at: datetime | None
    site_id: int | None = None
    #: of a person: (role, site id)
    roles: tuple[tuple[str, int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an entry's history."""

    id: int
    at: datetime
    #: None for the system
    by: str | None
    action: str
    reason: str | None
    #: from when it counts, where that is not at once
    effective_from: datetime | None
    #: field → (before, after)
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a kind is read."""

    source: FromClause
    #: what is shown besides the table's own columns: field name → column
    names: Mapping[str, ColumnElement[Any]]
    table: Any
    label: ColumnElement[Any]
    #: orders on offer: name → column that never is NULL; the first is the default
    sorts: Mapping[str, ColumnElement[Any]]
    #: a search compares with these: folded columns, else plain ones
    folded: tuple[ColumnElement[Any], ...] = ()
    plain: tuple[ColumnElement[Any], ...] = ()
    site: ColumnElement[Any] | None = None


def _shapes() -> dict[str, _Shape]:
    places = unit.join(building, building.c.id == unit.c.building_id).join(site, site.c.id == unit.c.site_id)
    lived = (tenancy.join(unit, unit.c.id == tenancy.c.unit_id).join(tenant, tenant.c.id == tenancy.c.tenant_id))
    return {
        "site": _Shape(site, {}, site, site.c.name, {"code": site.c.code, "name": site.c.name}, plain=(site.c.code, site.c.name),
                       site=site.c.id),
        "building": _Shape(building.join(site, site.c.id == building.c.site_id), {"site_id": site.c.name}, building, building.c.name,
                           {"code": building.c.code, "name": building.c.name}, plain=(building.c.code, building.c.name),
                           site=building.c.site_id),
        "unit": _Shape(places, {"building_id": building.c.name, "site_id": site.c.name}, unit, unit.c.code, {"code": unit.c.code},
                       folded=(unit.c.search,), site=unit.c.site_id),
        "tenant": _Shape(tenant, {}, tenant, tenant.c.name, {"name": tenant.c.name, "code": tenant.c.code}, folded=(tenant.c.search,)),
        "tenancy": _Shape(lived, {"unit_id": unit.c.code, "tenant_id": tenant.c.name}, tenancy, unit.c.code,
                          {"unit_id": unit.c.code, "started_at": tenancy.c.started_at}, folded=(unit.c.search, tenant.c.search),
                          site=unit.c.site_id),
        "person": _Shape(user, {}, user, user.c.display_name, {"display_name": user.c.display_name, "username": user.c.username},
                         folded=(user.c.search,)),
    }


_SHAPES = _shapes()
#: never leave the store by these queries
_SECRET = ("password_hash", "search")


def sorts(kind: str) -> tuple[str, ...]:
    """Orders that a list offers."""
    return tuple(_SHAPES[kind].sorts)


def listing(
    uow: UnitOfWork, actor: Actor, kind: str, *, filters: Filters, sort: str = "", after: str | None = None, limit: int = 50,
) -> Page[Entry]:
    """Entries of the person's sites. `sort` is one of `sorts`, with `-` before it backwards."""
    shape, limit = _SHAPES[kind], clamp(limit)
    name = sort.removeprefix("-")
    name = name if name in shape.sorts else next(iter(shape.sorts))
    is_backwards = sort == f"-{name}"
    column = shape.sorts[name]
    statement = _select(shape).where(*_conditions(uow, actor, kind, shape, filters))
    cursor = f"{kind} {'-' if is_backwards else ''}{name}"
    if after:
        value, identity = decode(cursor, after, (datetime if name == "started_at" else str, int))
        keys, place = tuple_(column, shape.table.c.id), tuple_(literal(value, column.type), identity)
        statement = statement.where(keys < place if is_backwards else keys > place)
    order = (column.desc(), shape.table.c.id.desc()) if is_backwards else (column, shape.table.c.id)
    rows = uow.reading.execute(statement.add_columns(column.label("sort_value")).order_by(*order).limit(limit + 1)).all()
    shown = rows[:limit]
    roles = _roles(uow, [row.id for row in shown]) if kind == "person" else {}
    following = encode(cursor, (shown[-1].sort_value, shown[-1].id)) if len(rows) > limit else None
    return Page(tuple(_entry(kind, shape, row, roles.get(row.id, ())) for row in shown), following)


def show(uow: UnitOfWork, actor: Actor, kind: str, identity: int) -> Entry:
    """One entry, also a deactivated one; NotFoundError where there is none at the person's sites."""
    shape = _SHAPES[kind]
    conditions = [shape.table.c.id == identity]
    seen = visible_sites(actor)
    if shape.site is not None and seen is not None:
        conditions.append(shape.site.in_(seen))
    row = uow.reading.execute(_select(shape).where(*conditions)).one_or_none()
    if row is None:
        raise NotFoundError(kind=kind, id=identity)
    return _entry(kind, shape, row, _roles(uow, [identity]).get(identity, ()) if kind == "person" else ())


def history(uow: UnitOfWork, kind: str, entry: int | str, *, after: str | None = None, limit: int = 20) -> Page[Change]:
    """What was done to an entry, newest first."""
    limit = clamp(limit)
    change = directory_change.c
    statement = (
        select(change.id, change.at, user.c.display_name, change.action, change.reason, change.effective_from, change.changes)
        .select_from(directory_change.outerjoin(user, user.c.id == change.actor_id))
        .where(change.kind == kind, change.entry == str(entry)).order_by(change.id.desc()).limit(limit + 1))
    if after:
        statement = statement.where(change.id < decode("changes", after, (int,))[0])
    rows = uow.reading.execute(statement).all()
    shown = tuple(Change(row.id, row.at, row.display_name, row.action, row.reason, row.effective_from, {
        name: (old, new) for name, (old, new) in orjson.loads(row.changes or "{}").items()}) for row in rows[:limit])
    return Page(shown, encode("changes", (shown[-1].id,)) if len(rows) > limit else None)


def price_history(uow: UnitOfWork, code: str) -> tuple[Mapping[str, Any], ...]:
    """Every price that an item has or had, newest first."""
    rows = uow.reading.execute(select(price_item).where(price_item.c.code == code).order_by(price_item.c.effective_from.desc()))
    return tuple(dict(row._mapping) for row in rows)


def _select(shape: _Shape) -> Select[Any]:
    own = [column for column in shape.table.c if column.name not in _SECRET]
    named = [column.label(f"name_of_{name}") for name, column in shape.names.items()]
    at = [shape.site.label("of_site")] if shape.site is not None else []
    return select(*own, *named, shape.label.label("entry_label"), *at).select_from(shape.source)


def _conditions(uow: UnitOfWork, actor: Actor, kind: str, shape: _Shape, filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    seen = visible_sites(actor)
    if shape.site is not None:
        if seen is not None:
            conditions.append(shape.site.in_(seen))
        if filters.site_id is not None:
            conditions.append(shape.site == filters.site_id)
    ended = shape.table.c.ended_at if kind == "tenancy" else shape.table.c.deactivated_at
    if filters.is_active is not None:
        conditions.append(ended.is_(None) if filters.is_active else ended.is_not(None))
    if kind == "person" and filters.role:
        held = and_(role_grant.c.user_id == user.c.id, role_grant.c.role == filters.role)
        conditions.append(select(role_grant.c.id).where(held).correlate(user).exists())
    if kind == "tenancy":
        conditions += [column == value for column, value in ((tenancy.c.unit_id, filters.unit_id), (tenancy.c.tenant_id, filters.tenant_id))
                       if value is not None]
    if filters.q.strip():
        conditions.append(_found(shape, filters.q))
    return conditions


def _found(shape: _Shape, q: str) -> ColumnElement[bool]:
    folded = fold(q)[:60]
    escaped = q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")[:60]
    parts = [column.like(f"%{folded}%") for column in shape.folded if folded]
    parts += [column.ilike(f"%{escaped}%", escape="\\") for column in shape.plain]
    # a query of signs only finds nothing in folded columns
    return or_(*parts) if parts else shape.table.c.id < 0


def _roles(uow: UnitOfWork, people: list[int]) -> dict[int, tuple[tuple[str, int | None], ...]]:
    found: dict[int, list[tuple[str, int | None]]] = {}
    grants = select(role_grant.c.user_id, role_grant.c.role, role_grant.c.site_id).where(role_grant.c.user_id.in_(people))
    for row in uow.reading.execute(grants.order_by(role_grant.c.role, role_grant.c.site_id)):
        found.setdefault(row.user_id, []).append((row.role, row.site_id))
    return {person: tuple(grants) for person, grants in found.items()}


def _entry(kind: str, shape: _Shape, row: Any, roles: tuple[tuple[str, int | None], ...]) -> Entry:
    values = row._mapping
    return Entry(
        row.id, row.entry_label, row.version,
        {column.name: values[column.name] for column in shape.table.c if column.name not in _SECRET},
        {name: values[f"name_of_{name}"] for name in shape.names},
        row.ended_at if kind == "tenancy" else row.deactivated_at, values.get("of_site"), roles)
