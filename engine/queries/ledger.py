"""What is owed and held, read from the entries: balances, open charges with their age, accounts, receipts.

An account is a unit with the tenant who owes for it. What was paid counts against the oldest due of the same item first, so that the open
part of a charge follows from the entries alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import aliased

from engine.errors import NotFoundError
from engine.folding import fold
from engine.model import Actor
from engine.persistence.tables import bank_collection, bank_collection_line, cash_day, instance, ledger_entry, receipt, tenant, unit, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import may_see, visible_sites

ZERO = Decimal("0.00")
#: sides of the ledger
DUES, DEPOSIT = "dues", "deposit"


@dataclass(frozen=True, slots=True)
class AccountKey:
    """A unit with the tenant who owes for it; without a tenant the unit's owner does."""

    unit_id: int
    tenant_id: int | None


@dataclass(frozen=True, slots=True)
class OpenCharge:
    """What is left of a charge."""

    entry_id: int
    number: str
    item: str
    due_on: date
    amount: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class AccountCase:
    """A case that something of an account belongs to."""

    instance_id: int
    business_key: str | None
    title: str
    #: what was charged in it and is not paid in it
    left: Decimal


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One line of the list of accounts."""

    key: AccountKey
    unit: str
    tenant: str
    #: above zero: owed; below: paid ahead
    dues: Decimal
    deposits: Decimal
    #: day of the oldest due that is open; None where nothing is
    oldest_due: date | None = None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as people read it."""

    id: int
    number: str
    booked_on: date
    side: str
    kind: str
    item: str
    amount: Decimal
    due_on: date | None
    note: str
    instance_id: int | None
    receipt_id: int | None
    receipt_number: str | None
    #: number of the entry that took it back
    reversed_by: str | None
    reverses_id: int | None
    posted_by: str | None


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """A receipt or a voucher."""

    id: int
    number: str
    kind: str
    site_id: int
    unit_id: int | None
    unit: str
    tenant_id: int | None
    payer: str
    method: str
    total: Decimal
    in_words: str
    issued_at: datetime
    booked_on: date
    issued_by: str | None
    instance_id: int | None
    voided_at: datetime | None
    void_reason: str | None
    replaced_by: str | None


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A file for the bank."""

    id: int
    number: str
    due_until: date
    created_at: datetime
    read_at: datetime | None
    total: Decimal
    sent: int
    paid: int
    failed: int


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day that a cashier has closed."""

    day: date
    cashier: str
    expected: Decimal
    counted: Decimal
    note: str
    closed_at: datetime


def balance(
    uow: UnitOfWork, *, unit_id: int | None = None, tenant_id: int | None = None, item: str | None = None, side: str = DUES,
) -> Decimal:
    """What is owed (or, `side` deposit, held) for a unit, by a tenant, or by one for the other."""
    given = {"unit_id": unit_id, "tenant_id": tenant_id, "item": item}
    where = [ledger_entry.c[name] == value for name, value in given.items() if value is not None]
    found: Decimal | None = uow.reading.execute(select(func.sum(ledger_entry.c.amount)).where(ledger_entry.c.side == side, *where)).scalar()
    return found if found is not None else ZERO


def item_balances(uow: UnitOfWork, key: AccountKey, side: str = DUES) -> dict[str, Decimal]:
    """An account's balance by item; items that are even are left out."""
    query = select(ledger_entry.c.item, func.sum(ledger_entry.c.amount)).where(*_of(key), ledger_entry.c.side == side)
    return {item: amount for item, amount in uow.reading.execute(query.group_by(ledger_entry.c.item)) if amount}


def cases_of(uow: UnitOfWork, key: AccountKey, limit: int = 30) -> list[AccountCase]:
    """Cases that something of an account belongs to, the latest first."""
    latest, left = func.max(ledger_entry.c.id), func.sum(case((ledger_entry.c.side == DUES, ledger_entry.c.amount)))
    query = (
        select(instance.c.id, instance.c.business_key, instance.c.title, left)
        .join(ledger_entry, ledger_entry.c.instance_id == instance.c.id)
        .where(*_of(key)).group_by(instance.c.id, instance.c.business_key, instance.c.title).order_by(latest.desc()).limit(limit)
    )  # fmt: skip
    return [AccountCase(row[0], row[1], row[2], row[3] or ZERO) for row in uow.reading.execute(query)]


def open_charges(uow: UnitOfWork, key: AccountKey) -> list[OpenCharge]:
    """What is open of an account's charges, the oldest due first."""
    counter = aliased(ledger_entry)
    query = (
        select(ledger_entry)
        .outerjoin(counter, counter.c.reverses_id == ledger_entry.c.id)
        .where(*_of(key), ledger_entry.c.side == DUES, ledger_entry.c.reverses_id.is_(None), counter.c.id.is_(None))
    )
    return settle(uow.reading.execute(query).all())


def settle(entries: Iterable[Row[Any]]) -> list[OpenCharge]:
    """Count what reduces an item against its charges, the oldest due first. The caller leaves out what took each other back."""
    owed: dict[str, list[Row[Any]]] = defaultdict(list)
    credit: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for entry in entries:
        if entry.amount > 0:
            owed[entry.item].append(entry)
        else:
            credit[entry.item] -= entry.amount
    left = []
    for item, charges in owed.items():
        for entry in sorted(charges, key=lambda each: (each.due_on or each.booked_on, each.id)):
            covered = min(credit[item], entry.amount)
            credit[item] -= covered
            if covered < entry.amount:
                due_on = entry.due_on or entry.booked_on
                left.append(OpenCharge(entry.id, entry.number, item, due_on, entry.amount, entry.amount - covered))
    return sorted(left, key=lambda each: (each.due_on, each.entry_id))


def accounts(
    uow: UnitOfWork, actor: Actor, *, q: str = "", only_open: bool = False, after: str | None = None, limit: int = 50,
) -> Page[AccountRow]:
    """Accounts with their balances, by unit; `q` finds units and tenants, `only_open` those that owe something."""
    dues = func.coalesce(func.sum(case((ledger_entry.c.side == DUES, ledger_entry.c.amount), else_=None)), ZERO).label("dues")
    held = func.coalesce(func.sum(case((ledger_entry.c.side == DEPOSIT, ledger_entry.c.amount), else_=None)), ZERO).label("held")
    tenant_order = func.coalesce(ledger_entry.c.tenant_id, 0)
    query = (
        select(ledger_entry.c.unit_id, ledger_entry.c.tenant_id, unit.c.code, tenant.c.name, dues, held)
        .join(unit, unit.c.id == ledger_entry.c.unit_id)
        .outerjoin(tenant, tenant.c.id == ledger_entry.c.tenant_id)
        .group_by(ledger_entry.c.unit_id, ledger_entry.c.tenant_id, unit.c.code, tenant.c.name)
        .order_by(unit.c.code, tenant_order)
    )
    seen = visible_sites(actor)
    if seen is not None:
        query = query.where(ledger_entry.c.site_id.in_(seen))
    if fold(q):
        query = query.where(or_(unit.c.search.contains(fold(q), autoescape=True), tenant.c.search.contains(fold(q), autoescape=True)))
    if only_open:
        query = query.having(func.sum(case((ledger_entry.c.side == DUES, ledger_entry.c.amount), else_=None)) > ZERO)
    if after:
        code, tenant_id = decode("accounts", after, (str, int))
        query = query.where(or_(unit.c.code > code, (unit.c.code == code) & (tenant_order > tenant_id)))
    rows = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = rows[: clamp(limit)]
    cursor = encode("accounts", (shown[-1].code, shown[-1].tenant_id or 0)) if len(rows) > len(shown) else None
    oldest = _oldest_dues(uow, [AccountKey(row.unit_id, row.tenant_id) for row in shown if row.dues > 0])
    return Page(tuple(_account(row, oldest) for row in shown), cursor)


def entries(uow: UnitOfWork, key: AccountKey, *, after: str | None = None, limit: int = 50) -> Page[EntryRow]:
    """An account's entries, the newest first."""
    # what stands against an opening balance is the books' own, not the payer's
    query = _entries().where(*_of(key), ledger_entry.c.side.in_((DUES, DEPOSIT))).order_by(ledger_entry.c.id.desc())
    if after:
        (before,) = decode("entries", after, (int,))
        query = query.where(ledger_entry.c.id < before)
    rows = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = rows[: clamp(limit)]
    return Page(tuple(EntryRow(*row) for row in shown), encode("entries", (shown[-1].id,)) if len(rows) > len(shown) else None)


def last_entry_id(uow: UnitOfWork, key: AccountKey) -> int:
    """Id of an account's newest entry; 0 where there is none."""
    found: int | None = uow.reading.execute(select(func.max(ledger_entry.c.id)).where(*_of(key))).scalar()
    return found or 0


def entry_of(uow: UnitOfWork, actor: Actor, entry_id: int) -> tuple[EntryRow, AccountKey]:
    """One entry with its account; NotFoundError where there is none, or not for this person."""
    where = ledger_entry.c.id == entry_id
    found = uow.reading.execute(select(ledger_entry.c.site_id, ledger_entry.c.unit_id, ledger_entry.c.tenant_id).where(where)).one_or_none()
    if found is None or not may_see(actor, found.site_id):
        raise NotFoundError(kind="賬目", id=entry_id)
    return EntryRow(*uow.reading.execute(_entries().where(where)).one()), AccountKey(found.unit_id, found.tenant_id)


def collections(uow: UnitOfWork, actor: Actor, *, limit: int = 30) -> tuple[CollectionRow, ...]:
    """Files for the bank, the newest first, with what became of their lines."""
    line = bank_collection_line.c
    counts = [func.sum(case((line.state == state, 1), else_=0)).label(state) for state in ("sent", "paid", "failed")]
    file = bank_collection.c
    query = (
        select(file.id, file.number, file.due_until, file.created_at, file.read_at, func.sum(line.amount).label("total"), *counts)
        .join(bank_collection_line, line.collection_id == file.id)
        .group_by(file.id, file.number, file.due_until, file.created_at, file.read_at)
        .order_by(file.id.desc())
    )
    seen = visible_sites(actor)
    if seen is not None:
        query = query.where(file.site_id.in_(seen))
    return tuple(CollectionRow(*row) for row in uow.reading.execute(query.limit(limit)))


def closed_days(uow: UnitOfWork, actor: Actor, *, limit: int = 30) -> tuple[ClosedDay, ...]:
    """Days that cashiers have closed, the newest first."""
    query = (
        select(cash_day.c.day, user.c.display_name, cash_day.c.expected, cash_day.c.counted, cash_day.c.note, cash_day.c.closed_at)
        .join(user, user.c.id == cash_day.c.cashier_id)
        .order_by(cash_day.c.id.desc())
    )
    seen = visible_sites(actor)
    if seen is not None:
        query = query.where(cash_day.c.site_id.in_(seen))
    return tuple(ClosedDay(*row) for row in uow.reading.execute(query.limit(limit)))


def entries_of_receipt(uow: UnitOfWork, receipt_id: int) -> tuple[EntryRow, ...]:
    """What a receipt was written for, without what took it back."""
    query = _entries().where(ledger_entry.c.receipt_id == receipt_id, ledger_entry.c.reverses_id.is_(None)).order_by(ledger_entry.c.id)
    return tuple(EntryRow(*row) for row in uow.reading.execute(query))


def receipt_of(uow: UnitOfWork, actor: Actor, receipt_id: int) -> ReceiptRow:
    """One receipt; NotFoundError where there is none, or not for this person."""
    found = uow.reading.execute(_receipts().where(receipt.c.id == receipt_id)).one_or_none()
    if found is None or not may_see(actor, found.site_id):
        raise NotFoundError(kind="收據", id=receipt_id)
    return ReceiptRow(*found)


def receipts(uow: UnitOfWork, actor: Actor, *, unit_id: int | None = None, after: str | None = None, limit: int = 50) -> Page[ReceiptRow]:
    """Receipts and vouchers, the newest first; of one unit where one is given."""
    query = _receipts().order_by(receipt.c.id.desc())
    seen = visible_sites(actor)
    if seen is not None:
        query = query.where(receipt.c.site_id.in_(seen))
    if unit_id is not None:
        query = query.where(receipt.c.unit_id == unit_id)
    if after:
        (before,) = decode("receipts", after, (int,))
        query = query.where(receipt.c.id < before)
    rows = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = rows[: clamp(limit)]
    return Page(tuple(ReceiptRow(*row) for row in shown), encode("receipts", (shown[-1].id,)) if len(rows) > len(shown) else None)


def _of(key: AccountKey) -> tuple[ColumnElement[bool], ...]:
    mine = ledger_entry.c.tenant_id.is_(None) if key.tenant_id is None else ledger_entry.c.tenant_id == key.tenant_id
    return (ledger_entry.c.unit_id == key.unit_id, mine)


def _oldest_dues(uow: UnitOfWork, keys: Sequence[AccountKey]) -> dict[AccountKey, date]:
    """The oldest open due of several accounts, in one statement."""
    if not keys:
        return {}
    counter = aliased(ledger_entry)
    query = (
        select(ledger_entry)
        .outerjoin(counter, counter.c.reverses_id == ledger_entry.c.id)
        .where(
            ledger_entry.c.unit_id.in_({key.unit_id for key in keys}),
            ledger_entry.c.side == DUES,
            ledger_entry.c.reverses_id.is_(None),
            counter.c.id.is_(None),
        )
    )
    by_account: dict[AccountKey, list[Row[Any]]] = defaultdict(list)
    for row in uow.reading.execute(query):
        by_account[AccountKey(row.unit_id, row.tenant_id)].append(row)
    found = {key: settle(by_account[key]) for key in keys}
    return {key: charges[0].due_on for key, charges in found.items() if charges}


def _account(row: Any, oldest: dict[AccountKey, date]) -> AccountRow:
    key = AccountKey(row.unit_id, row.tenant_id)
    return AccountRow(key, row.code, row.name or "", _amount(row.dues), _amount(row.held), oldest.get(key))


def _amount(value: Decimal | None) -> Decimal:
    return value if value is not None else ZERO


def _entries() -> Select[Any]:
    counter, entry = aliased(ledger_entry), ledger_entry.c
    return (
        select(
            entry.id, entry.number, entry.booked_on, entry.side, entry.kind, entry.item, entry.amount, entry.due_on, entry.note,
            entry.instance_id, entry.receipt_id, receipt.c.number.label("receipt_number"), counter.c.number.label("reversed_by"),
            entry.reverses_id, user.c.display_name,
        )
        .outerjoin(receipt, receipt.c.id == entry.receipt_id)
        .outerjoin(counter, counter.c.reverses_id == entry.id)
        .outerjoin(user, user.c.id == entry.posted_by)
    )


def _receipts() -> Select[Any]:
    later, paper = aliased(receipt), receipt.c
    return (
        select(
            paper.id, paper.number, paper.kind, paper.site_id, paper.unit_id, func.coalesce(unit.c.code, "").label("unit"), paper.tenant_id,
            paper.payer, paper.method, paper.total, paper.in_words, paper.issued_at, paper.booked_on, user.c.display_name,
            paper.instance_id, paper.voided_at, paper.void_reason, later.c.number.label("replaced_by"),
        )
        .outerjoin(unit, unit.c.id == paper.unit_id)
        .outerjoin(user, user.c.id == paper.issued_by)
        .outerjoin(later, later.c.id == paper.replaced_by_id)
    )
