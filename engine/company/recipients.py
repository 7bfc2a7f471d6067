"""Who the outside person of a work item is, so far as the directory knows: the tenant of the unit that the case is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from engine import instances, submissions
from engine.i18n import LOCALES
from engine.model import JsonObject
from engine.persistence.tables import tenancy, tenant
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody without an account; empty where nothing is known."""

    name: str = ""
    phone: str = ""
    locale: str = LOCALES[0]


def of_item(runtime: Runtime, uow: UnitOfWork, work_item_id: int) -> Recipient:
    """Whom a link to the item is probably for. Contractors are in no directory."""
    item = submissions.find_item(uow, work_item_id)
    if item.outside not in ("tenant", "owner"):
        return Recipient()
    data = instances.inspect(runtime, uow, item.instance_id).variables
    people = select(tenant.c.name, tenant.c.contact, tenant.c.phone, tenant.c.locale)
    for tenant_id in _ids(data, "tenant"):
        found = uow.reading.execute(people.where(tenant.c.id == tenant_id)).one_or_none()
        if found is not None:
            return Recipient(found.contact or found.name, found.phone or "", found.locale)
    of_unit = people.join(tenancy, tenancy.c.tenant_id == tenant.c.id).where(tenancy.c.ended_at.is_(None)).order_by(tenancy.c.id.desc())
    for unit_id in _ids(data, "unit"):
        found = uow.reading.execute(of_unit.where(tenancy.c.unit_id == unit_id).limit(1)).one_or_none()
        if found is not None:
            return Recipient(found.contact or found.name, found.phone or "", found.locale)
    return Recipient()


def _ids(data: JsonObject, name: str) -> Iterator[int]:
    """Ids of references called `name` in the forms of a case."""
    for values in data.values():
        value: Any = values.get(name) if isinstance(values, dict) else None
        if isinstance(value, dict) and isinstance(value.get("id"), int):
            yield value["id"]
