"""Sheets of going live that are money and numbers: what tenants owe, what is held for them, where each series of numbers stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal

import orjson
from sqlalchemy import select

from engine import numbering
from engine.company import ledger, series
from engine.company.accounts import account_of
from engine.company.ledger_items import ITEMS
from engine.folding import fold
from engine.i18n import translate
from engine.imports import keeping
from engine.imports.columns import Column, Problem, Values
from engine.imports.plan import Book, Key, Kind, Origin, packed_key
from engine.model import Actor
from engine.persistence.tables import import_row, number_sequence, tenant, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DEPOSIT, DUES
from engine.runtime import Runtime

SIDES = (("arrears", "欠費", "Arrears"), ("deposit", "押金", "Deposit"), ("prepaid", "預收", "Paid ahead"))
_ITEM = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Openings(Kind):
    """What is owed and held when the books begin here."""

    id, title, english = "opening", "期初餘額", "Opening balances"
    columns = (
        Column("unit", "單元", "Unit", is_required=True, longest=30, note="單元編號"),
        Column("tenant", "業戶", "Tenant", longest=30, note="業戶編號；留空表示現在的業戶"),
        Column("side", "類別", "Kind", "choice", is_required=True, choices=SIDES),
        Column("item", "項目", "Item", longest=40, note="例如 管理費、裝修押金；預收可留空"),
        Column("amount", "金額", "Amount", "decimal", is_required=True, least=Decimal("0.01")),
        Column("due_on", "應繳日期", "Due on", "date", note="欠費必填，賬齡由此起算"),
        Column("reference", "原單據編號", "Paper's number", longest=40, note="收據或通知單編號，用以區分同一項目的幾筆"),
        Column("note", "備註", "Note", longest=80),
    )
    key = ("unit", "tenant", "side", "item", "due_on", "reference")
    is_fixed = True

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(import_row.c.payload).where(import_row.c.kind == self.id, import_row.c.state == "applied")
        if keys is not None:
            query = query.where(import_row.c.key.in_([packed_key(key) for key in keys]))
        rows = [orjson.loads(payload) for payload in uow.reading.execute(query).scalars()]
        return {self.key_of(values): values for values in rows}

    def complete(self, book: Book, values: Values) -> Iterator[Problem]:
        if values.get("side") == "prepaid":
            values["item"] = ledger.PREPAYMENT
            return
        wanted = fold(str(values.get("item") or ""))
        named = {fold(name): item for item, title in ITEMS.items() for name in (item, title, translate("en", title))}
        found = named.get(wanted, str(values.get("item") or ""))
        if not _ITEM.fullmatch(found) or found == ledger.PREPAYMENT:
            usual = "、".join(title for item, title in ITEMS.items() if item != ledger.PREPAYMENT)
            yield Problem("請填寫「項目」，例如 {items}。", {"items": usual}, "項目")
        values["item"] = found

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if not book.has("unit", values["unit"]):
            yield Problem("沒有單元「{value}」。請先在「單元」工作表填寫。", {"value": values["unit"]}, "單元")
        if values["tenant"] is not None and not book.has("tenant", values["tenant"]):
            yield Problem("沒有業戶「{value}」。請先在「業戶」工作表填寫。", {"value": values["tenant"]}, "業戶")
        if values["side"] == "arrears" and values["due_on"] is None:
            yield Problem("欠費須填寫「應繳日期」。", column="應繳日期")

    def fixed(self, before: Values) -> Problem:
        return Problem("這筆期初餘額已經以 {amount} 元入賬。要更正，請在該賬戶沖正。", {"amount": before["amount"]}, "金額")

    def label(self, values: Values) -> str:
        parts = [values.get("unit"), ITEMS.get(str(values.get("item")), values.get("item")), values.get("amount")]
        return " · ".join(str(part) for part in parts if part is not None)

    def amount(self, values: Values) -> Decimal | None:
        return Decimal(str(values["amount"]))

    def group(self, values: Values) -> str:
        return next((title for side, title, _ in SIDES if side == values.get("side")), "")

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        tenant_id = None if values["tenant"] is None else keeping.id_of(uow, tenant, tenant.c.code == values["tenant"])
        of = account_of(runtime, uow, keeping.id_of(uow, unit, unit.c.code == values["unit"]), tenant_id=tenant_id)
        amount = Decimal(str(values["amount"]))
        due_on = None if values["due_on"] is None else date.fromisoformat(str(values["due_on"]))
        note = " · ".join(str(part) for part in (values["reference"], values["note"], origin.text) if part)
        posted = ledger.bring_forward(
            runtime, uow, actor, of, DEPOSIT if values["side"] == "deposit" else DUES, str(values["item"]),
            -amount if values["side"] == "prepaid" else amount, due_on=due_on if values["side"] == "arrears" else None,
            import_id=origin.import_id, note=note[:200],
        )
        return posted.entry_ids[0]


class Numbers(Kind):
    """The last number of each series that was written on paper; the system goes on behind it."""

    id, title, english = "number", "編號", "Numbers"
    columns = (
        Column("series", "系列", "Series", is_required=True, longest=60, note="organisation.toml 中的代碼，例如 repair_slip"),
        Column("last", "最後一個編號", "Last number", is_required=True, longest=40, note="照紙上寫，例如 R202611-0123"),
    )
    key = ("series", "period")

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        query = select(number_sequence)
        if keys is not None:
            query = query.where(number_sequence.c.series.in_([series for series, _ in keys]))
        found: dict[Key, Values] = {}
        for row in uow.reading.execute(query.order_by(number_sequence.c.series, number_sequence.c.period)):
            last = numbering.number_in(runtime.organisation, row.series, row.period, row.last)
            found[row.series, row.period] = {"series": row.series, "last": last, "period": row.period, "place": row.last}
        return found

    def complete(self, book: Book, values: Values) -> Iterator[Problem]:
        organisation = book.runtime.organisation
        if values["series"] not in organisation.numbering:
            yield Problem("沒有編號系列「{value}」。", {"value": values["series"]}, "系列")
            return
        found = numbering.parse(organisation, str(values["series"]), str(values["last"]))
        if found is None:
            pattern = organisation.numbering[str(values["series"])]
            yield Problem("「{value}」不符合格式 {pattern}。", {"value": values["last"], "pattern": pattern}, "最後一個編號")
            return
        values["period"], values["place"] = found

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        if before is not None and int(str(values["place"])) < int(str(before["place"])):
            yield Problem("系統已經編到 {last}，不能倒退。", {"last": before["last"]}, "最後一個編號")

    def label(self, values: Values) -> str:
        return f"{values.get('series')} · {values.get('last')}"

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int | None:
        place, last = int(str(values["place"])), int(str(before["place"])) if before else 0
        if place > last:
            series.skip(runtime, uow, actor, str(values["series"]), place + 1, origin.text, str(values["period"]))
        return None
