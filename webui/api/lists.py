"""Saved filters of lists, and many work items at once."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import bulk, saved_filters
from engine.bulk import Outcome, Verb
from engine.i18n import describe
from engine.permissions import require
from webui.api import list_schemas as schemas
from webui.api.calls import ID, Call, Calls
from webui.api.people import person_id

calls = Calls("lists", "Saved filters, and many work items at once")


@calls.lookup("/saved-filters", query=schemas.SavedFilterQuery, gives=schemas.SavedFilterList)
def list_saved_filters(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The caller's own, and those shared with the caller's roles."""
    require(call.actor, "work-item:read")
    return {"items": [dataclasses.asdict(each) for each in saved_filters.listed(call.uow, call.actor, query.get("list"))]}


@calls.command("/saved-filters", takes=schemas.SaveFilter, gives=schemas.SavedFilterView, status=201)
def save_filter(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a filter; one of the caller's with the same name is replaced."""
    require(call.actor, "work-item:read")
    filter_id = saved_filters.save(
        call.runtime, call.uow, call.actor, body["list"], body["name"], body["query"], role=body["role"], is_default=body["is_default"]
    )
    return dataclasses.asdict(next(each for each in saved_filters.listed(call.uow, call.actor) if each.id == filter_id))


@calls.command(f"/saved-filters/<{ID}:filter_id>", takes=schemas.Nothing, gives=schemas.Removed, method="DELETE")
def remove_filter(call: Call, body: dict[str, Any], filter_id: int) -> dict[str, Any]:
    """Delete one of the caller's own."""
    saved_filters.remove(call.uow, call.actor, filter_id)
    return {"id": filter_id}


@calls.command("/work-items/bulk", takes=schemas.Bulk, gives=schemas.BulkOutcome)
def change_many(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Claim, assign or remind: each item by itself, so that one refusal stops no other; `dry_run` says what would be refused."""
    require(call.actor, "work-item:read")
    verb = Verb(body["verb"])
    assignee_id = person_id(call, body["assignee"]) if body["assignee"] is not None else None
    carry_out = bulk.preview if body["dry_run"] else bulk.run
    outcomes = carry_out(call.runtime, call.actor, verb, body["work_items"], assignee_id)
    return {"items": [_outcome(call, each) for each in outcomes]}


def _outcome(call: Call, outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    return {
        "work_item_id": outcome.work_item_id, "is_done": refusal is None, "code": refusal.code if refusal is not None else None,
        "reason": describe(refusal, call.locale) if refusal is not None else None,
    }
