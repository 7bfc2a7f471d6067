"""The ledger's verbs: charge, pay, hold a deposit, give back, take back. Entries are only ever added, in the caller's transaction.

Every entry tells its case and its receipt. Nothing is corrected but by a counter-entry. Numbers are drawn last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, insert, select, update

from engine import numbering, permissions
from engine.chinese_amounts import in_words
from engine.company import settlements
from engine.company.accounts import Account, account, booking_day, lock, today
from engine.company.amounts import ZERO
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import ledger_entry, opening_entry, receipt
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DEPOSIT, DUES, AccountKey, cases_of, item_balances, last_entry_id, open_charges
from engine.runtime import Runtime

#: item of what was paid ahead; it covers the next charges by itself
PREPAYMENT = "prepayment"
METHODS = ("cash", "transfer", "card", "mobile", "bank")
#: kinds that a counter-entry may take back by themselves; what has a receipt goes with its receipt
_CORRECTABLE = frozenset({"charge", "deduction", "opening"})
#: side of what stands against opening balances, so that each import adds up to nothing; no account shows it
OPENING = "opening"


class NotEnoughHeldError(ConflictError):
    """Expected as much to be held as is to be given back or deducted."""

    code = "not_enough_held"
    sentence = "「{account}」現有 {held} 元，不足以支付 {amount} 元。"


class AccountMovedError(ConflictError):
    """Expected the account to stand as the person saw it."""

    code = "account_moved"
    sentence = "「{account}」的賬戶剛有新的記錄，請核對後再收款。"


class AlreadyReversedError(ConflictError):
    """Expected an entry, or a receipt, that was not taken back before."""

    code = "already_reversed"
    sentence = "「{number}」已經沖銷或作廢，不能再次處理。"


class NotCorrectableError(InvalidError):
    """Expected an entry that stands by itself."""

    code = "not_correctable"
    sentence = "「{number}」不能單獨沖正：有收據的請作廢收據。"


class CaseElsewhereError(InvalidError):
    """Expected a case that something of the account belongs to."""

    code = "case_elsewhere"
    sentence = "這個案件在 {account} 的賬目裡沒有任何一筆，請選擇本賬戶的案件。"


class MethodUnknownError(InvalidError):
    """Expected one of the ways of paying."""

    code = "method_unknown"
    sentence = "沒有「{method}」這種收付方式。"


@dataclass(frozen=True, slots=True)
class Source:
    """What a posting belongs to. A case's step carries its own right to post; anything else needs `ledger:write`."""

    instance_id: int | None = None
    element_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was written."""

    entry_ids: tuple[int, ...]
    receipt_id: int | None = None
    receipt_number: str | None = None


@dataclass(frozen=True, slots=True)
class _Line:
    side: str
    kind: str
    item: str
    amount: Decimal
    due_on: date | None = None
    reverses_id: int | None = None
    note: str | None = None


def charge(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, item: str, amount: Decimal, *, due_on: date | None = None, source: Source,
) -> Posted:
    """Something is owed from now on, to be paid until `due_on` (default: at once). What was paid ahead covers it by itself."""
    day = _begin(runtime, uow, actor, of, source)
    posted = _post(runtime, uow, actor, of, day, [_Line(DUES, "charge", item, amount, due_on=due_on or day)], source)
    _tidy(runtime, uow, actor, of, day, source)
    return posted


def pay(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, amount: Decimal, *, method: str = "cash", item: str | None = None,
    has_receipt: bool = True, source: Source, seen_entry_id: int | None = None, for_case: int | None = None,
) -> Posted:
    """Money came in for what is owed: the oldest due first (of one item where one is named); what is left over is paid ahead.

    Cases that wait for what is covered now are told (`settlements`).

    `seen_entry_id`: the account's last entry that the person saw; AccountMovedError where there is a newer one, so that a form that was
    sent twice is paid once. `for_case`: the case that the money is for, where somebody at the desk says so; CaseElsewhereError for one that
    has nothing in this account.
    """
    day = _begin(runtime, uow, actor, of, source)
    posts = source
    if for_case is not None:
        if all(each.instance_id != for_case for each in cases_of(uow, of.key)):
            raise CaseElsewhereError(account=of.unit)
        posts = replace(source, instance_id=for_case)
    if seen_entry_id is not None and last_entry_id(uow, of.key) != seen_entry_id:
        raise AccountMovedError(account=of.unit)
    rest = amount
    shares: dict[str, Decimal] = {}
    for each in open_charges(uow, of.key):
        if rest and item in (None, each.item):
            share = min(rest, each.left)
            shares[each.item] = shares.get(each.item, ZERO) + share
            rest -= share
    lines = [_Line(DUES, "payment", name, -share) for name, share in shares.items()]
    if rest:
        lines.append(_Line(DUES, "payment", PREPAYMENT, -rest))
    posted = _with_receipt(runtime, uow, actor, of, day, lines, posts, "receipt", method, has_receipt)
    # what was meant for one item and went beyond it may cover another
    _tidy(runtime, uow, actor, of, day, posts)
    settlements.announce(runtime, uow, of, method=method, entry_id=posted.entry_ids[0], paid_in=source.instance_id)
    return posted


def refund(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, amount: Decimal, *, method: str = "cash", has_receipt: bool = True,
    source: Source,
) -> Posted:
    """Give back what was paid ahead; NotEnoughHeldError beyond it."""
    day = _begin(runtime, uow, actor, of, source)
    ahead = -item_balances(uow, of.key).get(PREPAYMENT, ZERO)
    _must_hold(of, ahead, amount)
    lines = [_Line(DUES, "refund", PREPAYMENT, amount)]
    return _with_receipt(runtime, uow, actor, of, day, lines, source, "voucher", method, has_receipt)


def take_deposit(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, item: str, amount: Decimal, *, method: str = "cash",
    has_receipt: bool = True, source: Source,
) -> Posted:
    """Hold a deposit."""
    day = _begin(runtime, uow, actor, of, source)
    lines = [_Line(DEPOSIT, "deposit", item, amount)]
    return _with_receipt(runtime, uow, actor, of, day, lines, source, "receipt", method, has_receipt)


def refund_deposit(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, item: str, amount: Decimal, *, method: str = "cash",
    has_receipt: bool = True, source: Source,
) -> Posted:
    """Give (part of) a deposit back; NotEnoughHeldError beyond what is held."""
    day = _begin(runtime, uow, actor, of, source)
    _must_hold(of, _held(uow, of, item), amount)
    lines = [_Line(DEPOSIT, "deposit_refund", item, -amount)]
    return _with_receipt(runtime, uow, actor, of, day, lines, source, "voucher", method, has_receipt)


def deduct(runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, item: str, amount: Decimal, *, source: Source) -> Posted:
    """Keep part of a deposit, as was agreed; NotEnoughHeldError beyond what is held."""
    day = _begin(runtime, uow, actor, of, source)
    _must_hold(of, _held(uow, of, item), amount)
    return _post(runtime, uow, actor, of, day, [_Line(DEPOSIT, "deduction", item, -amount)], source)


def bring_forward(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, side: str, item: str, amount: Decimal, *, due_on: date | None = None,
    import_id: int, note: str,
) -> Posted:
    """Open an account with what stood on paper: owed (below zero: paid ahead) or held. Its opposite stands on the opening side.

    No receipt and no drawer is touched, whatever day the cashier has closed; the entry can be corrected by a counter-entry.
    """
    permissions.require(actor, "import:apply", of.site_id)
    day = today(runtime, uow, of.site_id)
    lock(uow, of)
    lines = [_Line(side, "opening", item, amount, due_on=due_on), _Line(OPENING, "opening", item, -amount)]
    posted = _post(runtime, uow, actor, of, day, lines, Source(note=note))
    entry_id, counter_id = posted.entry_ids
    uow.writing.execute(insert(opening_entry).values(entry_id=entry_id, counter_id=counter_id, import_id=import_id))
    return posted


def correct(runtime: Runtime, uow: UnitOfWork, actor: Actor, entry_id: int, reason: str) -> Posted:
    """Take a charge or a deduction back by a counter-entry; what had been paid for it is paid ahead then."""
    row = uow.reading.execute(select(ledger_entry).where(ledger_entry.c.id == entry_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="賬目", id=entry_id)
    permissions.require(actor, "ledger:write", row.site_id)
    if row.kind not in _CORRECTABLE or row.receipt_id is not None:
        raise NotCorrectableError(number=row.number)
    of, source = account(uow, AccountKey(row.unit_id, row.tenant_id)), Source(row.instance_id, row.element_id, _reason(reason))
    day = _begin(runtime, uow, actor, of, Source())
    taken_back = [row]
    if row.kind == "opening":
        counter_id = select(opening_entry.c.counter_id).where(opening_entry.c.entry_id == row.id).scalar_subquery()
        taken_back += uow.writing.execute(select(ledger_entry).where(ledger_entry.c.id == counter_id)).all()
    _check_standing(uow, taken_back)
    posted = _post(runtime, uow, actor, of, day, [_counter(each, "correction") for each in taken_back], source)
    _tidy(runtime, uow, actor, of, day, source)
    return posted


def void_receipt(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, receipt_id: int, reason: str, *, replaced_by_id: int | None = None,
    source: Source | None = None,
) -> Posted:
    """Make a receipt void with a reason: every entry of it gets its counter-entry, on the day that is open now. Its number stays used."""
    paper = uow.reading.execute(select(receipt).where(receipt.c.id == receipt_id)).one_or_none()
    if paper is None:
        raise NotFoundError(kind="收據", id=receipt_id)
    of = account(uow, AccountKey(paper.unit_id, paper.tenant_id))
    day = _begin(runtime, uow, actor, of, source or Source())
    now = runtime.clock.now()
    voided = uow.writing.execute(
        update(receipt)
        .where(receipt.c.id == receipt_id, receipt.c.voided_at.is_(None))
        .values(voided_at=now, voided_on=day, voided_by=actor.user_id, void_reason=_reason(reason), replaced_by_id=replaced_by_id)
    )
    if voided.rowcount != 1:
        raise AlreadyReversedError(number=paper.number)
    mine = select(ledger_entry).where(ledger_entry.c.receipt_id == receipt_id, ledger_entry.c.reverses_id.is_(None))
    rows = uow.writing.execute(mine.order_by(ledger_entry.c.id)).all()
    for row in rows:
        if row.side == DEPOSIT and row.amount > 0:
            _must_hold(of, _held(uow, of, row.item), row.amount)
    used = source or Source(paper.instance_id)
    posted = _post(runtime, uow, actor, of, day, [_counter(row, "void") for row in rows], replace(used, note=_reason(reason)), receipt_id)
    _tidy(runtime, uow, actor, of, day, used)
    return posted


# ---------------------------------------------------------------- inside


def _begin(runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, source: Source) -> date:
    """Check the right, take the locks in one order for everybody (person, then account); the day that it counts for."""
    if source.instance_id is None:
        permissions.require(actor, "ledger:write", of.site_id)
    day = booking_day(runtime, uow, actor, of.site_id)
    lock(uow, of)
    return day


def _with_receipt(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, day: date, lines: Sequence[_Line], source: Source, kind: str, method: str,
    has_receipt: bool,
) -> Posted:
    if method not in METHODS:
        raise MethodUnknownError(method=method[:20])
    if not has_receipt:
        return _post(runtime, uow, actor, of, day, lines, source)
    now = runtime.clock.now()
    total = abs(sum((line.amount for line in lines), ZERO))
    number = numbering.draw(uow, runtime.organisation, "receipt" if kind == "receipt" else "refund_voucher", now)
    values = {
        "number": number, "kind": kind, "site_id": of.site_id, "unit_id": of.key.unit_id, "tenant_id": of.key.tenant_id,
        "payer": of.payer or of.unit, "method": method, "total": total, "in_words": in_words(total), "issued_at": now, "booked_on": day,
        "issued_by": actor.user_id, "instance_id": source.instance_id,
    }
    receipt_id: int = uow.writing.execute(insert(receipt).values(**values).returning(receipt.c.id)).scalar_one()
    posted = _post(runtime, uow, actor, of, day, lines, source, receipt_id)
    return replace(posted, receipt_id=receipt_id, receipt_number=number)


def _post(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, day: date, lines: Iterable[_Line], source: Source,
    receipt_id: int | None = None,
) -> Posted:
    now = runtime.clock.now()
    ids = []
    for line in lines:
        values = {
            "number": numbering.draw(uow, runtime.organisation, "ledger_entry", now), "booked_at": now, "booked_on": day,
            "site_id": of.site_id, "unit_id": of.key.unit_id, "tenant_id": of.key.tenant_id, "side": line.side, "kind": line.kind,
            "item": line.item, "amount": line.amount, "due_on": line.due_on, "instance_id": source.instance_id,
            "element_id": source.element_id, "receipt_id": receipt_id, "reverses_id": line.reverses_id,
            "note": (line.note if line.note is not None else source.note)[:200], "posted_by": actor.user_id,
        }
        ids.append(uow.writing.execute(insert(ledger_entry).values(**values).returning(ledger_entry.c.id)).scalar_one())
    return Posted(tuple(ids))


def _tidy(runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, day: date, source: Source) -> None:
    """Move what was paid too much for an item to what is paid ahead, and that to what is open, the oldest due first."""
    lines: list[_Line] = []
    balances = item_balances(uow, of.key)
    ahead = -balances.get(PREPAYMENT, ZERO)
    for item, left in balances.items():
        if item != PREPAYMENT and left < 0:
            lines += [_Line(DUES, "transfer", item, -left, note=""), _Line(DUES, "transfer", PREPAYMENT, left, note="")]
            ahead -= left
    shares: dict[str, Decimal] = {}
    if ahead > 0:
        for each in open_charges(uow, of.key):
            if each.item != PREPAYMENT and ahead > 0:
                share = min(ahead, each.left)
                shares[each.item] = shares.get(each.item, ZERO) + share
                ahead -= share
    for item, share in shares.items():
        lines += [_Line(DUES, "transfer", PREPAYMENT, share, note=""), _Line(DUES, "transfer", item, -share, note="")]
    if lines:
        _post(runtime, uow, actor, of, day, lines, source)


def _counter(row: Row[Any], kind: str) -> _Line:
    return _Line(row.side, kind, row.item, -row.amount, reverses_id=row.id)


def _check_standing(uow: UnitOfWork, rows: Sequence[Row[Any]]) -> None:
    known = select(ledger_entry.c.reverses_id).where(ledger_entry.c.reverses_id.in_([row.id for row in rows]))
    gone = set(uow.writing.execute(known).scalars())
    for row in rows:
        if row.id in gone:
            raise AlreadyReversedError(number=row.number)


def _held(uow: UnitOfWork, of: Account, item: str) -> Decimal:
    return item_balances(uow, of.key, DEPOSIT).get(item, ZERO)


def _must_hold(of: Account, held: Decimal, amount: Decimal) -> None:
    if held < amount:
        raise NotEnoughHeldError(account=of.unit, held=held, amount=amount)


def _reason(text: str) -> str:
    if not text.strip():
        raise InvalidError(reason="請填寫原因。")
    return text.strip()[:200]


__all__ = [
    "METHODS", "OPENING", "PREPAYMENT", "AccountKey", "Posted", "Source", "bring_forward", "charge", "correct", "deduct", "pay", "refund",
    "refund_deposit", "take_deposit", "void_receipt",
]
