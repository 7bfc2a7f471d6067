"""Messages and signals: to the instances that wait for them, or starting one. A message goes to one, a signal to all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Row, select

from engine import correlations, instances, permissions, steps
from engine.errors import ConflictError, NobodyWaitsError
from engine.history import NewEvent
from engine.model import Actor, InstanceState, JsonObject
from engine.persistence.tables import definition, event_subscription, instance, start_subscription
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.spiff.runner import Run
from engine.steps import Command
from engine.submissions import check_free


class AmbiguousMessageError(ConflictError):
    """Expected one instance to wait for the message, but several do."""

    code = "ambiguous_message"
    sentence = "有 {count} 個案件在等待訊息「{name}」，請以 business_key 或 instance_id 指明是哪一個。"


#: correlation keys that name the instance itself
_OWN_KEYS = ("business_key", "instance_id")


def send_message(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, name: str, correlation: Mapping[str, Any], variables: JsonObject
) -> list[int]:
    """Give a message to the one instance that waits for it with these correlation values, else start one; ids of the instances.

    NobodyWaitsError when nothing waits and nothing starts; AmbiguousMessageError when several wait.
    """
    permissions.require(actor, "process-instance:send-event")
    check_free(variables)
    waiting = _waiting(uow, "message", name, correlation)
    found = sorted({row.instance_id for row in waiting})
    if len(found) > 1:
        raise AmbiguousMessageError(name=name, count=len(found))
    if found:
        _deliver(runtime, uow, actor, found[0], "message", name, variables, {row.token for row in waiting})
        return found
    started = _start(runtime, uow, actor, "message", name, variables, correlation)
    if not started:
        raise NobodyWaitsError(name=name)
    return started


def send_signal(runtime: Runtime, uow: UnitOfWork, actor: Actor, name: str, variables: JsonObject) -> list[int]:
    """Give a signal to everything that waits for it, and start what begins with it; ids of the instances, which may be none."""
    permissions.require(actor, "process-instance:send-event")
    check_free(variables)
    waiting = _waiting(uow, "signal", name, {})
    found = sorted({row.instance_id for row in waiting})
    for instance_id in found:
        tokens = {row.token for row in waiting if row.instance_id == instance_id}
        _deliver(runtime, uow, actor, instance_id, "signal", name, variables, tokens)
    return found + _start(runtime, uow, actor, "signal", name, variables, {})


def _waiting(uow: UnitOfWork, kind: str, name: str, correlation: Mapping[str, Any]) -> list[Row[int, str, str]]:
    query = (
        select(event_subscription.c.instance_id, event_subscription.c.token, event_subscription.c.correlation)
        .join(instance, instance.c.id == event_subscription.c.instance_id)
        .where(event_subscription.c.kind == kind, event_subscription.c.name == name, instance.c.state == InstanceState.ACTIVE)
    )
    if "business_key" in correlation:
        query = query.where(instance.c.business_key == str(correlation["business_key"]))
    if "instance_id" in correlation:
        query = query.where(instance.c.id == int(correlation["instance_id"]))
    asked = {key: value for key, value in correlation.items() if key not in _OWN_KEYS}
    return [row for row in uow.reading.execute(query) if correlations.matches(orjson.loads(row.correlation), asked)]


def _deliver(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, kind: str, name: str, variables: JsonObject, tokens: set[str]
) -> None:
    def act(run: Run) -> None:
        run.catch(kind, name, variables, tokens - {""} or None)

    event = NewEvent(f"{kind}.received", detail={"name": name}, values={"variables": variables} if variables else {})
    submitted = {"kind": kind, "event": name, "variables": variables, "tokens": sorted(tokens)}
    steps.step(runtime, uow, actor, steps.load(uow, instance_id), Command("catch", act, lambda: event, submitted=submitted))


def _start(
    runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: str, name: str, variables: JsonObject, correlation: Mapping[str, Any]
) -> list[int]:
    query = (
        select(definition.c.key, start_subscription.c.element_id)
        .join(definition, definition.c.id == start_subscription.c.definition_id)
        .where(start_subscription.c.kind == kind, start_subscription.c.name == name, definition.c.is_latest)
    )
    key = correlation.get("business_key")
    return [
        instances.start(
            runtime,
            uow,
            actor,
            row.key,
            variables,
            start_element=row.element_id,
            payload=variables,
            business_key=None if key is None else str(key),
        ).id
        for row in uow.reading.execute(query).all()
    ]
