"""Tells cases that wait for their money that it has come in some other way: by the bank's answer, at the desk, with another case.

A case waits for it by a message event (`bank_collection_paid`, `dues_settled`); which case is meant is read from the ledger: the one whose
charges on the account are covered now. The message leaves with the transaction that posted the money, once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson
from sqlalchemy import select

from engine.company.accounts import Account
from engine.persistence.tables import event_subscription, instance, ledger_entry
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import DUES, open_charges
from engine.runtime import Runtime

#: sent where the bank collected it, and where it was paid in any other way
BY_BANK, OTHERWISE = "bank_collection_paid", "dues_settled"


def announce(runtime: Runtime, uow: UnitOfWork, of: Account, *, method: str, entry_id: int, paid_in: int | None) -> None:
    """Send the message to each waiting case whose charges on the account a payment has covered to the last cent.

    `entry_id`: an entry of that payment, so that a repeat is the same message; `paid_in`: the case that took the money itself and
    goes on by its own diagram.
    """
    name = BY_BANK if method == "bank" else OTHERWISE
    waiting = _waiting(uow, of, name)
    waiting.pop(paid_in, None)
    if not waiting:
        return
    still_open = {each.entry_id for each in open_charges(uow, of.key)}
    for instance_id, (entries, correlation) in sorted(waiting.items()):
        if entries.isdisjoint(still_open):
            payload = {"kind": "message", "name": name, "payload": {}, "correlation": {**correlation, "instance_id": instance_id}}
            runtime.outbox.enqueue(uow.writing, "deliver_event", f"settled-{instance_id}-{entry_id}", payload)
            uow.after_commit(runtime.outbox.wake)


def _waiting(uow: UnitOfWork, of: Account, name: str) -> dict[int | None, tuple[set[int], dict[str, Any]]]:
    """Cases that wait for the message: their charges on the account, and the values that the message has to carry."""
    query = (
        select(ledger_entry.c.id, ledger_entry.c.instance_id, event_subscription.c.correlation)
        .join(instance, instance.c.id == ledger_entry.c.instance_id)
        .join(event_subscription, event_subscription.c.instance_id == instance.c.id)
        .where(
            ledger_entry.c.unit_id == of.key.unit_id, ledger_entry.c.tenant_id.is_not_distinct_from(of.key.tenant_id),
            ledger_entry.c.side == DUES, ledger_entry.c.kind == "charge", ledger_entry.c.reverses_id.is_(None),
            event_subscription.c.kind == "message", event_subscription.c.name == name,
        )
    )
    found: dict[int | None, tuple[set[int], dict[str, Any]]] = defaultdict(lambda: (set(), {}))
    for row in uow.writing.execute(query):
        entries, values = found[row.instance_id]
        entries.add(row.id)
        values.update(orjson.loads(row.correlation).get("declared", {}))
    return found
