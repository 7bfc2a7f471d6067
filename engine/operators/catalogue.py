"""The operators by name. A service task names one and gives its parameters as expressions; it reaches nothing else of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import instances, records, steps
from engine.errors import InvalidError
from engine.model import Actor

if TYPE_CHECKING:
    from engine.persistence.unit_of_work import UnitOfWork
    from engine.runtime import Operator, Runtime


class ParameterMissingError(InvalidError):
    """A service task calls an operator without a parameter that it needs."""

    code = "operator_parameter_missing"
    sentence = "服務「{operator}」缺少參數「{parameter}」。"


def notify(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Tell a role of the case's site something: `role`, `text`. Queued with the step, sent once."""
    row = steps.load(uow, instance_id)
    payload = {"role": _needed("notify", parameters, "role"), "text": _needed("notify", parameters, "text"), "instance_id": instance_id}
    key = f"notify-{instance_id}-{row.history_seq}-{parameters['role']}"
    runtime.outbox.enqueue(uow.writing, "notify", key, {**payload, "site_id": row.site_id})
    uow.after_commit(runtime.outbox.wake)


def start_linked(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Start an instance of its own that lives beside this one: `process`, `variables` (an object)."""
    key = _needed("instance.start_linked", parameters, "process")
    row = steps.load(uow, instance_id)
    instances.start(runtime, uow, actor, str(key), dict(parameters.get("variables") or {}), site_id=row.site_id, parent_id=instance_id)


def issue_record(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, parameters: Mapping[str, Any]) -> None:
    """Give the case its numbered record: `record` names the template; `frozen`: a record of its own each time, as things stand then."""
    key = str(_needed("record.issue", parameters, "record"))
    records.issue(runtime, uow, actor, instance_id, key, frozen=bool(parameters.get("frozen", False)))


def _needed(operator: str, parameters: Mapping[str, Any], name: str) -> Any:
    value = parameters.get(name)
    if value in (None, ""):
        raise ParameterMissingError(operator=operator, parameter=name)
    return value


#: by name, as a service task gives it
OPERATORS: Mapping[str, Operator] = {"notify": notify, "instance.start_linked": start_linked, "record.issue": issue_record}
