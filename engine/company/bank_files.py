"""Bank collection: a file of what is due for the bank to collect, and the bank's answer read back, each line once.

The formats are described in `diagrams/how-to/bank-collection.md`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, select, update

from engine import numbering, permissions
from engine.company import amounts, ledger
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.model import Actor
from engine.persistence.tables import bank_collection, bank_collection_line, ledger_entry, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DUES, AccountKey, open_charges
from engine.runtime import Runtime

#: columns of the file for the bank, and of its answer
SENT = ("batch", "line", "unit", "tenant_code", "tenant_name", "amount", "due_until")
ANSWERED = ("batch", "line", "amount", "result", "reason")
_PAID, _FAILED = "paid", "failed"
#: an answer longer than this is not one
_LARGEST = 5 * 2**20


class NothingDueError(ConflictError):
    """Expected something to collect."""

    code = "nothing_due"
    sentence = "到 {due_until} 為止沒有需要託收的欠費。"


class AnswerInvalidError(InvalidError):
    """Expected the bank's answer to a file of ours."""

    code = "bank_answer_invalid"
    sentence = "銀行回盤檔案第 {line} 行有誤：{reason}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer changed."""

    number: str
    paid: int
    failed: int
    total: Decimal


def export(runtime: Runtime, uow: UnitOfWork, actor: Actor, site_id: int, due_until: date) -> int:
    """Put what is due until a day into a new collection; its id. What waits for a bank's answer already is left out."""
    permissions.require(actor, "ledger:write", site_id)
    waiting = (
        select(bank_collection_line.c.unit_id, bank_collection_line.c.tenant_id)
        .join(bank_collection, bank_collection.c.id == bank_collection_line.c.collection_id)
        .where(bank_collection.c.site_id == site_id, bank_collection.c.read_at.is_(None))
    )
    sent = {AccountKey(*row) for row in uow.writing.execute(waiting)}
    known = (
        select(ledger_entry.c.unit_id, ledger_entry.c.tenant_id)
        .join(unit, unit.c.id == ledger_entry.c.unit_id)
        .where(ledger_entry.c.site_id == site_id, ledger_entry.c.side == DUES, ledger_entry.c.tenant_id.is_not(None))
        .group_by(ledger_entry.c.unit_id, ledger_entry.c.tenant_id, unit.c.code)
        .order_by(unit.c.code)
    )
    lines: list[dict[str, Any]] = []
    for key in [AccountKey(*row) for row in uow.writing.execute(known)]:
        owed = sum((each.left for each in open_charges(uow, key) if each.due_on <= due_until), amounts.ZERO)
        if owed and key not in sent:
            lines.append({"line": len(lines) + 1, "unit_id": key.unit_id, "tenant_id": key.tenant_id, "amount": owed, "state": "sent"})
    if not lines:
        raise NothingDueError(due_until=due_until)
    now = runtime.clock.now()
    values = {
        "number": numbering.draw(uow, runtime.organisation, "bank_collection", now), "site_id": site_id, "due_until": due_until,
        "created_at": now, "created_by": actor.user_id,
    }
    identity: int = uow.writing.execute(insert(bank_collection).values(**values).returning(bank_collection.c.id)).scalar_one()
    uow.writing.execute(insert(bank_collection_line), [{"collection_id": identity, **line} for line in lines])
    return identity


def written(uow: UnitOfWork, actor: Actor, collection_id: int) -> tuple[str, bytes]:
    """The file of a collection as the bank gets it, with its name: the same bytes each time."""
    found = uow.reading.execute(select(bank_collection).where(bank_collection.c.id == collection_id)).one_or_none()
    if found is None:
        raise NotFoundError(kind="託收批次", id=collection_id)
    permissions.require(actor, "ledger:write", found.site_id)
    line = bank_collection_line.c
    query = (
        select(line.line, line.amount, unit.c.code, tenant.c.code.label("tenant_code"), tenant.c.name)
        .join(unit, unit.c.id == line.unit_id)
        .join(tenant, tenant.c.id == line.tenant_id)
        .where(line.collection_id == collection_id)
        .order_by(line.line)
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(SENT)
    for row in uow.reading.execute(query):
        writer.writerow((found.number, row.line, row.code, row.tenant_code, _plain(row.name), row.amount, found.due_until))
    return f"{found.number}.csv", text.getvalue().encode("utf-8-sig")


def read_answer(runtime: Runtime, uow: UnitOfWork, actor: Actor, content: bytes) -> Reading:
    """Post what the bank collected, with receipts, and keep why the rest failed. All or nothing, and each collection once."""
    answers = list(_answers(content))
    if not answers:
        raise AnswerInvalidError(line=1, reason="沒有資料。")
    number = answers[0][0]
    found = uow.writing.execute(select(bank_collection).where(bank_collection.c.number == number).with_for_update()).one_or_none()
    if found is None:
        raise NotFoundError(kind="託收批次", id=number[:40])
    permissions.require(actor, "ledger:write", found.site_id)
    if found.read_at is not None:
        raise ledger.AlreadyReversedError(number=number)
    query = select(bank_collection_line).where(bank_collection_line.c.collection_id == found.id)
    lines = {row.line: row for row in uow.writing.execute(query)}
    count, total = {_PAID: 0, _FAILED: 0}, amounts.ZERO
    for position, (batch, line_number, amount, result, reason) in enumerate(answers, 2):
        row = lines.pop(line_number, None)
        if batch != number or row is None or row.amount != amount:
            raise AnswerInvalidError(line=position, reason="批次、行號或金額與送出的檔案不符。")
        receipt_id = None
        if result == _PAID:
            of = account(uow, AccountKey(row.unit_id, row.tenant_id))
            receipt_id = ledger.pay(runtime, uow, actor, of, amount, method="bank", source=Source(note=number)).receipt_id
            total += amount
        count[result] += 1
        mine = (bank_collection_line.c.collection_id == found.id, bank_collection_line.c.line == line_number)
        uow.writing.execute(update(bank_collection_line).where(*mine).values(state=result, reason=reason[:200], receipt_id=receipt_id))
    if lines:
        raise AnswerInvalidError(line=len(answers) + 1, reason=f"缺少第 {min(lines)} 行的結果。")
    uow.writing.execute(update(bank_collection).where(bank_collection.c.id == found.id).values(read_at=runtime.clock.now()))
    return Reading(number, count[_PAID], count[_FAILED], total)


def _answers(content: bytes) -> Iterator[tuple[str, int, Decimal, str, str]]:
    if len(content) > _LARGEST:
        raise AnswerInvalidError(line=1, reason="檔案過大。")
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if not set(ANSWERED[:-1]) <= set(reader.fieldnames or ()):
            raise AnswerInvalidError(line=1, reason="欄位名稱不符。")
        for position, row in enumerate(reader, 2):
            line, result = (row["line"] or "").strip(), (row["result"] or "").strip().lower()
            if not (line.isascii() and line.isdigit() and len(line) < 10) or result not in (_PAID, _FAILED):
                raise AnswerInvalidError(line=position, reason="行號或結果不正確。")
            amount = amounts.read((row["amount"] or "").strip())
            yield (row["batch"] or "").strip(), int(line), amount, result, (row.get("reason") or "").strip()
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnswerInvalidError(line=1, reason="不是 UTF-8 的 CSV 檔案。") from error


def _plain(text: str) -> str:
    # a name that a spreadsheet would take for a formula
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text
