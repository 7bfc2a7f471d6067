"""Turns rows of the read side into what the schemas show. Asks nothing of the store."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from engine.i18n import fill, translate
from engine.queries.history import HistoryRow
from engine.queries.inbox import InboxRow
from engine.queries.instances import IncidentRow, InstanceRow
from engine.queries.work_items import WorkItemRow
from engine.steps import StepResult


def work_item(row: InboxRow | WorkItemRow) -> dict[str, Any]:
    """A work item of a list or of a page."""
    values = {entry.name: getattr(row, entry.name) for entry in fields(row)}
    return {
        **values,
        "process_instance_id": row.instance_id,
        "key": row.definition_key,
        "assignee": person(row.assignee_id, row.assignee_name),
        "owner": person(row.owner_id, values.get("owner_name")),
        "completed_by": person(row.completed_by, values.get("completed_by_name")),
    }


def instance(row: InstanceRow) -> dict[str, Any]:
    """A case of a list. `version` is the definition's: the instance's own counts steps and is nobody's business."""
    return {
        **{entry.name: getattr(row, entry.name) for entry in fields(row)},
        "key": row.definition_key,
        "version": row.definition_version,
        "started_by": person(row.started_by, row.started_by_name),
    }


def incident(row: IncidentRow, locale: str) -> dict[str, Any]:
    """A failed step, in the reader's language."""
    message = fill(translate(locale, row.message.get("sentence", "")), row.message.get("data", {}))
    return {"id": row.id, "element_id": row.element_id, "code": row.code, "message": message, "created_at": row.created_at}


def history_event(row: HistoryRow) -> dict[str, Any]:
    """One event of a case."""
    return {**{entry.name: getattr(row, entry.name) for entry in fields(row)}, "actor": person(row.actor_id, row.actor_name)}


def person(user_id: int | None, name: str | None) -> dict[str, Any] | None:
    """Somebody, where there is somebody."""
    return None if user_id is None else {"id": user_id, "name": name}


def step(result: StepResult) -> dict[str, Any]:
    """What a command led to."""
    return {
        "process_instance_id": result.instance_id, "state": result.state, "work_items": result.new_work_items,
        "incident_id": result.incident_id,
    }
