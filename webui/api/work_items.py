"""Work items: the inbox, one item with its form, and everything a person does with it."""

from __future__ import annotations

import dataclasses
from typing import Any

from engine import definitions, instances, paper_entries, work_items
from engine.model import Actor, WorkItemState
from engine.paper_entries import Paper
from engine.permissions import require
from engine.queries import inbox, work_item_search
from engine.queries import work_items as queries
from engine.queries.paging import Page
from webui.api import schemas, views, work_item_schemas
from webui.api.calls import ID, Call, Calls
from webui.api.form_view import form_view
from webui.api.people import person_id

calls = Calls("work_items", "Pieces of human work", scope="work")

_ONE = f"/work-items/<{ID}:work_item_id>"


@calls.lookup("/work-items", query=work_item_schemas.WorkItemQuery, gives=work_item_schemas.WorkItemList)
def list_work_items(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """The caller's inbox, newest first; other people's items, roles and states for those who may read any."""
    require(call.actor, "work-item:read")
    page = _own(call, query) if _is_own(call.actor, query) else _any(call, query)
    # a token for some roles or sites doesn't tell what else is the person's own
    shown = [row for row in page.rows if not call.actor.is_narrowed or call.actor.holds_any((row.role, row.escalated_role), row.site_id)]
    return {"items": [views.work_item(row) for row in shown], "next": page.after}


@calls.lookup(_ONE, gives=work_item_schemas.WorkItemDetail)
def get_work_item(call: Call, work_item_id: int) -> dict[str, Any]:
    """One work item with its form, what the form starts with, and where it can be returned to."""
    item = queries.get(call.uow, call.actor, work_item_id)
    held = definitions.content(call.runtime, call.uow, item.definition_id)
    element = held.diagram.elements.get(item.element_id)
    earlier = instances.returnable_elements(call.runtime, call.uow, work_item_id) if item.is_live else []
    return {
        **views.work_item(item),
        "form": form_view(call, item, held),
        "instructions": element.instructions if element is not None else "",
        "returnable_elements": earlier,
    }


@calls.command(f"{_ONE}/claim", takes=schemas.Nothing, gives=work_item_schemas.WorkItemView)
def claim_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Take an unassigned work item of one of the caller's roles."""
    work_items.claim(call.runtime, call.uow, call.actor, work_item_id)
    return _view(call, work_item_id)


@calls.command(f"{_ONE}/unclaim", takes=schemas.Nothing, gives=work_item_schemas.WorkItemView)
def unclaim_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Put a work item back for its role."""
    queries.get(call.uow, call.actor, work_item_id)
    work_items.unclaim(call.runtime, call.uow, call.actor, work_item_id)
    return _view(call, work_item_id)


@calls.command(f"{_ONE}/assign", takes=work_item_schemas.Assign, gives=work_item_schemas.WorkItemView, scope="steer")
def assign_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Give a work item to a person, whoever has it now."""
    work_items.assign(call.runtime, call.uow, call.actor, work_item_id, person_id(call, body["assignee"]))
    return _view(call, work_item_id)


@calls.command(f"{_ONE}/delegate", takes=work_item_schemas.Delegate, gives=work_item_schemas.WorkItemView)
def delegate_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Have another person answer; the owner stays and gets it back."""
    work_items.delegate(call.runtime, call.uow, call.actor, work_item_id, person_id(call, body["to"]))
    return _view(call, work_item_id)


@calls.command(f"{_ONE}/resolve", takes=work_item_schemas.Resolve, gives=work_item_schemas.WorkItemView)
def resolve_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Give a delegated work item back to its owner."""
    queries.get(call.uow, call.actor, work_item_id)
    work_items.resolve(call.runtime, call.uow, call.actor, work_item_id, body["variables"])
    return _view(call, work_item_id)


@calls.command(f"{_ONE}/complete", takes=work_item_schemas.Complete, gives=work_item_schemas.StepView)
def complete_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Submit the form; the token moves on."""
    if body["paper"] is not None:
        entered = paper_entries.complete(call.runtime, call.uow, call.actor, work_item_id, body["variables"], Paper(**body["paper"]))
        return views.step(entered)
    actor = dataclasses.replace(call.actor, claimed_at=body["claimed_at"]) if body["claimed_at"] else call.actor
    step = work_items.complete(call.runtime, call.uow, actor, work_item_id, body["variables"])
    return views.step(step)


@calls.command(f"{_ONE}/return", takes=work_item_schemas.Return, gives=work_item_schemas.StepView)
def return_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Send the case back to an earlier element."""
    step = work_items.return_to(call.runtime, call.uow, call.actor, work_item_id, body["element_id"], body["reason"])
    return views.step(step)


def _is_own(actor: Actor, query: dict[str, Any]) -> bool:
    """Whether the inbox answers it; everything else is a search, which not everybody may do."""
    return (
        query.get("assignee") in (None, "me", actor.user_id)
        and query.get("state") in (None, WorkItemState.OPEN, WorkItemState.COMPLETED)
        and query.get("role") in (None, *(grant.role for grant in actor.reach()))
        and "process_instance_id" not in query
    )


def _own(call: Call, query: dict[str, Any]) -> Page[inbox.InboxRow]:
    state = query.get("state")
    holder = inbox.Holder.MINE if "assignee" in query else inbox.Holder.UNCLAIMED if state == WorkItemState.OPEN else inbox.Holder.ANY
    filters = inbox.Filters(query.get("role"), query.get("key"), query["q"], query.get("due_before"), holder=holder)
    if state == WorkItemState.COMPLETED:
        return inbox.done(call.uow, call.actor, filters=filters, after=query.get("after"), limit=query["limit"])
    return inbox.todo(call.uow, call.actor, filters=filters, sort=inbox.Sort.CREATED, after=query.get("after"), limit=query["limit"])


def _any(call: Call, query: dict[str, Any]) -> Page[queries.WorkItemRow]:
    assignee = query.get("assignee")
    mine = assignee in ("me", call.actor.user_id)
    # of one's own items every state may be asked for
    if not mine:
        require(call.actor, "work-item:read-any")
    assignee_id = call.actor.user_id if mine else None if assignee is None else person_id(call, assignee)
    filters = work_item_search.SearchFilters(
        state=query.get("state"), assignee_id=assignee_id, role=query.get("role"), definition_key=query.get("key"),
        instance_id=query.get("process_instance_id"), due_before=query.get("due_before"), q=query["q"],
    )
    return work_item_search.page(call.uow, call.actor, filters, after=query.get("after"), limit=query["limit"])


def _view(call: Call, work_item_id: int) -> dict[str, Any]:
    return views.work_item(queries.find(call.uow, work_item_id))

