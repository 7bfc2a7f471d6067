"""Process instances: list, look, step in as a manager, history, drawn state."""

from __future__ import annotations

from typing import Any

import flask

from engine import corrections, data_corrections, moving
from engine import instances as services
from engine.errors import NotFoundError
from engine.permissions import require
from engine.queries import history
from engine.queries import instances as queries
from webui.api import instance_schemas, schemas, views
from webui.api.calls import ID, Call, Calls
from webui.api.drawing import diagram_svg
from webui.api.instance_filters import instance_filters
from webui.api.instance_view import instance_view

calls = Calls("process_instances", "Running and ended cases", scope="steer")

_ONE = f"/process-instances/<{ID}:instance_id>"


@calls.lookup("/process-instances", query=instance_schemas.InstanceQuery, gives=instance_schemas.InstanceList)
def list_process_instances(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Cases of the caller's sites, last moved first."""
    require(call.actor, "process-instance:read")
    page = queries.page(call.uow, call.actor, filters=instance_filters(call, query), after=query.get("after"), limit=query["limit"])
    return {"items": [views.instance(row) for row in page.rows], "next": page.after}


@calls.lookup(_ONE, gives=instance_schemas.InstanceView)
def get_process_instance(call: Call, instance_id: int) -> dict[str, Any]:
    """One case with its data and its place in the flow."""
    require(call.actor, "process-instance:read")
    return instance_view(call, instance_id)


@calls.command(f"{_ONE}/suspend", takes=schemas.Reason, gives=instance_schemas.InstanceView)
def suspend_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Put a case to rest; its work items are hidden, due times stand."""
    _visible(call, instance_id)
    services.suspend(call.runtime, call.uow, call.actor, instance_id, body["reason"])
    return instance_view(call, instance_id)


@calls.command(f"{_ONE}/resume", takes=schemas.Reason, gives=instance_schemas.InstanceView)
def resume_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Wake a suspended case."""
    _visible(call, instance_id)
    services.resume(call.runtime, call.uow, call.actor, instance_id, body["reason"])
    return instance_view(call, instance_id)


@calls.command(f"{_ONE}/cancel", takes=schemas.Reason, gives=instance_schemas.InstanceView)
def cancel_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """End a case before its end."""
    _visible(call, instance_id)
    services.cancel(call.runtime, call.uow, call.actor, instance_id, body["reason"])
    return instance_view(call, instance_id)


@calls.lookup(f"{_ONE}/move", query=instance_schemas.MoveQuery, gives=instance_schemas.MovePreview)
def preview_move(call: Call, query: dict[str, Any], instance_id: int) -> object:
    """The steps that a case can be put to; with an item and a step, what moving it there would do. Changes nothing."""
    _visible(call, instance_id)
    targets = moving.targets(call.runtime, call.uow, call.actor, instance_id)
    found: dict[str, Any] = {"steps": [{"id": each.id, "name": each.name} for each in targets], "preview": None}
    if "to" in query and "work_item_id" in query:
        seen = moving.preview(call.runtime, call.uow, call.actor, instance_id, query["work_item_id"], query["to"])
        found["preview"] = {
            "work_item_id": seen.work_item_id, "step": seen.step, "holder": seen.holder, "to": seen.place.id,
            "opened": list(seen.opened), "clocks": list(seen.clocks),
        }
    return found


@calls.command(f"{_ONE}/move", takes=instance_schemas.Move, gives=instance_schemas.InstanceView)
def move_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Withdraw an open item and let the case stand at another step, which opens anew for its role."""
    _visible(call, instance_id)
    moving.move(call.runtime, call.uow, call.actor, instance_id, body["work_item_id"], body["to"], body["reason"])
    return instance_view(call, instance_id)


@calls.command(f"{_ONE}/move/undo", takes=instance_schemas.UndoMove, gives=instance_schemas.InstanceView)
def undo_move(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Move a case back, while nobody has acted since."""
    _visible(call, instance_id)
    moving.undo(call.runtime, call.uow, call.actor, instance_id, body["history_seq"])
    return instance_view(call, instance_id)


@calls.command(f"{_ONE}/retry", takes=instance_schemas.Retry, gives=instance_schemas.InstanceView)
def retry_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Run a case's failed steps again with what was submitted then."""
    _visible(call, instance_id)
    pending = [entry.id for entry in reversed(queries.incidents(call.uow, instance_id)) if entry.resolved_at is None]
    wanted = body["incident_id"]
    if not pending or (wanted is not None and wanted not in pending):
        raise NotFoundError(kind="異常", id=wanted or instance_id)
    for incident_id in pending if wanted is None else [wanted]:
        services.retry(call.runtime, call.uow, call.actor, incident_id)
    return instance_view(call, instance_id)


@calls.lookup(f"{_ONE}/history", query=schemas.Paging, gives=instance_schemas.HistoryList)
def list_history(call: Call, query: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """What happened in a case, in order."""
    _visible(call, instance_id)
    page = history.page(call.uow, instance_id, after=query.get("after"), limit=query["limit"])
    return {"items": [views.history_event(row) for row in page.rows], "next": page.after}


@calls.command(f"{_ONE}/history/<{ID}:seq>/correct-time", takes=instance_schemas.CorrectTime, gives=instance_schemas.CorrectionView)
def correct_time(call: Call, body: dict[str, Any], instance_id: int, seq: int) -> dict[str, Any]:
    """Say that an event happened at another time. Limits are measured anew; a closed month keeps its figures."""
    _visible(call, instance_id)
    found = corrections.correct_time(call.runtime, call.uow, call.actor, instance_id, seq, body["happened_at"], body["reason"])
    return {"seq": found.seq, "before": found.before, "after": found.after, "limits": list(found.limits), "kept": list(found.kept)}


@calls.lookup(f"{_ONE}/correctable-fields", gives=instance_schemas.CorrectableList)
def list_correctable_fields(call: Call, instance_id: int) -> dict[str, Any]:
    """The fields that `correct` can put right in a case, with what each holds and what its form takes for it."""
    require(call.actor, data_corrections.PERMISSION, _visible(call, instance_id).site_id)
    found = data_corrections.correctable(call.runtime, call.uow, instance_id)
    return {"items": [{"variable": each.name, "title": each.field.title, "kind": each.field.kind.value, "value": each.value,
                       "schema": each.form.schema["properties"][each.field.name]} for each in found]}  # fmt: skip


@calls.lookup(f"{_ONE}/diagram.svg", gives=None, content_type="image/svg+xml")
def get_process_instance_diagram(call: Call, instance_id: int) -> flask.Response:
    """The case's diagram, drawn with what is done and where it stands."""
    return flask.Response(diagram_svg(call, instance_id), mimetype="image/svg+xml")


def _visible(call: Call, instance_id: int) -> queries.InstanceRow:
    require(call.actor, "process-instance:read")
    return queries.get(call.uow, call.actor, instance_id)
