"""A work item's form as data: its JSON Schema with our hints, and what it opens with."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from engine import forms, instances
from engine.content import DefinitionContent
from engine.personal_data import opens_with
from engine.queries.work_items import WorkItemRow
from engine.runtime import Reference
from webui.api.calls import Call


def form_view(call: Call, item: WorkItemRow, held: DefinitionContent) -> dict[str, Any] | None:
    """What `FormView` shows; None for an item without a form. A closed item's form opens with nothing."""
    form = held.forms.get(item.form_key) if item.form_key else None
    if form is None:
        return None
    prefill: dict[str, Any] = {}
    if item.is_live:
        me = Reference(call.actor.user_id or 0, call.actor.name)
        prefill = forms.initial(
            form, instances.inspect(call.runtime, call.uow, item.instance_id).variables, now=call.runtime.clock.now(),
            zone=ZoneInfo(call.runtime.organisation.calendar.zone), me=me,
        )
        prefill = opens_with(call.actor, item, form, prefill)
    return {"key": form.key, "title": form.title, "schema": form.schema, "prefill": prefill}
