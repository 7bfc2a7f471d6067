"""What gates (`require`) may ask, as it stands in the completing transaction: dues, deposits, receipts, linked cases, permits, passes.

Permits and passes are what forms say, in fields that lists can search (`index: true`): a permit's form gives `valid_from` and `valid_to`,
the forms of passes how many were `issued`, `returned` and `lost`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, func, or_, select

from engine.company import tenancies
from engine.company.accounts import account_of
from engine.model import DROPPED_STATES, InstanceState
from engine.operators.readers import tenant_id
from engine.persistence.tables import instance, instance_variable, ledger_entry, receipt
from engine.queries import ledger as queries
from engine.queries.ledger import DEPOSIT

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Fact, Runtime

#: form of the decision that permits hot work
_PERMIT = "hot_work_approval"
#: forms by which passes go out and come back
_ISSUED, _BACK = "pass_issue.issued", ("pass_return.returned", "pass_return.lost")
#: in which a linked case is still going on
_OPEN = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)


def balance(runtime: Runtime, uow: UnitOfWork, instance_id: int, unit: Any, item: str | None = None) -> str:
    """Open dues of a unit's tenant there, as a decimal string; of one item where it is named."""
    key = account_of(runtime, uow, unit).key
    return str(queries.balance(uow, unit_id=key.unit_id, tenant_id=key.tenant_id, item=item))


def balance_of(runtime: Runtime, uow: UnitOfWork, instance_id: int, tenant: Any, item: str | None = None) -> str:
    """Open dues of a tenant in every unit."""
    return str(queries.balance(uow, tenant_id=tenant_id(runtime, uow, tenant), item=item))


def deposit_held(runtime: Runtime, uow: UnitOfWork, instance_id: int, unit: Any, kind: str | None = None) -> str:
    """What is held for a unit's tenant there, as a decimal string; of one kind of deposit where it is named."""
    key = account_of(runtime, uow, unit).key
    return str(queries.balance(uow, unit_id=key.unit_id, tenant_id=key.tenant_id, item=kind, side=DEPOSIT))


def is_let(runtime: Runtime, uow: UnitOfWork, instance_id: int, unit: Any) -> bool:
    """Whether somebody is settled in a unit now."""
    return tenancies.is_let(runtime, uow, unit)


def open_linked(runtime: Runtime, uow: UnitOfWork, instance_id: int, process: str) -> int:
    """How many linked cases of a process are still going on."""
    query = select(func.count()).select_from(instance).where(
        instance.c.parent_id == instance_id, instance.c.definition_key == process, instance.c.state.in_(_OPEN)
    )
    found: int = uow.reading.execute(query).scalar_one()
    return found


def linked_state(runtime: Runtime, uow: UnitOfWork, instance_id: int, process: str) -> str | None:
    """State of the linked case of a process that was started last; None where there is none."""
    query = select(instance.c.state).where(instance.c.parent_id == instance_id, instance.c.definition_key == process)
    state: str | None = uow.reading.execute(query.order_by(instance.c.id.desc()).limit(1)).scalar()
    return state


def permit_valid(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> bool:
    """Whether a permit of this case, or of one linked to it, is in force now."""
    now = runtime.clock.now()
    family = _with_children(instance_id)
    ends = instance_variable.alias("ends")
    begins = instance_variable.alias("begins")
    query = (
        select(ends.c.instance_id)
        .join(instance, instance.c.id == ends.c.instance_id)
        .outerjoin(begins, (begins.c.instance_id == ends.c.instance_id) & (begins.c.name == f"{_PERMIT}.valid_from"))
        .where(family, instance.c.state.in_(_OPEN), ends.c.name == f"{_PERMIT}.valid_to", ends.c.at > now)
        .where(or_(begins.c.at.is_(None), begins.c.at <= now))
        .limit(1)
    )
    return uow.reading.execute(query).first() is not None


def passes_out(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> int:
    """Site passes of this case, and of those linked to it, that were issued and neither came back nor were lost."""
    return int(_sum(uow, instance_id, (_ISSUED,)) - _sum(uow, instance_id, _BACK))


def receipt_exists(runtime: Runtime, uow: UnitOfWork, instance_id: int, kind: str) -> bool:
    """Whether a receipt of this case, or of the case it is linked to, stands for a kind of posting or an item, e.g. `pass_deposit`."""
    parent = select(instance.c.parent_id).where(instance.c.id == instance_id).scalar_subquery()
    query = (
        select(receipt.c.id)
        .join(ledger_entry, ledger_entry.c.receipt_id == receipt.c.id)
        .where(receipt.c.voided_at.is_(None), receipt.c.kind == "receipt", or_(ledger_entry.c.item == kind, ledger_entry.c.kind == kind))
        .where(or_(receipt.c.instance_id == instance_id, receipt.c.instance_id == parent))
        .limit(1)
    )
    return uow.reading.execute(query).first() is not None


def _with_children(instance_id: int) -> ColumnElement[bool]:
    return or_(instance.c.id == instance_id, instance.c.parent_id == instance_id)


def _sum(uow: UnitOfWork, instance_id: int, names: Sequence[str]) -> Decimal:
    query = (
        select(func.sum(instance_variable.c.number))
        .join(instance, instance.c.id == instance_variable.c.instance_id)
        .where(_with_children(instance_id), instance.c.state.not_in(DROPPED_STATES), instance_variable.c.name.in_(names))
    )
    found = uow.reading.execute(query).scalar()
    return Decimal(str(found)) if found is not None else Decimal(0)


#: by name, as a gate calls it
FACTS: Mapping[str, Fact] = {
    "balance": balance,
    "balance_of": balance_of,
    "deposit_held": deposit_held,
    "is_let": is_let,
    "open_linked": open_linked,
    "linked_state": linked_state,
    "permit_valid": permit_valid,
    "passes_out": passes_out,
    "receipt_exists": receipt_exists,
}
