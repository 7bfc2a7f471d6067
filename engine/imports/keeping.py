"""Carries rows of master data out by the directory's own services: made where it isn't there, changed where it is, switched off or on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from engine.company import directory
from engine.company.directory import TABLES
from engine.errors import NotFoundError
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def keep(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind_id: str, mine: ColumnElement[bool], fields: Mapping[str, Any], *,
    is_active: bool = True,
) -> int:
    """Make the entry that `mine` picks, or change it; deactivate or reactivate it where it isn't so. Returns its id."""
    table = TABLES[kind_id]
    identity = uow.writing.execute(select(table.c.id).where(mine)).scalar()
    if identity is None:
        identity = directory.create(runtime, uow, actor, kind_id, fields)
    else:
        directory.change(runtime, uow, actor, kind_id, identity, fields)
    if "deactivated_at" in table.c:
        was_active = uow.writing.execute(select(table.c.deactivated_at).where(table.c.id == identity)).scalar() is None
        if was_active and not is_active:
            directory.deactivate(runtime, uow, actor, kind_id, identity)
        elif is_active and not was_active:
            directory.reactivate(runtime, uow, actor, kind_id, identity)
    return int(identity)


def id_of(uow: UnitOfWork, table: Table, condition: ColumnElement[bool]) -> int:
    """The id of what a row refers to; NotFoundError where it has gone, or was refused itself."""
    found = uow.writing.execute(select(table.c.id).where(condition)).scalar()
    if found is None:
        raise NotFoundError(kind="資料", id=table.name)
    return int(found)
