"""Whose account it is: from a unit as forms, diagrams and pages name it to the unit with the tenant who owes for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from engine.errors import InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import cash_day, site, tenancy, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime


class AccountMissingError(InvalidError):
    """Expected a unit whose account is meant."""

    code = "account_missing"
    sentence = "找不到「{account}」的賬戶：請指定單元。"


@dataclass(frozen=True, slots=True)
class Account:
    """A unit with the tenant who owes for it."""

    key: AccountKey
    site_id: int
    unit: str
    #: the tenant's name; empty for the owner's account
    payer: str


def account_of(runtime: Runtime, uow: UnitOfWork, reference: Any, *, tenant_id: int | None = None) -> Account:
    """The account of a unit (a reference, its id or code). Without a tenant it is that of who lives there, or lived there last."""
    found = runtime.directory.resolve(uow.reading, "unit", reference)
    if found is None or not found.id:
        raise AccountMissingError(account=_label(reference))
    if tenant_id is None:
        tenant_id = uow.reading.execute(
            select(tenancy.c.tenant_id)
            .where(tenancy.c.unit_id == found.id)
            # who lives there goes before who moved out, of those the last
            .order_by(tenancy.c.ended_at.is_not(None), tenancy.c.started_at.desc(), tenancy.c.id.desc())
            .limit(1)
        ).scalar()
    return account(uow, AccountKey(found.id, tenant_id))


def account(uow: UnitOfWork, key: AccountKey) -> Account:
    """An account by its key; NotFoundError where there is no such unit or tenant."""
    place = uow.reading.execute(select(unit.c.site_id, unit.c.code).where(unit.c.id == key.unit_id)).one_or_none()
    if place is None:
        raise NotFoundError(kind="單元", id=key.unit_id)
    payer = ""
    if key.tenant_id is not None:
        payer = uow.reading.execute(select(tenant.c.name).where(tenant.c.id == key.tenant_id)).scalar() or ""
        if not payer:
            raise NotFoundError(kind="業戶", id=key.tenant_id)
    return Account(key, place.site_id, place.code, payer)


def lock(uow: UnitOfWork, of: Account) -> None:
    """Let nobody else post to the account until the transaction ends."""
    uow.writing.execute(select(unit.c.id).where(unit.c.id == of.key.unit_id).with_for_update(key_share=True))


def today(runtime: Runtime, uow: UnitOfWork, site_id: int) -> date:
    """The day that it is at a site."""
    zone = uow.reading.execute(select(site.c.time_zone).where(site.c.id == site_id)).scalar() or "Asia/Shanghai"
    return runtime.clock.now().astimezone(ZoneInfo(zone)).date()


def booking_day(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int) -> date:
    """The day that a person's postings count for: today, or tomorrow where the person has closed today. Locks the person's drawer."""
    now = today(runtime, uow, site_id)
    if actor.user_id is None:
        return now
    uow.writing.execute(select(user.c.id).where(user.c.id == actor.user_id).with_for_update(key_share=True))
    mine = (cash_day.c.site_id == site_id, cash_day.c.cashier_id == actor.user_id)
    closed: date | None = uow.writing.execute(select(func.max(cash_day.c.day)).where(*mine)).scalar()
    return now if closed is None or closed < now else date.fromordinal(closed.toordinal() + 1)


def _label(reference: Any) -> str:
    text = reference.get("label") if isinstance(reference, dict) else reference
    return str(text if text is not None else "—")[:60]
