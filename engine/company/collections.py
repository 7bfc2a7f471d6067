"""The lists over which periodic work goes: every let unit, every settled tenant, as they are when the time has come. By id, in pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import exists, func, or_, select

from engine.persistence.tables import building, site, tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Collection, Item

_CENT = Decimal("0.01")


def active_units(uow: UnitOfWork, at: datetime, after: int = 0, limit: int | None = None) -> list[Item]:
    """Every unit that was let at the time (收費 4.1.1: from the date on the move-in notice), with area, rate, monthly fee and tenant:
    those with an id greater than `after`, at most `limit`.
    """
    lives = (tenancy.c.unit_id == unit.c.id) & (tenancy.c.started_at <= at) & or_(tenancy.c.ended_at.is_(None), tenancy.c.ended_at > at)
    # a unit with two tenancies has two rows below, but is one of the page
    page = (
        select(unit.c.id).where(unit.c.deactivated_at.is_(None), unit.c.id > after, exists().where(lives)).order_by(unit.c.id).limit(limit)
    )
    query = (
        select(
            unit.c.id, unit.c.code, unit.c.area, unit.c.site_id, building.c.name.label("building"), site.c.name.label("site"),
            tenancy.c.fee_rate, tenancy.c.started_at, tenant.c.id.label("tenant_id"), tenant.c.code.label("tenant_code"), tenant.c.name,
            tenant.c.phone,
        )
        .join(building, building.c.id == unit.c.building_id)
        .join(site, site.c.id == unit.c.site_id)
        .join(tenancy, lives)
        .join(tenant, tenant.c.id == tenancy.c.tenant_id)
        .where(unit.c.id.in_(page))
        .order_by(unit.c.id, tenancy.c.started_at.desc(), tenancy.c.id.desc())
    )
    found: dict[int, Item] = {}
    for row in uow.reading.execute(query):
        # of several tenancies the newest pays
        found.setdefault(row.id, Item(row.id, _unit(row), row.site_id, frozenset({("unit", row.id), ("tenant", row.tenant_id)})))
    return list(found.values())


def settled_tenants(uow: UnitOfWork, at: datetime, after: int = 0, limit: int | None = None) -> list[Item]:
    """Every tenant who was settled at the time, once, with the first of the tenant's units: those with an id greater than `after`, at
    most `limit`.
    """
    lives = (tenancy.c.started_at <= at) & or_(tenancy.c.ended_at.is_(None), tenancy.c.ended_at > at)
    # grouped below: of a page's few, not of everybody who comes after them
    page = (
        select(tenant.c.id)
        .where(tenant.c.deactivated_at.is_(None), tenant.c.id > after, exists().where(tenancy.c.tenant_id == tenant.c.id, lives))
        .order_by(tenant.c.id).limit(limit)
    )  # fmt: skip
    query = (
        select(
            tenant.c.id, tenant.c.code, tenant.c.name, tenant.c.contact, tenant.c.phone, tenant.c.locale,
            func.min(unit.c.site_id).label("site_id"), func.min(unit.c.id).label("unit_id"), func.min(unit.c.code).label("unit_code"),
        )
        .join(tenancy, (tenancy.c.tenant_id == tenant.c.id) & lives)
        .join(unit, unit.c.id == tenancy.c.unit_id)
        .where(tenant.c.id.in_(page))
        .group_by(tenant.c.id, tenant.c.code, tenant.c.name, tenant.c.contact, tenant.c.phone, tenant.c.locale)
        .order_by(tenant.c.id)
    )
    return [
        Item(row.id, _tenant(row), row.site_id, frozenset({("tenant", row.id), ("unit", row.unit_id)}))
        for row in uow.reading.execute(query)
    ]


def _unit(row: Any) -> dict[str, Any]:
    rate, area = row.fee_rate, row.area
    fee = str((rate * area).quantize(_CENT)) if rate is not None and area is not None else ""
    return {
        "id": row.id, "label": row.code, "area": _text(area), "fee_rate": _text(rate), "monthly_fee": fee, "building": row.building,
        "site": row.site, "tenant": {"id": row.tenant_id, "label": row.name}, "tenant_code": row.tenant_code, "phone": row.phone or "",
        "fee_start": row.started_at.isoformat(),
    }


def _tenant(row: Any) -> dict[str, Any]:
    return {
        "id": row.id, "label": row.name, "code": row.code, "contact": row.contact or "", "phone": row.phone or "", "locale": row.locale,
        "unit": {"id": row.unit_id, "label": row.unit_code},
    }


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


#: by the name that diagrams give in `for_each`
COLLECTIONS: Mapping[str, Collection] = {"active_units": active_units, "settled_tenants": settled_tenants}
