"""What pickers offer and directory pages list: people, units and tenants, found by any part of code, name or phone.

Searching folds width, case, punctuation and traditional or simplified characters (`engine.folding`). Lists are paged by code or name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.sql.expression import tuple_

from engine.folding import fold
from engine.model import Actor
from engine.persistence.tables import building, role_grant, site, tenancy, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import visible_sites


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of a picker."""

    id: int
    #: what is shown and kept in the data
    label: str
    #: what tells two alike apart: a unit's building and tenant, a tenant's units and phone, a person's roles
    detail: str
    code: str
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site, for selects."""

    id: int
    code: str
    name: str
    time_zone: str


def sites(uow: UnitOfWork, actor: Actor) -> tuple[SiteRow, ...]:
    """The active sites where the person holds a role, by code."""
    statement = select(site.c.id, site.c.code, site.c.name, site.c.time_zone).where(site.c.deactivated_at.is_(None)).order_by(site.c.code)
    seen = visible_sites(actor)
    if seen is not None:
        statement = statement.where(site.c.id.in_(seen))
    return tuple(SiteRow(*row) for row in uow.reading.execute(statement))


def units(
    uow: UnitOfWork, actor: Actor, *, q: str = "", site_id: int | None = None, after: str | None = None, limit: int = 20,
) -> Page[Choice]:
    """Active units by code; `q` also finds them by the settled tenant."""
    settled = (select(tenancy.c.unit_id, func.min(tenant.c.name).label("name"), func.min(tenant.c.search).label("search"))
               .join(tenant, tenant.c.id == tenancy.c.tenant_id).where(tenancy.c.ended_at.is_(None)).group_by(tenancy.c.unit_id).subquery())
    statement = (select(unit.c.id, unit.c.code, building.c.name.label("building"), settled.c.name.label("tenant"), unit.c.site_id)
                 .join(building, building.c.id == unit.c.building_id).outerjoin(settled, settled.c.unit_id == unit.c.id)
                 .where(unit.c.deactivated_at.is_(None), *_at(actor, unit.c.site_id, site_id)))
    if q.strip():
        statement = statement.where(or_(_contains(unit.c.search, q), _contains(settled.c.search, q)))
    rows, cursor = _page(uow, statement, "unit", unit.c.code, unit.c.id, after, limit)
    return Page(tuple(Choice(row.id, row.code, " ".join(part for part in (row.building, row.tenant) if part), row.code, row.site_id)
                      for row in rows), cursor)


def tenants(
    uow: UnitOfWork, actor: Actor, *, q: str = "", unit_id: int | None = None, after: str | None = None, limit: int = 20,
) -> Page[Choice]:
    """Active tenants by name, of one unit where one is given; `q` finds code, name, contact, phone and unit."""
    lives = (tenancy.c.tenant_id == tenant.c.id) & tenancy.c.ended_at.is_(None)
    of_tenant = select(literal(1)).select_from(tenancy.join(unit, unit.c.id == tenancy.c.unit_id)).where(lives).correlate(tenant)
    statement = select(tenant.c.id, tenant.c.code, tenant.c.name, tenant.c.phone).where(tenant.c.deactivated_at.is_(None))
    if unit_id is not None:
        statement = statement.where(of_tenant.where(unit.c.id == unit_id).exists())
    seen = visible_sites(actor)
    if seen is not None:
        # one who lives nowhere yet belongs to no site and can be found by all: somebody has to move them in
        nowhere = ~select(literal(1)).select_from(tenancy).where(lives).correlate(tenant).exists()
        statement = statement.where(or_(of_tenant.where(unit.c.site_id.in_(seen)).exists(), nowhere))
    if q.strip():
        statement = statement.where(or_(_contains(tenant.c.search, q), of_tenant.where(_contains(unit.c.search, q)).exists()))
    rows, cursor = _page(uow, statement, "tenant", tenant.c.name, tenant.c.id, after, limit)
    homes = _units_of(uow, [row.id for row in rows])
    return Page(tuple(Choice(row.id, row.name, " ".join([*homes.get(row.id, ()), *([row.phone] if row.phone else [])]), row.code)
                      for row in rows), cursor)


def people(
    uow: UnitOfWork, *, q: str = "", role: str | None = None, site_id: int | None = None, after: str | None = None, limit: int = 20,
) -> Page[Choice]:
    """Active people by name; with `role` those who hold it (at the site, where one is given). The detail names the roles by id."""
    statement = select(user.c.id, user.c.username, user.c.display_name).where(user.c.deactivated_at.is_(None))
    if role is not None:
        held = and_(role_grant.c.user_id == user.c.id, role_grant.c.role == role)
        if site_id is not None:
            held = and_(held, or_(role_grant.c.site_id.is_(None), role_grant.c.site_id == site_id))
        statement = statement.where(select(role_grant.c.id).where(held).correlate(user).exists())
    if q.strip():
        statement = statement.where(_contains(user.c.search, q))
    rows, cursor = _page(uow, statement, "person", user.c.display_name, user.c.id, after, limit)
    roles: dict[int, list[str]] = {}
    for row in uow.reading.execute(select(role_grant.c.user_id, role_grant.c.role).distinct().where(
            role_grant.c.user_id.in_([row.id for row in rows])).order_by(role_grant.c.role)):
        roles.setdefault(row.user_id, []).append(row.role)
    return Page(tuple(Choice(row.id, row.display_name, " ".join(roles.get(row.id, ())), row.username) for row in rows), cursor)


def _contains(column: ColumnElement[Any], q: str) -> ColumnElement[bool]:
    # folding leaves letters and digits only, so nothing in it is a wildcard; a query of signs only finds nothing
    folded = fold(q)[:60]
    return column.like(f"%{folded}%") if folded else literal(False)


def _at(actor: Actor, column: ColumnElement[Any], site_id: int | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    seen = visible_sites(actor)
    if seen is not None:
        conditions.append(column.in_(seen))
    if site_id is not None:
        conditions.append(column == site_id)
    return conditions


def _page(
    uow: UnitOfWork, statement: Select[Any], sort: str, label: ColumnElement[Any], identity: ColumnElement[Any],
    after: str | None, limit: int,
) -> tuple[Sequence[Any], str | None]:
    limit = clamp(limit)
    if after:
        statement = statement.where(tuple_(label, identity) > tuple_(*decode(sort, after, (str, int))))
    rows = uow.reading.execute(statement.add_columns(label.label("sort_label")).order_by(label, identity).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, encode(sort, (rows[-1].sort_label, rows[-1].id)) if more else None


def _units_of(uow: UnitOfWork, tenant_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in uow.reading.execute(
            select(tenancy.c.tenant_id, unit.c.code).join(unit, unit.c.id == tenancy.c.unit_id)
            .where(tenancy.c.tenant_id.in_(tenant_ids), tenancy.c.ended_at.is_(None)).order_by(unit.c.code)):
        found.setdefault(row.tenant_id, []).append(row.code)
    return found
