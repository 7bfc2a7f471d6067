"""The operators that only look something up. Their answers are JSON and go into the data of the step that asked; they change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from engine.company.accounts import account_of
from engine.errors import NotFoundError
from engine.model import InstanceState, Parameter
from engine.operators.months import month_of
from engine.operators.operation import LookUp
from engine.operators.statements import STATEMENT
from engine.operators.sums import SUMS
from engine.persistence.tables import instance, site, tenancy, tenant, unit
from engine.queries import ledger as queries

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Reader, Runtime

#: what `statistics.read` may be asked for
STATISTICS = ("started", "completed", "cancelled", "late")


def ledger_balance(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> str:
    """What is owed, as a decimal string: of a `unit` by who lives there, or by a `tenant` anywhere; of one `item` where it is named."""
    item = parameters["item"]
    if parameters["unit"] is not None:
        key = account_of(runtime, uow, parameters["unit"]).key
        return str(queries.balance(uow, unit_id=key.unit_id, tenant_id=key.tenant_id, item=item))
    if parameters["tenant"] is None:
        raise NotFoundError(kind="賬戶", id="—")
    return str(queries.balance(uow, tenant_id=tenant_id(runtime, uow, parameters["tenant"]), item=item))


def read_unit(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What the directory knows of a `unit`: code, site, area, floor, tenant (a reference), phone, fee rate, monthly fee, fee start."""
    found = account_of(runtime, uow, parameters["unit"])
    query = (
        select(unit.c.id, unit.c.code, unit.c.area, unit.c.floor, site.c.name.label("site"), site.c.time_zone)
        .join(site, site.c.id == unit.c.site_id)
        .where(unit.c.id == found.key.unit_id)
    )
    place = uow.reading.execute(query).one()
    settled = _tenancy(uow, place.id)
    rate, area = (settled.fee_rate if settled is not None else None), place.area
    fee = (rate * area).quantize(queries.ZERO) if rate is not None and area is not None else None
    return {
        "unit": {"id": place.id, "label": place.code},
        "site": place.site,
        "area": _text(area),
        "floor": place.floor,
        "tenant": {"id": settled.id, "label": settled.name} if settled is not None else None,
        "tenant_code": settled.code if settled is not None else "",
        "phone": (settled.phone or "") if settled is not None else "",
        "fee_rate": _text(rate),
        "monthly_fee": _text(fee),
        "fee_start": settled.started_at.astimezone(ZoneInfo(place.time_zone)).date().isoformat() if settled is not None else "",
    }


def count_instances(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> int:
    """How many instances of a `process` there are, in one `state` where it is named; `parent`: only those linked to this instance id."""
    query = select(func.count()).select_from(instance).where(instance.c.definition_key == parameters["process"])
    if parameters["state"] is not None:
        query = query.where(instance.c.state == parameters["state"])
    if parameters["parent"] is not None:
        query = query.where(instance.c.parent_id == parameters["parent"])
    found: int = uow.reading.execute(query).scalar_one()
    return found


def read_statistics(runtime: Runtime, uow: UnitOfWork, parameters: Mapping[str, Any]) -> dict[str, int]:
    """Of a month (`2026-11`) the instances of the process `name` by what became of them: started, completed, cancelled, late."""
    begin, end = month_of(runtime, parameters["month"])
    query = select(instance.c.state, instance.c.late_since.is_not(None).label("late"), func.count().label("number")).where(
        instance.c.definition_key == parameters["name"], instance.c.started_at >= begin, instance.c.started_at < end,
        instance.c.state != InstanceState.VOIDED,
    )
    counts = dict.fromkeys(STATISTICS, 0)
    for row in uow.reading.execute(query.group_by(instance.c.state, instance.c.late_since.is_not(None))):
        counts["started"] += row.number
        counts["late"] += row.number if row.late else 0
        if row.state in (InstanceState.COMPLETED, InstanceState.CANCELLED):
            counts[row.state] += row.number
    return counts


def tenant_id(runtime: Runtime, uow: UnitOfWork, reference: Any) -> int:
    """The id of a tenant that data points to; NotFoundError."""
    found = runtime.directory.resolve(uow.reading, "tenant", reference)
    if found is None:
        raise NotFoundError(kind="業戶", id=str(reference)[:40])
    return found.id


def _tenancy(uow: UnitOfWork, unit_id: int) -> Any:
    query = (
        select(tenancy.c.fee_rate, tenancy.c.started_at, tenant.c.id, tenant.c.code, tenant.c.name, tenant.c.phone)
        .join(tenant, tenant.c.id == tenancy.c.tenant_id)
        .where(tenancy.c.unit_id == unit_id, tenancy.c.ended_at.is_(None))
        .order_by(tenancy.c.started_at.desc(), tenancy.c.id.desc())
        .limit(1)
    )
    return uow.reading.execute(query).one_or_none()


def _text(value: Any) -> str:
    return "" if value is None else f"{value.normalize():f}" if value != value.to_integral_value() else f"{value:.0f}"


_ALL = (
    LookUp(
        "ledger.balance",
        ledger_balance,
        (Parameter("unit", "reference", is_required=False), Parameter("tenant", "reference", is_required=False),
         Parameter("item", is_required=False)),
    ),
    LookUp("directory.read", read_unit, (Parameter("unit", "reference"),)),
    LookUp(
        "instances.count",
        count_instances,
        (Parameter("process"), Parameter("state", choices=tuple(InstanceState), is_required=False),
         Parameter("parent", "any", is_required=False)),
    ),
    LookUp("statistics.read", read_statistics, (Parameter("name"), Parameter("month"))),
    STATEMENT,
    *SUMS,
)
#: by name, as a service task gives it
READERS: Mapping[str, Reader] = {operation.name: operation for operation in _ALL}
