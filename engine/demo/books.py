"""The example company's books: months of management fees, who paid and who didn't, deposits. Made by the services, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select

from engine.clock import MovableClock
from engine.company import cash_days, ledger
from engine.company.accounts import Account, account
from engine.company.collections import active_units
from engine.company.ledger import Source
from engine.model import Actor, RoleGrant
from engine.persistence.tables import role_grant, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import Item, Runtime

#: months of fees before the present one
_MONTHS = 4
_MONTHLY = "management_fee"


def keep(runtime: Runtime, until: datetime) -> None:
    """Post what happened in the months before `until`: a fee a month and unit, and most of it paid. Each month is a transaction."""
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    present = until.astimezone(zone).date().replace(day=1)
    for back in range(_MONTHS, -1, -1):
        first = _months_before(present, back)
        charged_at = datetime.combine(first, time(9), zone)
        if charged_at >= until:
            continue
        with UnitOfWork(runtime.database) as uow:
            cashier = _cashier(uow)
            units = active_units(uow, charged_at)
            past = replace(runtime, clock=MovableClock(charged_at))
            for item in units:
                _charge(past, uow, cashier, item, first)
            paid_at = min(datetime.combine(first, time(15), zone) + timedelta(days=9), until)
            past = replace(runtime, clock=MovableClock(paid_at))
            for number, item in enumerate(units):
                _pay(past, uow, cashier, item, number, back)
            if back and units:
                site_id = next(item.site_id for item in units if item.site_id is not None)
                taken = cash_days.summary(past, uow, cashier, site_id)
                cash_days.close_day(past, uow, cashier, site_id, taken.cash)
            uow.commit()


def _charge(runtime: Runtime, uow: UnitOfWork, cashier: Actor, item: Item, first: date) -> None:
    fee = Decimal(item.data["monthly_fee"] or "0.00")
    if fee:
        of = _account(uow, item)
        source = Source(note=f"{first:%Y-%m}")
        ledger.charge(runtime, uow, cashier, of, _MONTHLY, fee, due_on=first.replace(day=15), source=source)


def _pay(runtime: Runtime, uow: UnitOfWork, cashier: Actor, item: Item, number: int, back: int) -> None:
    """Every ninth has not paid for months, every seventh pays in part, the present month is open for every third."""
    fee = Decimal(item.data["monthly_fee"] or "0.00")
    if not fee or (number % 9 == 4 and back < 3) or (not back and number % 3 == 0):
        return
    method = ("transfer", "cash", "mobile")[number % 3]
    share = fee if number % 7 != 2 or back > 1 else (fee / 2).quantize(Decimal("1")) + Decimal("0.00")
    ledger.pay(runtime, uow, cashier, _account(uow, item), share, method=method, source=Source())
    if back == _MONTHS and number % 11 == 5:
        deposit = Decimal("5000.00")
        ledger.take_deposit(runtime, uow, cashier, _account(uow, item), "renovation_deposit", deposit, method="transfer", source=Source())


def _account(uow: UnitOfWork, item: Item) -> Account:
    return account(uow, AccountKey(item.id, item.data["tenant"]["id"]))


def _cashier(uow: UnitOfWork) -> Actor:
    query = select(user.c.id, user.c.display_name).join(role_grant, role_grant.c.user_id == user.c.id).where(role_grant.c.role == "cashier")
    row = uow.reading.execute(query.order_by(user.c.id).limit(1)).one()
    return Actor(row.id, row.display_name, frozenset({RoleGrant("cashier")}))


def _months_before(first: date, count: int) -> date:
    number = first.year * 12 + first.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)
