"""Messages and signals from outside."""

from __future__ import annotations

from typing import Any

from engine import messages
from engine.permissions import require
from webui.api import instance_schemas, schemas
from webui.api.calls import Call, Calls

calls = Calls("events", "Messages and signals, to instances that wait for them or to start one", scope="start")


@calls.command("/messages", takes=schemas.Message, gives=instance_schemas.ReachedView)
def send_message(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Send a message to the instance that waits for it (name and correlation), or start one by it."""
    require(call.actor, "process-instance:send-event")
    return {"process_instances": messages.send_message(
        call.runtime, call.uow, call.actor, body["name"], body["correlation"], body["variables"],
    )}


@calls.command("/signals", takes=schemas.Signal, gives=instance_schemas.ReachedView)
def send_signal(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Send a signal to every instance that waits for it, and start those that start by it."""
    require(call.actor, "process-instance:send-event")
    return {"process_instances": messages.send_signal(call.runtime, call.uow, call.actor, body["name"], body["variables"])}
