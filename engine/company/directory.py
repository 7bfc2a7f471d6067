"""Sites, buildings, units, tenants and who is settled where. Nothing is deleted: what is no longer used is deactivated.

Also the engine's `Directory` port: what form fields of the kinds `person`, `unit` and `tenant` may point to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import ColumnElement, Connection, Table, insert, select, update

from engine import permissions
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.folding import fold_all
from engine.i18n import LOCALES
from engine.model import Actor
from engine.persistence.tables import building, site, tenancy, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime

_MAX_INTEGER = 2**63 - 1
_KINDS: dict[str, Table] = {"園區": site, "樓宇": building, "單元": unit, "業戶": tenant}


class CodeTakenError(ConflictError):
    """Expected a free code."""

    code = "code_taken"
    sentence = "{kind}編號「{id}」已被使用。"


class StillSettledError(ConflictError):
    """Expected no tenant to be settled there any more."""

    code = "still_settled"
    sentence = "「{id}」仍有在住業戶，請先辦理退租。"


@dataclass(frozen=True, slots=True)
class TenantValues:
    """What is known of a tenant."""

    code: str
    name: str
    #: `company` or `person`
    kind: str = "company"
    contact: str | None = None
    phone: str | None = None
    #: language in which the tenant is written to
    locale: str = "zh-Hant"


# ---------------------------------------------------------------- places

def create_site(uow: UnitOfWork, actor: Actor, *, code: str, name: str, time_zone: str = "Asia/Shanghai") -> int:
    """Add a site; returns its id. CodeTakenError, InvalidError for an unknown time zone."""
    permissions.require(actor, "directory:write")
    if time_zone not in available_timezones():
        raise InvalidError(reason="時區名稱不正確。")
    return _insert(uow, site, "園區", site.c.code == code, {
        "code": _text(code, 20), "name": _text(name, 100), "time_zone": time_zone})


def create_building(uow: UnitOfWork, actor: Actor, *, site_id: int, code: str, name: str) -> int:
    """Add a building to a site; returns its id. The code is unique at the site."""
    permissions.require(actor, "directory:write")
    _must_exist(uow, "園區", site_id)
    taken = (building.c.site_id == site_id) & (building.c.code == code)
    return _insert(uow, building, "樓宇", taken, {"site_id": site_id, "code": _text(code, 20), "name": _text(name, 100)})


def create_unit(
    uow: UnitOfWork, actor: Actor, *, building_id: int, code: str, floor: int | None = None, area: Decimal | None = None,
) -> int:
    """Add a unit to a building; returns its id. The code is unique in the company; `area` in square metres."""
    permissions.require(actor, "directory:write")
    site_id = uow.reading.execute(select(building.c.site_id).where(building.c.id == building_id)).scalar()
    if site_id is None:
        raise NotFoundError(kind="樓宇", id=building_id)
    if area is not None and not 0 < area < 10**8:
        raise InvalidError(reason="面積應大於零。")
    return _insert(uow, unit, "單元", unit.c.code == code, {
        "site_id": site_id, "building_id": building_id, "code": _text(code, 30), "floor": floor, "area": area, "search": fold_all(code)})


# ---------------------------------------------------------------- tenants

def create_tenant(uow: UnitOfWork, actor: Actor, values: TenantValues) -> int:
    """Add a tenant; returns the id."""
    permissions.require(actor, "directory:write")
    return _insert(uow, tenant, "業戶", tenant.c.code == values.code, _tenant_columns(values))


def set_tenant(uow: UnitOfWork, actor: Actor, tenant_id: int, values: TenantValues) -> None:
    """Change what is known of a tenant. Cases that named the tenant keep the label of their time."""
    permissions.require(actor, "directory:write")
    _must_exist(uow, "業戶", tenant_id)
    other = uow.writing.execute(select(tenant.c.id).where(tenant.c.code == values.code, tenant.c.id != tenant_id)).first()
    if other is not None:
        raise CodeTakenError(kind="業戶", id=values.code)
    uow.writing.execute(update(tenant).where(tenant.c.id == tenant_id).values(**_tenant_columns(values)))


def settle(
    uow: UnitOfWork, actor: Actor, *, tenant_id: int, unit_id: int, started_at: datetime, fee_rate: Decimal | None = None,
) -> int:
    """A tenant moves into a unit, from the date on the move-in notice; returns the tenancy's id. `fee_rate`: a square metre and month."""
    permissions.require(actor, "directory:write")
    _must_exist(uow, "業戶", tenant_id)
    _must_exist(uow, "單元", unit_id)
    values = {"tenant_id": tenant_id, "unit_id": unit_id, "started_at": started_at, "fee_rate": fee_rate}
    made = uow.writing.execute(insert(tenancy).values(**values)).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    return identity


def end_tenancy(uow: UnitOfWork, actor: Actor, tenancy_id: int, ended_at: datetime) -> None:
    """A tenant has moved out. ConflictError when that was said before, InvalidError for a date before the start."""
    permissions.require(actor, "directory:write")
    row = uow.writing.execute(select(tenancy.c.started_at, tenancy.c.ended_at).where(tenancy.c.id == tenancy_id)).first()
    if row is None:
        raise NotFoundError(kind="租期", id=tenancy_id)
    if row.ended_at is not None:
        raise ConflictError()
    if ended_at < row.started_at:
        raise InvalidError(reason="退租日期不能早於入駐日期。")
    uow.writing.execute(update(tenancy).where(tenancy.c.id == tenancy_id).values(ended_at=ended_at))


def deactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: str, identity: int) -> None:
    """Offer a site, building, unit or tenant no longer (`園區`, `樓宇`, `單元`, `業戶`). StillSettledError while somebody lives there."""
    permissions.require(actor, "directory:write")
    table = _KINDS[kind]
    _must_exist(uow, kind, identity)
    places = {"園區": unit.c.site_id, "樓宇": unit.c.building_id, "單元": unit.c.id, "業戶": tenancy.c.tenant_id}
    settled = uow.writing.execute(select(tenancy.c.id).join(unit, unit.c.id == tenancy.c.unit_id).where(
        places[kind] == identity, tenancy.c.ended_at.is_(None)).limit(1)).first()
    if settled is not None:
        raise StillSettledError(id=uow.writing.execute(select(table.c.code).where(table.c.id == identity)).scalar())
    uow.writing.execute(update(table).where(table.c.id == identity, table.c.deactivated_at.is_(None)).values(
        deactivated_at=runtime.clock.now()))


# ---------------------------------------------------------------- the engine's port

class CompanyDirectory:
    """Resolves form fields from these tables."""

    def resolve(self, connection: Connection, kind: str, value: Any) -> Reference | None:
        """By id, by code (a person's is the sign-in name) or by an object with an `id`; None when there is none, or it was deactivated."""
        if isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        if kind == "unit":
            return self._unit(connection, value)
        if kind == "tenant":
            return self._tenant(connection, value)
        if kind == "person":
            return self._person(connection, value)
        return None

    def _unit(self, connection: Connection, value: int | str) -> Reference | None:
        row = connection.execute(select(unit.c.id, unit.c.code, unit.c.site_id).where(
            _is(unit, "code", value), unit.c.deactivated_at.is_(None))).first()
        return Reference(row.id, row.code, row.site_id) if row else None

    def _tenant(self, connection: Connection, value: int | str) -> Reference | None:
        # a tenant of several units belongs to the site moved into last
        row = connection.execute(
            select(tenant.c.id, tenant.c.name, unit.c.site_id)
            .outerjoin(tenancy, (tenancy.c.tenant_id == tenant.c.id) & tenancy.c.ended_at.is_(None))
            .outerjoin(unit, unit.c.id == tenancy.c.unit_id)
            .where(_is(tenant, "code", value), tenant.c.deactivated_at.is_(None)).order_by(tenancy.c.id.desc()).limit(1)).first()
        return Reference(row.id, row.name, row.site_id) if row else None

    def _person(self, connection: Connection, value: int | str) -> Reference | None:
        row = connection.execute(select(user.c.id, user.c.display_name).where(
            _is(user, "username", value), user.c.deactivated_at.is_(None))).first()
        return Reference(row.id, row.display_name) if row else None


# ---------------------------------------------------------------- inside

def _is(table: Table, code: str, value: int | str) -> ColumnElement[bool]:
    # a page's select sends the id as digits; a code made of digits only would be ambiguous, so the id goes first there
    if isinstance(value, int) or (value.isascii() and value.isdigit()):
        number = int(value) if len(str(value)) < 20 else 0
        return table.c.id == (number if 0 < number <= _MAX_INTEGER else 0)
    return table.c[code] == value


def _text(value: str, longest: int) -> str:
    value = value.strip()
    if not value or len(value) > longest:
        raise InvalidError(reason="編號和名稱必須填寫，且不能過長。")
    return value


def _tenant_columns(values: TenantValues) -> dict[str, Any]:
    if values.kind not in ("company", "person") or values.locale not in LOCALES:
        raise InvalidError(reason="業戶類別或語言不正確。")
    return {"code": _text(values.code, 30), "name": _text(values.name, 200), "kind": values.kind, "contact": values.contact,
            "phone": values.phone, "locale": values.locale, "search": fold_all(values.code, values.name, values.contact, values.phone)}


def _must_exist(uow: UnitOfWork, kind: str, identity: int) -> None:
    table = _KINDS[kind]
    if uow.reading.execute(select(table.c.id).where(table.c.id == identity)).first() is None:
        raise NotFoundError(kind=kind, id=identity)


def _insert(uow: UnitOfWork, table: Table, kind: str, taken: ColumnElement[bool], values: dict[str, Any]) -> int:
    if uow.writing.execute(select(table.c.id).where(taken)).first() is not None:
        raise CodeTakenError(kind=kind, id=values["code"])
    made = uow.writing.execute(insert(table).values(**values)).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    return identity
