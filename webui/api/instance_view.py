"""One case as the interface shows it: the row, the engine's look at its data and tokens, its open work items and incidents."""

from __future__ import annotations

from typing import Any

from engine import instances as services
from engine.personal_data import covered_data
from engine.queries import instances as queries
from engine.queries import work_items
from webui.api import views
from webui.api.calls import Call


def instance_view(call: Call, instance_id: int) -> dict[str, Any]:
    """What `InstanceView` shows. NotFoundError where the case isn't the caller's to see."""
    row = queries.get(call.uow, call.actor, instance_id)
    inside = services.inspect(call.runtime, call.uow, instance_id)
    items = [item for item in work_items.of_instance(call.uow, instance_id) if item.is_live]
    incidents = [entry for entry in queries.incidents(call.uow, instance_id) if entry.resolved_at is None]
    return {
        **views.instance(row),
        # papers of identity have a call of their own, which puts the look on record
        "variables": covered_data(call.runtime, call.uow, instance_id, inside.variables),
        "work_items": [views.work_item(item) for item in items],
        "tokens": inside.tokens,
        "completed_elements": inside.completed_elements,
        "end_events": inside.end_events,
        "incidents": [views.incident(entry, call.locale) for entry in incidents],
    }
