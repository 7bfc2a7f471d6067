"""Tenancies as cases open and end them: once a case, in the transaction of its step, told in its history. A case decides who lives
where (入駐 4.2.4, 退租 5.1), not the rights of whoever completes the step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine import history, numbering
from engine.company import accounts, directory
from engine.company.accounts import Account
from engine.company.directory import TenantValues
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.history import NewEvent
from engine.model import SYSTEM, Actor
from engine.persistence.tables import history_event, site, tenancy, tenant
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: series of organisation.toml that numbers new tenants
SERIES = "tenant"
OPENED, ENDED = "tenancy.opened", "tenancy.ended"


class UnitLetError(ConflictError):
    """Expected nobody to be settled in the unit."""

    code = "unit_let"
    sentence = "單元「{unit}」自 {since} 起已有在住業戶「{tenant}」，請先為其辦結退租。"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A tenant who may not be in the directory yet."""

    name: str
    contact: str | None = None
    phone: str | None = None
    #: `company` or `person`
    kind: str = "company"


def open_tenancy(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, *, unit: Any, tenant_of: Any, newcomer: Newcomer | None,
    since: date, fee_rate: Decimal | None,
) -> None:
    """Settle a tenant in a unit from a day on. `tenant_of` is one of the directory; without one the newcomer is entered there.

    Nothing happens when this case has done so before, or the very tenancy is there. UnitLetError when somebody is settled in the unit;
    NotFoundError, InvalidError for what does not exist or is left out.
    """
    if _has_happened(uow, instance_id, OPENED):
        return
    place = _place(runtime, uow, unit)
    tenant_id = _tenant_id(runtime, uow, tenant_of)
    started_at = _midnight(uow, place, since)
    found = _open(uow, place.key.unit_id)
    if found is not None:
        if found.tenant_id == tenant_id and found.started_at == started_at:
            return
        local = found.started_at.astimezone(_zone(uow, place.site_id))
        raise UnitLetError(unit=place.unit, since=f"{local:%Y-%m-%d}", tenant=found.name)
    if tenant_id is None:
        if newcomer is None or not newcomer.name.strip():
            raise InvalidError(reason="請指定業戶，或填寫新業戶的名稱。")
        tenant_id = _enter(runtime, uow, newcomer)
    tenancy_id = directory.settle(
        runtime, uow, SYSTEM, tenant_id=tenant_id, unit_id=place.key.unit_id, started_at=started_at, fee_rate=fee_rate)
    detail = {"tenancy": tenancy_id, "unit": place.unit, "since": since.isoformat()}
    _tell(runtime, uow, actor, instance_id, OPENED, detail, tenant_id)


def end_tenancy(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, *, unit: Any, tenant_of: Any, ended_at: datetime,
) -> None:
    """The tenant has left the unit. Nothing happens when nobody is settled there, or, where a tenant is named, when it is another."""
    place = _place(runtime, uow, unit)
    tenant_id = _tenant_id(runtime, uow, tenant_of)
    found = _open(uow, place.key.unit_id)
    if found is None or (tenant_id is not None and found.tenant_id != tenant_id):
        return
    directory.end_tenancy(runtime, uow, SYSTEM, found.id, ended_at)
    detail = {"tenancy": found.id, "unit": place.unit, "ended_at": ended_at}
    _tell(runtime, uow, actor, instance_id, ENDED, detail, found.tenant_id)


def is_let(runtime: Runtime, uow: UnitOfWork, unit: Any) -> bool:
    """Whether somebody is settled in a unit now."""
    return _open(uow, accounts.account_of(runtime, uow, unit).key.unit_id) is not None


def _place(runtime: Runtime, uow: UnitOfWork, unit: Any) -> Account:
    found = accounts.account_of(runtime, uow, unit)
    # two cases that settle somebody in the same unit at once: the second sees the first
    accounts.lock(uow, found)
    return found


def _open(uow: UnitOfWork, unit_id: int) -> Any:
    query = (
        select(tenancy.c.id, tenancy.c.tenant_id, tenancy.c.started_at, tenant.c.name)
        .join(tenant, tenant.c.id == tenancy.c.tenant_id)
        .where(tenancy.c.unit_id == unit_id, tenancy.c.ended_at.is_(None))
        .order_by(tenancy.c.started_at.desc(), tenancy.c.id.desc())
        .limit(1)
    )
    return uow.writing.execute(query).one_or_none()


def _tenant_id(runtime: Runtime, uow: UnitOfWork, reference: Any) -> int | None:
    if reference is None:
        return None
    found = runtime.directory.resolve(uow.writing, "tenant", reference)
    if found is None:
        raise NotFoundError(kind="業戶", id=str(reference.get("label") if isinstance(reference, dict) else reference)[:40])
    return found.id


def _enter(runtime: Runtime, uow: UnitOfWork, newcomer: Newcomer) -> int:
    """Into the directory, under the next free code of the series; codes given by hand may lie in it."""
    while True:
        code = numbering.draw(uow, runtime.organisation, SERIES, runtime.clock.now())
        if uow.writing.execute(select(tenant.c.id).where(tenant.c.code == code)).first() is None:
            values = TenantValues(code, newcomer.name, newcomer.kind, newcomer.contact, newcomer.phone)
            return directory.create_tenant(runtime, uow, SYSTEM, values)


def _has_happened(uow: UnitOfWork, instance_id: int, event: str) -> bool:
    query = select(history_event.c.seq).where(history_event.c.instance_id == instance_id, history_event.c.type == event).limit(1)
    return uow.writing.execute(query).first() is not None


def _tell(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, event: str, detail: dict[str, Any], tenant_id: int,
) -> None:
    row = uow.writing.execute(select(tenant.c.code, tenant.c.name).where(tenant.c.id == tenant_id)).one()
    told = NewEvent(event, detail={**detail, "tenant": row.code}, values={"tenant_name": row.name})
    history.append(uow, actor, instance_id, [told], runtime.clock.now())


def _midnight(uow: UnitOfWork, place: Account, day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=_zone(uow, place.site_id))


def _zone(uow: UnitOfWork, site_id: int) -> ZoneInfo:
    return ZoneInfo(uow.reading.execute(select(site.c.time_zone).where(site.c.id == site_id)).scalar() or "Asia/Shanghai")
