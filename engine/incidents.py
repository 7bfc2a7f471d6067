"""Tries the step of an incident again, with what was submitted then: nobody types anything twice, and no file or signature is lost."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import Row, select, update

from engine import definitions, permissions, steps, submissions
from engine.errors import InstanceNotActiveError, NotFoundError
from engine.history import NewEvent
from engine.model import Actor, InstanceState
from engine.persistence.tables import incident, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command, StepResult


def retry(runtime: Runtime, uow: UnitOfWork, actor: Actor, incident_id: int) -> StepResult:
    """Try the step of an incident again, with what was submitted then."""
    found = uow.reading.execute(select(incident).where(incident.c.id == incident_id)).one_or_none()
    if found is None:
        raise NotFoundError(kind="異常", id=incident_id)
    row = steps.load(uow, found.instance_id)
    actor = permissions.require(actor, "process-instance:retry", row.site_id)
    if row.state != InstanceState.INCIDENT:
        raise InstanceNotActiveError(instance_id=row.id, state=row.state)
    if found.resolved_at is not None:
        raise InstanceNotActiveError(instance_id=found.instance_id, state="已處理")
    submitted = orjson.loads(found.submitted)
    command = _command_again(found, submitted, row.business_key)
    _bind_again(runtime, uow, row, found, submitted, command)
    compiled = definitions.compiled(runtime, uow, row.definition_id, steps.bound(row))
    run = Run.new(compiled, runtime.sandbox, runtime.clock, runtime.settings) if submitted["command"] == "start" else None
    result = steps.step(runtime, uow, actor, row, command, fresh=run)
    if result.incident_id is None:
        now = runtime.clock.now()
        connection = uow.writing
        connection.execute(update(incident).where(incident.c.id == incident_id).values(resolved_at=now, resolved_by=actor.user_id))
        left = connection.execute(
            select(incident.c.id).where(incident.c.instance_id == row.id, incident.c.resolved_at.is_(None)).limit(1)
        ).scalar()
        state = InstanceState.INCIDENT if left is not None else result.state
        connection.execute(update(instance).where(instance.c.id == row.id).values(state=state, incident_count=0 if left is None else 1))
        return StepResult(result.instance_id, state, result.new_work_items)
    connection = uow.writing
    # the new incident stands for the old one
    connection.execute(
        update(incident).where(incident.c.id == incident_id).values(resolved_at=runtime.clock.now(), resolved_by=actor.user_id)
    )
    connection.execute(update(instance).where(instance.c.id == row.id).values(incident_count=1))
    return result


def _command_again(found: Row[Any], submitted: dict[str, Any], business_key: str | None) -> Command:
    name = submitted["command"]

    def act(run: Run) -> None:
        if name == "start":
            run.begin(submitted["variables"], submitted.get("start_element"), submitted.get("payload"))
            run.book(business_key=business_key, instance_id=found.instance_id)
        elif name == "complete":
            run.complete(submitted["token"], submitted["variables"])
        elif name == "catch":
            run.catch(submitted["kind"], submitted["event"], submitted["variables"], set(submitted["tokens"]))
        elif name == "return":
            run.return_to(submitted["token"], submitted["element_id"], submitted.get("data"))
        else:
            run.refresh()

    event = NewEvent("incident.resolved", found.element_id, found.token, {"incident": found.id, "command": name})
    completes = submitted["token"] if name in ("complete", "return") else None
    return Command(
        name, act, lambda: event, submitted={key: value for key, value in submitted.items() if key != "command"}, completes=completes
    )


def _bind_again(runtime: Runtime, uow: UnitOfWork, row: Row[Any], found: Row[Any], submitted: dict[str, Any], command: Command) -> None:
    """Files, signatures and list variables of the form that the failed step carried: they are written with the step that succeeds."""
    content = definitions.instance_content(runtime, uow, row.definition_id, steps.bound(row))
    token: str | None = None
    if submitted["command"] == "start":
        start_element = submitted.get("start_element")
        element = content.own.diagram.elements.get(start_element) if start_element else content.own.diagram.start_by_hand
        form = content.form(content.own.key, element.form if element is not None else None)
    elif submitted["command"] == "complete":
        token = submitted["token"]
        query = select(work_item.c.definition_key, work_item.c.element_id)
        item = uow.reading.execute(query.where(work_item.c.instance_id == row.id, work_item.c.token == token)).one()
        element = content.element(item.definition_key, item.element_id)
        form = content.form(item.definition_key, element.form if element is not None else None)
    else:
        return
    submission = submissions.accepted_before(form, submitted["variables"], found.created_at)
    submitter = Actor(found.actor_id, submissions.name_of(uow, found.actor_id))
    command.indexed = submission.indexed
    command.then = submission.then(submitter, token, element)
