"""The operators by name. A service task names one and gives its parameters as expressions; it reaches nothing else of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from engine import instances, notifications, numbering, periodic, records, steps
from engine.company.accounts import account_of
from engine.model import Actor, Parameter
from engine.notifications import Kind
from engine.operators import postings, tenancies
from engine.operators.operation import Effect, ParameterMissingError
from engine.persistence.tables import tenant_file

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Operator, Runtime

__all__ = ["OPERATORS", "ParameterMissingError"]


def notify(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Tell a role of the case's site something: `role` names it, or several with commas between them; `text`."""
    row = steps.load(uow, instance_id)
    for role in dict.fromkeys(str(parameters["role"]).split(",")):
        notifications.tell(
            runtime, uow, Kind.MESSAGE, role=role.strip(), site_id=row.site_id, instance_id=instance_id, data={"text": parameters["text"]}
        )


def start_linked(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Start an instance of its own that lives beside this one: `process`, `variables` (an object).

    `for_each` names a collection: one instance for each of its items, started soon after the step.
    """
    if parameters["for_each"] is not None:
        periodic.start_linked(runtime, uow, instance_id, parameters["process"], parameters["for_each"])
        return
    row = steps.load(uow, instance_id)
    variables = dict(parameters["variables"] or {})
    instances.start(runtime, uow, actor, parameters["process"], variables, site_id=row.site_id, parent_id=instance_id)


def issue_record(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Give the case its numbered record: `record` names the template, or several with commas between them; `frozen`: a record of its own
    each time, as things stand then."""
    for key in str(parameters["record"]).split(","):
        records.issue(runtime, uow, actor, instance_id, key.strip(), frozen=bool(parameters["frozen"]))


def close_record(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Let the case's record keep what is known now: `record`. The next issue is another paper with a number of its own."""
    records.close(runtime, uow, instance_id, str(parameters["record"]))


def archive(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Enter the case in the tenant's file index (業/戶檔案目錄), once: `unit`, `place` where the papers lie."""
    if uow.writing.execute(select(tenant_file.c.id).where(tenant_file.c.instance_id == instance_id)).first() is not None:
        return
    row = steps.load(uow, instance_id)
    of = account_of(runtime, uow, parameters["unit"]) if parameters["unit"] is not None else None
    now = runtime.clock.now()
    values = {
        "number": numbering.draw(uow, runtime.organisation, "tenant_file", now),
        "site_id": of.site_id if of is not None else row.site_id,
        "unit_id": of.key.unit_id if of is not None else None,
        "tenant_id": of.key.tenant_id if of is not None else None,
        "instance_id": instance_id,
        "place": (parameters["place"] or "")[:100],
        "filed_at": now,
        "filed_by": actor.user_id,
    }
    uow.writing.execute(insert(tenant_file).values(**values))


_ALL = (
    Effect("notify", notify, (Parameter("role"), Parameter("text"))),
    Effect(
        "instance.start_linked",
        start_linked,
        (Parameter("process"), Parameter("variables", "object", is_required=False), Parameter("for_each", is_required=False)),
    ),
    Effect("record.issue", issue_record, (Parameter("record"), Parameter("frozen", "flag", is_required=False))),
    Effect("record.close", close_record, (Parameter("record"),)),
    Effect("file.archive", archive, (Parameter("unit", "reference", is_required=False), Parameter("place", is_required=False))),
    postings.POST,
    tenancies.OPEN,
    tenancies.END,
)
#: by name, as a service task gives it
OPERATORS: Mapping[str, Operator] = {operation.name: operation for operation in _ALL}
