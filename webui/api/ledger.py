"""The ledger for other programs: who owes what, and payments that came in."""

from __future__ import annotations

from typing import Any

from engine.company import amounts
from engine.company import ledger as services
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.errors import NotFoundError
from engine.permissions import may, require
from engine.queries import ledger as queries
from engine.queries.ledger import DEPOSIT
from webui.api import ledger_schemas as schemas
from webui.api.calls import ID, Call, Calls

calls = Calls("ledger", "What is owed and held, and payments", scope="ledger")


@calls.lookup("/ledger/accounts", query=schemas.AccountQuery, gives=schemas.AccountList)
def list_accounts(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Accounts of the caller's sites, by unit."""
    require(call.actor, "ledger:read")
    page = queries.accounts(
        call.uow, call.actor, q=query["q"], only_open=query["open"], after=query.get("after"), limit=query["limit"]
    )
    items = [
        {"unit_id": row.key.unit_id, "tenant_id": row.key.tenant_id, "unit": row.unit, "tenant": row.tenant, "dues": str(row.dues),
         "deposits": str(row.deposits), "oldest_due": row.oldest_due}
        for row in page.rows
    ]
    return {"items": items, "next": page.after}


@calls.lookup(f"/ledger/accounts/<{ID}:unit_id>", gives=schemas.AccountDetail)
def get_account(call: Call, unit_id: int) -> dict[str, Any]:
    """The account of who lives in a unit, or lived there last."""
    require(call.actor, "ledger:read")
    of = account_of(call.runtime, call.uow, unit_id)
    if not may(call.actor, "ledger:read", of.site_id):
        raise NotFoundError(kind="單元", id=unit_id)
    charges = queries.open_charges(call.uow, of.key)
    deposits = queries.item_balances(call.uow, of.key, DEPOSIT)
    dues = queries.item_balances(call.uow, of.key)
    return {
        "unit_id": of.key.unit_id, "tenant_id": of.key.tenant_id, "unit": of.unit, "tenant": of.payer,
        "dues": str(sum(dues.values(), amounts.ZERO)), "deposits": {item: str(held) for item, held in deposits.items()},
        "open": [
            {"entry_id": each.entry_id, "number": each.number, "item": each.item, "due_on": each.due_on, "amount": str(each.amount),
             "left": str(each.left)}
            for each in charges
        ],
    }


@calls.command("/ledger/payments", takes=schemas.Payment, gives=schemas.ReceiptView, status=201)
def take_payment(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Post a payment with its receipt. Send an `Idempotency-Key`: a repeat is then not paid twice."""
    require(call.actor, "ledger:write")
    of = account_of(call.runtime, call.uow, body["unit_id"], tenant_id=body["tenant_id"])
    if not may(call.actor, "ledger:read", of.site_id):
        raise NotFoundError(kind="單元", id=body["unit_id"])
    amount, source = amounts.read(body["amount"]), Source(note=body["note"])
    posted = services.pay(call.runtime, call.uow, call.actor, of, amount, method=body["method"], item=body["item"], source=source,
                          for_case=body["process_instance_id"])
    assert posted.receipt_id is not None
    paper = queries.receipt_of(call.uow, call.actor, posted.receipt_id)
    return {
        "id": paper.id, "number": paper.number, "unit": paper.unit, "payer": paper.payer, "method": paper.method, "total": str(paper.total),
        "in_words": paper.in_words, "issued_at": paper.issued_at, "booked_on": paper.booked_on,
    }
