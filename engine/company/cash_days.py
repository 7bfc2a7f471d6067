"""The cashier's day-end close: what was taken and given back since the last one, against the cash counted. A closed day stays closed."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, insert, select

from engine import permissions
from engine.company.accounts import booking_day, today
from engine.company.amounts import ZERO
from engine.errors import ConflictError, InvalidError
from engine.model import Actor
from engine.persistence.tables import cash_day, receipt
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


class DayClosedError(ConflictError):
    """Expected a day that is not closed yet."""

    code = "day_closed"
    sentence = "{day} 已經結賬，之後的收付會記入下一日。"


class DifferenceUnexplainedError(InvalidError):
    """Expected a word on why the cash differs."""

    code = "difference_unexplained"
    sentence = "點算現金與應有現金相差 {difference} 元，請說明原因。"


@dataclass(frozen=True, slots=True)
class DaySummary:
    """What one cashier took and gave back."""

    day: date
    #: by way of paying: what came in less what was made void and given back
    by_method: dict[str, Decimal]
    receipts: int
    vouchers: int
    voids: int

    @property
    def cash(self) -> Decimal:
        """Cash that the drawer should hold of it."""
        return self.by_method.get("cash", ZERO)


def summary(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int) -> DaySummary:
    """What the person has taken and given back since the last close."""
    permissions.require(actor, "ledger:close", site_id)
    mine = (cash_day.c.site_id == site_id, cash_day.c.cashier_id == actor.user_id)
    closed: date | None = uow.reading.execute(select(func.max(cash_day.c.day)).where(*mine)).scalar()
    here = receipt.c.site_id == site_id
    since = () if closed is None else (receipt.c.booked_on > closed,)
    void_since = () if closed is None else (receipt.c.voided_on > closed,)
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    counts = {"receipt": 0, "voucher": 0}
    for row in uow.reading.execute(_sums(here, receipt.c.issued_by == actor.user_id, *since)):
        amounts[row.method] += _signed(row)
        counts[row.kind] += row.number
    voids = 0
    for row in uow.reading.execute(_sums(here, receipt.c.voided_by == actor.user_id, *void_since)):
        amounts[row.method] -= _signed(row)
        voids += row.number
    return DaySummary(today(runtime, uow, site_id), dict(amounts), counts["receipt"], counts["voucher"], voids)


def close_day(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int, counted: Decimal, note: str = "") -> int:
    """Close the person's day at a site; what follows counts for the next. DayClosedError, DifferenceUnexplainedError without a note."""
    permissions.require(actor, "ledger:close", site_id)
    day = booking_day(runtime, uow, actor, site_id)
    if day != today(runtime, uow, site_id):
        raise DayClosedError(day=today(runtime, uow, site_id))
    found = summary(runtime, uow, actor, site_id)
    if counted != found.cash and not note.strip():
        raise DifferenceUnexplainedError(difference=counted - found.cash)
    body = {
        "by_method": {method: str(amount) for method, amount in sorted(found.by_method.items())},
        "receipts": found.receipts, "vouchers": found.vouchers, "voids": found.voids,
    }
    values = {
        "site_id": site_id, "cashier_id": actor.user_id, "day": day, "closed_at": runtime.clock.now(), "counted": counted,
        "expected": found.cash, "summary": json.dumps(body), "note": note.strip()[:200],
    }
    identity: int = uow.writing.execute(insert(cash_day).values(**values).returning(cash_day.c.id)).scalar_one()
    return identity


def _sums(*where: Any) -> Any:
    columns = (receipt.c.kind, receipt.c.method, func.sum(receipt.c.total).label("total"), func.count().label("number"))
    return select(*columns).where(*where).group_by(receipt.c.kind, receipt.c.method)


def _signed(row: Any) -> Decimal:
    total: Decimal = row.total
    return total if row.kind == "receipt" else -total
