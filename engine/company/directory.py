"""Sites, buildings, units, tenants and who is settled where. Nothing is deleted: what is no longer used is deactivated.

Each change is recorded (`changes`) and names the version that it was made from: of two people at once the second is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Table, and_, insert, select, update

from engine import permissions
from engine.company import changes, entries, finding
from engine.company.changes import EntryChangedError
from engine.company.entries import KINDS, REFERENCES, Kind
from engine.errors import ConflictError, FieldError, FormInvalidError, InvalidError, NotFoundError
from engine.folding import searchable
from engine.model import Actor
from engine.persistence.tables import building, site, tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: what lies in a table as one row an entry; people and prices have services of their own
TABLES: Mapping[str, Table] = {"site": site, "building": building, "unit": unit, "tenant": tenant, "tenancy": tenancy}


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


# ---------------------------------------------------------------- any kind

def create(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, raw: Mapping[str, Any]) -> int:
    """Add an entry from what was sent; returns its id. FormInvalidError, CodeTakenError, NotFoundError for what it refers to."""
    kind, table = KINDS[kind_id], TABLES[kind_id]
    permissions.require(actor, kind.permission)
    raw = _referred(runtime, uow, kind, raw)
    values = _settled(uow, kind, entries.clean(kind, raw, _zone(runtime), is_new=True), {})
    _require_free(uow, kind, values, None)
    search = _search(kind, values)
    made = uow.writing.execute(insert(table).values(**values, **search)).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    if search:
        finding.index(uow, kind_id, identity, search["search"])
    kept = {field.name: values.get(field.name) for field in kind.fields}
    changes.record(uow, actor, kind_id, identity, "created", runtime.clock.now(), changes=changes.diff({}, kept))
    return identity


def change(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, identity: int, raw: Mapping[str, Any], version: int | None = None,
) -> None:
    """Change an entry from what was sent. EntryChangedError when it is no longer at `version`; None takes it as it is now."""
    kind, table = KINDS[kind_id], TABLES[kind_id]
    permissions.require(actor, kind.permission)
    values = entries.clean(kind, raw, _zone(runtime), is_new=False)
    row = uow.writing.execute(select(table).where(table.c.id == identity).with_for_update()).one_or_none()
    if row is None:
        raise NotFoundError(kind=kind.name, id=identity)
    if version is not None and row.version != version:
        raise EntryChangedError(kind=kind.name, id=identity)
    before = dict(row._mapping)
    after = _settled(uow, kind, values, before)
    found = changes.diff(before, after)
    if not found:
        return
    _require_free(uow, kind, {**before, **after}, identity)
    search = _search(kind, {**before, **after})
    uow.writing.execute(update(table).where(table.c.id == identity).values(**after, **search, version=row.version + 1))
    if search:
        finding.index(uow, kind_id, identity, search["search"])
    changes.record(uow, actor, kind_id, identity, "changed", runtime.clock.now(), changes=found)


def deactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, identity: int, reason: str | None = None) -> None:
    """Offer a site, building, unit or tenant no longer. StillSettledError while somebody lives there."""
    kind, table = KINDS[kind_id], TABLES[kind_id]
    permissions.require(actor, kind.permission)
    _must_exist(uow, kind, identity)
    places = {"site": unit.c.site_id, "building": unit.c.building_id, "unit": unit.c.id, "tenant": tenancy.c.tenant_id}
    settled = uow.writing.execute(select(tenancy.c.id).join(unit, unit.c.id == tenancy.c.unit_id).where(
        places[kind_id] == identity, tenancy.c.ended_at.is_(None)).limit(1)).first()
    if settled is not None:
        raise StillSettledError(id=uow.writing.execute(select(table.c.code).where(table.c.id == identity)).scalar())
    _switch(runtime, uow, actor, kind, identity, reason, is_active=False)


def reactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, identity: int, reason: str | None = None) -> None:
    """Offer it again."""
    kind = KINDS[kind_id]
    permissions.require(actor, kind.permission)
    _must_exist(uow, kind, identity)
    _switch(runtime, uow, actor, kind, identity, reason, is_active=True)


# ---------------------------------------------------------------- by name, for imports and examples

def create_site(runtime: Runtime, uow: UnitOfWork, actor: Actor, *, code: str, name: str, time_zone: str = "Asia/Shanghai") -> int:
    """Add a site; returns its id."""
    return create(runtime, uow, actor, "site", {"code": code, "name": name, "time_zone": time_zone})


def create_building(runtime: Runtime, uow: UnitOfWork, actor: Actor, *, site_id: int, code: str, name: str) -> int:
    """Add a building to a site; returns its id. The code is unique at the site."""
    return create(runtime, uow, actor, "building", {"site_id": site_id, "code": code, "name": name})


def create_unit(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, building_id: int, code: str, floor: int | None = None, area: Decimal | None = None,
) -> int:
    """Add a unit to a building; returns its id. The code is unique in the company; `area` in square metres."""
    return create(runtime, uow, actor, "unit", {"building_id": building_id, "code": code, "floor": floor, "area": area})


def create_tenant(runtime: Runtime, uow: UnitOfWork, actor: Actor, values: TenantValues) -> int:
    """Add a tenant; returns the id."""
    return create(runtime, uow, actor, "tenant", asdict(values))


def set_tenant(runtime: Runtime, uow: UnitOfWork, actor: Actor, tenant_id: int, values: TenantValues) -> None:
    """Change what is known of a tenant. Cases that named the tenant keep the label of their time."""
    change(runtime, uow, actor, "tenant", tenant_id, asdict(values))


def settle(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, tenant_id: int, unit_id: int, started_at: datetime, fee_rate: Decimal | None = None,
) -> int:
    """A tenant moves into a unit, from the date on the move-in notice; returns the tenancy's id. `fee_rate`: a square metre and month."""
    return create(runtime, uow, actor, "tenancy", {
        "tenant_id": tenant_id, "unit_id": unit_id, "started_at": started_at, "fee_rate": fee_rate})


def end_tenancy(runtime: Runtime, uow: UnitOfWork, actor: Actor, tenancy_id: int, ended_at: datetime) -> None:
    """A tenant has moved out. ConflictError when that was said before, InvalidError for a date before the start."""
    permissions.require(actor, KINDS["tenancy"].permission)
    row = uow.writing.execute(select(tenancy.c.ended_at).where(tenancy.c.id == tenancy_id)).first()
    if row is None:
        raise NotFoundError(kind="租期", id=tenancy_id)
    if row.ended_at is not None:
        raise ConflictError()
    change(runtime, uow, actor, "tenancy", tenancy_id, {"ended_at": ended_at})


# ---------------------------------------------------------------- inside

def _zone(runtime: Runtime) -> ZoneInfo:
    return ZoneInfo(runtime.organisation.calendar.zone)


def _referred(runtime: Runtime, uow: UnitOfWork, kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
    """A unit or tenant that was named by its code, by its id."""
    sent = dict(raw)
    for field in kind.fields:
        value = sent.get(field.name)
        code = value.strip() if isinstance(value, str) else ""
        if field.kind in ("unit", "tenant") and code and code.isprintable() and not code.isdigit():
            found = runtime.directory.resolve(uow.reading, field.kind, code)
            if found is None:
                raise FormInvalidError([FieldError(
                    field.name, "not_found", "「{label}」找不到「{value}」，請重新選擇。", {"label": field.label, "value": code[:60]})])
            sent[field.name] = found.id
    return sent


def _settled(uow: UnitOfWork, kind: Kind, values: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The columns to write: what is referred to exists, and what follows from it is filled in."""
    for field in kind.fields:
        if field.kind in REFERENCES and values.get(field.name) is not None:
            _must_exist(uow, KINDS[field.kind], values[field.name])
    if kind.id == "unit" and "building_id" in values:
        values["site_id"] = uow.reading.execute(select(building.c.site_id).where(building.c.id == values["building_id"])).scalar_one()
    if values.get("area") == 0:
        raise InvalidError(reason="面積應大於零。")
    if kind.id == "tenancy":
        whole = {**before, **values}
        if whole.get("ended_at") is not None and whole["ended_at"] < whole["started_at"]:
            raise InvalidError(reason="退租日期不能早於入駐日期。")
    return values


def _search(kind: Kind, values: Mapping[str, Any]) -> dict[str, str]:
    if kind.id == "unit":
        return {"search": searchable(values["code"])[:60]}
    if kind.id == "tenant":
        return {"search": searchable(values["code"], values["name"], values.get("contact"), values.get("phone"))[:1000]}
    return {}


def _require_free(uow: UnitOfWork, kind: Kind, values: Mapping[str, Any], identity: int | None) -> None:
    table = TABLES[kind.id]
    if "code" not in table.c:
        return
    taken: list[ColumnElement[bool]] = [table.c.code == values["code"]]
    if kind.id == "building":
        taken.append(table.c.site_id == values["site_id"])
    if identity is not None:
        taken.append(table.c.id != identity)
    if uow.writing.execute(select(table.c.id).where(and_(*taken))).first() is not None:
        raise CodeTakenError(kind=kind.name, id=values["code"])


def _must_exist(uow: UnitOfWork, kind: Kind, identity: int) -> None:
    table = TABLES[kind.id]
    if uow.reading.execute(select(table.c.id).where(table.c.id == identity)).first() is None:
        raise NotFoundError(kind=kind.name, id=identity)


def _switch(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, identity: int, reason: str | None, *, is_active: bool) -> None:
    table, now = TABLES[kind.id], runtime.clock.now()
    stands = table.c.deactivated_at.is_not(None) if is_active else table.c.deactivated_at.is_(None)
    moved = uow.writing.execute(update(table).where(table.c.id == identity, stands).values(
        deactivated_at=None if is_active else now, version=table.c.version + 1))
    if moved.rowcount:
        changes.record(uow, actor, kind.id, identity, "reactivated" if is_active else "deactivated", now, reason=reason)
