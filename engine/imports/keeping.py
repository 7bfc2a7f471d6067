"""Carries rows of master data out by the directory's own services: made where it isn't there, changed where it is, switched off or on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, select, update

from engine.company import directory
from engine.errors import NotFoundError
from engine.folding import fold_all
from engine.model import Actor
from engine.persistence.tables import building, site, tenancy, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_TABLES: Mapping[str, Table] = {"site": site, "building": building, "unit": unit, "tenant": tenant, "tenancy": tenancy}
_NAMES = {"site": "園區", "building": "樓宇", "unit": "單元", "tenant": "業戶"}


def keep(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, mine: ColumnElement[bool], fields: Mapping[str, Any], *,
    is_active: bool = True,
) -> int:
    """Make the entry that `mine` picks, or change it; deactivate or reactivate it where it isn't so. Returns its id."""
    table = _TABLES[kind_id]
    identity = uow.writing.execute(select(table.c.id).where(mine)).scalar()
    if identity is None:
        identity = _create(uow, actor, kind_id, dict(fields))
    else:
        search = {"search": fold_all(*(fields.get(name) for name in ("code", "name", "contact", "phone")))} if "search" in table.c else {}
        uow.writing.execute(update(table).where(table.c.id == identity).values(**fields, **search))
    if kind_id in _NAMES:
        was_active = uow.writing.execute(select(table.c.deactivated_at).where(table.c.id == identity)).scalar() is None
        if was_active and not is_active:
            directory.deactivate(runtime, uow, actor, _NAMES[kind_id], identity)
        elif is_active and not was_active:
            uow.writing.execute(update(table).where(table.c.id == identity).values(deactivated_at=None))
    return int(identity)


def id_of(uow: UnitOfWork, table: Table, condition: ColumnElement[bool]) -> int:
    """The id of what a row refers to; NotFoundError where it has gone, or was refused itself."""
    found = uow.writing.execute(select(table.c.id).where(condition)).scalar()
    if found is None:
        raise NotFoundError(kind="資料", id=table.name)
    return int(found)


def _create(uow: UnitOfWork, actor: Actor, kind_id: str, fields: dict[str, Any]) -> int:
    if kind_id == "site":
        return directory.create_site(uow, actor, **fields)
    if kind_id == "building":
        return directory.create_building(uow, actor, **fields)
    if kind_id == "unit":
        return directory.create_unit(uow, actor, **fields)
    if kind_id == "tenant":
        return directory.create_tenant(uow, actor, directory.TenantValues(**fields))
    ended_at = fields.pop("ended_at")
    identity = directory.settle(uow, actor, **fields)
    if ended_at is not None:
        directory.end_tenancy(uow, actor, identity, ended_at)
    return identity
