"""`ledger.post`: how a diagram reaches the ledger. One operator for every kind of posting; what it writes belongs to the case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.company import amounts, ledger
from engine.company.accounts import Account, account_of
from engine.company.ledger import Source
from engine.errors import InvalidError, NotFoundError
from engine.model import Actor, Parameter
from engine.operators.operation import Effect
from engine.persistence.tables import ledger_entry, receipt

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime

#: what a diagram may ask for; `void` takes back the case's last receipt for the item
KINDS = ("charge", "payment", "deposit", "deposit_refund", "deduction", "refund", "void")


class DateInvalidError(InvalidError):
    """Expected a day."""

    code = "date_invalid"
    sentence = "日期「{value}」不正確，應為 YYYY-MM-DD。"


def post(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Post for the unit's account. An amount of zero posts nothing: a form that charges nothing needs no gateway before it."""
    kind, item = parameters["kind"], parameters["item"]
    source = Source(instance_id, None, str(parameters["note"] or ""))
    if kind == "void":
        _void(runtime, uow, actor, instance_id, item, source)
        return
    amount = amounts.read(parameters["amount"], may_be_zero=True)
    if not amount:
        return
    of = account_of(runtime, uow, parameters["account"], tenant_id=_id(runtime, uow, parameters["tenant"]))
    given: dict[str, Any] = {"method": parameters["method"] or "cash", "has_receipt": parameters["receipt"] is not False, "source": source}
    act: dict[str, Callable[[], object]] = {
        "charge": lambda: ledger.charge(runtime, uow, actor, of, item, amount, due_on=_day(parameters["due"]), source=source),
        "payment": lambda: _pay(runtime, uow, actor, of, item, amount, given),
        "deposit": lambda: ledger.take_deposit(runtime, uow, actor, of, item, amount, **given),
        "deposit_refund": lambda: ledger.refund_deposit(runtime, uow, actor, of, item, amount, **given),
        "deduction": lambda: ledger.deduct(runtime, uow, actor, of, item, amount, source=source),
        "refund": lambda: ledger.refund(runtime, uow, actor, of, amount, **given),
    }
    act[kind]()


def _pay(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, of: Account, item: str, amount: Decimal, given: Mapping[str, Any],
) -> None:
    ledger.pay(runtime, uow, actor, of, amount, item=item, **given)


def _void(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, item: str, source: Source) -> None:
    query = (
        select(receipt.c.id)
        .join(ledger_entry, ledger_entry.c.receipt_id == receipt.c.id)
        .where(receipt.c.instance_id == instance_id, receipt.c.voided_at.is_(None), ledger_entry.c.item == item)
        .order_by(receipt.c.id.desc())
        .limit(1)
    )
    found = uow.writing.execute(query).scalar()
    if found is None:
        raise NotFoundError(kind="收據", id=item)
    ledger.void_receipt(runtime, uow, actor, found, source.note or "流程作廢", source=source)


def _id(runtime: Runtime, uow: UnitOfWork, tenant: Any) -> int | None:
    if tenant is None:
        return None
    found = runtime.directory.resolve(uow.reading, "tenant", tenant)
    if found is None:
        raise NotFoundError(kind="業戶", id=str(tenant)[:40])
    return found.id


def _day(value: Any) -> date | None:
    if value is None:
        return None
    try:
        # a form's date, or the day of a form's moment
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise DateInvalidError(value=str(value)[:40]) from error


POST = Effect(
    "ledger.post",
    post,
    (
        Parameter("kind", choices=KINDS),
        Parameter("account", "reference", is_required=False),
        Parameter("item"),
        Parameter("amount", "amount", is_required=False),
        Parameter("receipt", "flag", is_required=False),
        Parameter("due", "date", is_required=False),
        Parameter("method", choices=ledger.METHODS, is_required=False),
        Parameter("tenant", "reference", is_required=False),
        Parameter("note", is_required=False),
    ),
)
