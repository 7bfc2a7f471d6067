"""Puts one field of a case right that was filled in wrongly: checked by its form, with a reason, with what stood there before on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from engine import definitions, instances, permissions, steps, submissions
from engine.errors import DataNotStorableError, InstanceNotActiveError, InvalidError, NotFoundError, StepFailedError
from engine.forms import Field, FieldKind, Form
from engine.history import NewEvent
from engine.model import Actor, InstanceState
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command

PERMISSION = "process-instance:correct"
#: what one line can say; files and signatures are what somebody gave, and references are chosen anew at their step
KINDS = (FieldKind.TEXT, FieldKind.LONG_TEXT, FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY, FieldKind.DATE, FieldKind.TIME,
         FieldKind.DATE_TIME, FieldKind.CHOICE, FieldKind.YES_NO)
_STATES = (InstanceState.ACTIVE, InstanceState.INCIDENT)


class NotFilledInError(InvalidError):
    """Expected a form that the case has been through."""

    code = "form_not_filled_in"
    sentence = "「{form}」還沒有填寫，或裡面沒有可以這樣更正的欄位「{field}」。"


@dataclass(frozen=True, slots=True)
class Correctable:
    """A field that can be put right."""

    #: `form.field`
    name: str
    form: Form
    field: Field
    definition_id: int
    value: Any


def correctable(runtime: Runtime, uow: UnitOfWork, instance_id: int) -> Sequence[Correctable]:
    """The fields of a case that can be put right, in the order of its forms."""
    row = steps.load(uow, instance_id)
    data = instances.inspect(runtime, uow, instance_id).variables
    return [
        Correctable(f"{form.key}.{field.name}", form, field, row.definition_id, data[form.key].get(field.name))
        for form in definitions.content(runtime, uow, row.definition_id).forms.values() if isinstance(data.get(form.key), dict)
        for field in form.fields if field.kind in KINDS and field.is_submitted and not field.personal
    ]


def correct(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, variable: str, value: Any, reason: str
) -> tuple[Correctable, Any]:
    """Put a field right (`form.field`) in every branch of the case; what stood there, and what stands there now.

    FormInvalidError by the form's own rules, which also hold for what else the form says. Nothing that was done is done again: gateways
    that were passed stay passed. What was signed before shows as changed.
    """
    row = steps.load(uow, instance_id)
    actor = permissions.require(actor, PERMISSION, row.site_id)
    if not reason.strip():
        raise InvalidError(reason="請填寫原因。")
    if row.state not in _STATES:
        raise InstanceNotActiveError(instance_id=instance_id, state=row.state)
    found = named(runtime, uow, instance_id, variable)
    submission = check(runtime, uow, actor, instance_id, found, value)
    cleaned = submission.cleaned.get(found.field.name)
    if cleaned == found.value:
        raise InvalidError(reason="這就是現在的內容。")
    _write(runtime, uow, actor, row, found, cleaned, submission.indexed, reason.strip())
    return found, cleaned


def named(runtime: Runtime, uow: UnitOfWork, instance_id: int, variable: str) -> Correctable:
    """The field of that name (`form.field`); NotFilledInError where it can't be put right."""
    found = next((each for each in correctable(runtime, uow, instance_id) if each.name == variable), None)
    if found is None:
        form, _, name = variable.partition(".")
        raise NotFilledInError(form=form[:60], field=name[:60])
    return found


def check(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, found: Correctable, value: Any) -> submissions.Submission:
    """What the form makes of the value beside what else it holds; FormInvalidError."""
    data = instances.inspect(runtime, uow, instance_id).variables
    return submissions.check(runtime, uow, found.form, {**data[found.form.key], found.field.name: value}, data, actor, instance_id)


def _write(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, row: Row[Any], found: Correctable, cleaned: Any, indexed: dict[str, Any], reason: str
) -> None:
    def act(run: Run) -> None:
        if not run.correct(found.form.key, found.field.name, cleaned):
            raise NotFoundError(kind="欄位", id=found.name)

    values = {"reason": reason, "form": found.form.key, "before": {found.field.name: found.value}, "after": {found.field.name: cleaned}}
    event = NewEvent("variable.corrected", detail={"variable": found.name}, values=values)
    # a value that is no longer there is no longer found by lists either
    shown = {found.name: indexed.get(found.name, (None, None, None))} if found.field.indexed else {}
    command = Command("correct", act, lambda: event, indexed=shown, is_refusable=True)
    try:
        steps.step(runtime, uow, actor, row, command)
    except (StepFailedError, DataNotStorableError) as error:
        raise InvalidError(reason="更正之後案件走不下去，沒有更改。") from error
