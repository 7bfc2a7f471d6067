"""The price list (特約服務項目及收費標準). A price never changes: a new one takes effect and the old one stays readable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, insert, select, update

from engine import permissions
from engine.company import changes
from engine.errors import InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import price_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class PriceItem:
    """One line of the price list as it is in force at a moment; amounts in the company's currency."""

    id: int
    code: str
    name: str
    #: what is counted: 次, 米, 個 …
    unit_name: str
    labour: Decimal
    material: Decimal
    effective_from: datetime


def add(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, *, code: str, name: str, unit_name: str, labour: Decimal, material: Decimal,
    effective_from: datetime,
) -> int:
    """Add a line, or a new price of a known code from a date on; returns the row's id."""
    permissions.require(actor, "price:write")
    if min(labour, material) < 0 or not code.strip() or not name.strip() or not unit_name.strip():
        raise InvalidError(reason="收費項目需要編號、名稱和單位，金額不能為負數。")
    known = uow.writing.execute(select(price_item.c.id).where(
        price_item.c.code == code, price_item.c.effective_from == effective_from)).first()
    if known is not None:
        raise InvalidError(reason="這個收費項目在該日期已有價格。")
    made = uow.writing.execute(insert(price_item).values(
        code=code.strip(), name=name.strip(), unit_name=unit_name.strip(), labour=labour, material=material,
        effective_from=effective_from)).inserted_primary_key
    assert made is not None
    identity: int = made[0]
    before = uow.reading.execute(select(price_item).where(
        price_item.c.code == code.strip(), price_item.c.effective_from < effective_from,
    ).order_by(price_item.c.effective_from.desc()).limit(1)).one_or_none()
    now_known = {"name": name.strip(), "unit_name": unit_name.strip(), "labour": labour, "material": material}
    changes.record(
        uow, actor, "price", code.strip(), "created" if before is None else "changed", runtime.clock.now(),
        changes=changes.diff(dict(before._mapping) if before else {}, now_known), effective_from=effective_from)
    return identity


def deactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, code: str, reason: str | None = None) -> None:
    """Offer a code no longer, from now on. NotFoundError for an unknown code."""
    permissions.require(actor, "price:write")
    changed = uow.writing.execute(update(price_item).where(price_item.c.code == code, price_item.c.deactivated_at.is_(None)).values(
        deactivated_at=runtime.clock.now()))
    if changed.rowcount == 0:
        raise NotFoundError(kind="收費項目", id=code)
    changes.record(uow, actor, "price", code, "deactivated", runtime.clock.now(), reason=reason)


def reactivate(runtime: Runtime, uow: UnitOfWork, actor: Actor, code: str, reason: str | None = None) -> None:
    """Offer a code again, at the prices it had. NotFoundError for one that is unknown or on offer."""
    permissions.require(actor, "price:write")
    changed = uow.writing.execute(update(price_item).where(price_item.c.code == code, price_item.c.deactivated_at.is_not(None)).values(
        deactivated_at=None))
    if changed.rowcount == 0:
        raise NotFoundError(kind="收費項目", id=code)
    changes.record(uow, actor, "price", code, "reactivated", runtime.clock.now(), reason=reason)


def in_force(uow: UnitOfWork, at: datetime) -> tuple[PriceItem, ...]:
    """The whole list as it is or was at a moment, by code."""
    newest = (select(price_item.c.code, func.max(price_item.c.effective_from).label("since")).where(price_item.c.effective_from <= at)
              .group_by(price_item.c.code).subquery())
    rows = uow.reading.execute(
        select(price_item).join(newest, (newest.c.code == price_item.c.code) & (newest.c.since == price_item.c.effective_from))
        .where(price_item.c.deactivated_at.is_(None) | (price_item.c.deactivated_at > at)).order_by(price_item.c.code))
    return tuple(PriceItem(row.id, row.code, row.name, row.unit_name, row.labour, row.material, row.effective_from) for row in rows)


def find(uow: UnitOfWork, code: str, at: datetime) -> PriceItem:
    """One code's price at a moment; NotFoundError when it has none then."""
    for item in in_force(uow, at):
        if item.code == code:
            return item
    raise NotFoundError(kind="收費項目", id=code)
