"""`tenancy.open`, `tenancy.end`: how a diagram settles a tenant in a unit and takes the tenant out again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from engine.company import tenancies
from engine.company.tenancies import Newcomer
from engine.model import Actor, Parameter
from engine.operators.operation import Effect
from engine.operators.postings import DateInvalidError

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Runtime


def open_tenancy(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Settle `tenant`, or a new one of that `name` (`contact`, `phone`, `kind`), in `unit` from the day `since` at the monthly `rate`."""
    name, rate = parameters["name"], parameters["rate"]
    newcomer = Newcomer(name, parameters["contact"], parameters["phone"], parameters["kind"] or "company") if name else None
    tenancies.open_tenancy(
        runtime, uow, actor, instance_id, unit=parameters["unit"], tenant_of=parameters["tenant"], newcomer=newcomer,
        since=_day(parameters["since"]), fee_rate=None if rate is None else Decimal(str(rate)),
    )


def end_tenancy(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """The `tenant`, or whoever it is, has left `unit`, now or `at` a moment."""
    at = parameters["at"]
    ended_at = runtime.clock.now() if at is None else _moment(at)
    tenancies.end_tenancy(
        runtime, uow, actor, instance_id, unit=parameters["unit"], tenant_of=parameters["tenant"], ended_at=ended_at)


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise DateInvalidError(value=str(value)[:40]) from error


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise DateInvalidError(value=str(value)[:40]) from error
    if found.tzinfo is None:
        raise DateInvalidError(value=str(value)[:40])
    return found


OPEN = Effect(
    "tenancy.open",
    open_tenancy,
    (
        Parameter("unit", "reference"),
        Parameter("since", "date"),
        Parameter("tenant", "reference", is_required=False),
        Parameter("name", is_required=False),
        Parameter("contact", is_required=False),
        Parameter("phone", is_required=False),
        Parameter("kind", choices=("company", "person"), is_required=False),
        Parameter("rate", "amount", is_required=False),
    ),
)
END = Effect(
    "tenancy.end",
    end_tenancy,
    (Parameter("unit", "reference"), Parameter("tenant", "reference", is_required=False), Parameter("at", "date", is_required=False)),
)
