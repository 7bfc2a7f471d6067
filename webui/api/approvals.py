"""Signature chains (會簽), copies and nudges: all but the signature itself, which is given by completing the item."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from engine import approvals, attention, instances, signatures
from engine.errors import NotFoundError
from engine.permissions import require, require_whole
from engine.queries import approvals as queries
from engine.queries import instances as cases
from engine.queries import work_items
from webui.api import approval_schemas, instance_schemas, schemas, views, work_item_schemas
from webui.api.calls import ID, Call, Calls
from webui.api.instance_view import instance_view
from webui.api.people import person_id

calls = Calls("approvals", "Signature chains, copies and nudges", scope="work")

_CASE = f"/process-instances/<{ID}:instance_id>"
_ITEM = f"/work-items/<{ID}:work_item_id>"
_PART = f"/approvals/<{ID}:approval_id>"


@calls.lookup(f"{_CASE}/approvals", gives=approval_schemas.ApprovalList)
def list_approvals(call: Call, instance_id: int) -> dict[str, Any]:
    """Every signer of every round, with what they said."""
    _visible(call, instance_id)
    return {"items": [_part(row) for row in queries.of_instance(call.uow, instance_id)]}


@calls.lookup(f"{_CASE}/signatures", gives=approval_schemas.SignatureList)
def list_signatures(call: Call, instance_id: int) -> dict[str, Any]:
    """Drawn signatures, and what of the content that was signed is no longer what it was."""
    _visible(call, instance_id)
    data = instances.inspect(call.runtime, call.uow, instance_id).variables
    changed = signatures.changes_since(call.runtime, call.uow, instance_id, data)
    rows = queries.signatures(call.uow, instance_id)
    return {"items": [
        {**{entry.name: getattr(row, entry.name) for entry in fields(row)}, "is_unchanged": not changed.get(row.id),
         "changed_fields": list(changed.get(row.id, ()))}
        for row in rows
    ]}


@calls.command(f"{_ITEM}/signers", takes=approval_schemas.AddSigner, gives=work_item_schemas.StepView)
def add_signer(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Add a signer before, beside or after the one whose work item it is."""
    work_items.get(call.uow, call.actor, work_item_id)
    person = None if body["person"] is None else person_id(call, body["person"])
    step = approvals.add_signer(
        call.runtime, call.uow, call.actor, work_item_id, place=body["place"], role=body["role"], person_id=person, reason=body["reason"]
    )
    return views.step(step)


@calls.command(f"{_ITEM}/hand-over", takes=approval_schemas.HandOver, gives=work_item_schemas.StepView)
def hand_over_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Let another person sign in this one's place."""
    work_items.get(call.uow, call.actor, work_item_id)
    to = person_id(call, body["to"])
    return views.step(approvals.hand_over(call.runtime, call.uow, call.actor, work_item_id, to, body["reason"]))


@calls.command(f"{_ITEM}/nudge", takes=schemas.Nothing, gives=approval_schemas.NudgeView)
def nudge_work_item(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Ask whoever has an item to hurry; once an hour."""
    done = attention.nudge(call.runtime, call.uow, call.actor, work_item_id)
    return {"work_item_id": done.work_item_id, "at": done.at, "again_at": done.again_at}


@calls.command(f"{_PART}/withdraw", takes=schemas.Nothing, gives=work_item_schemas.StepView)
def withdraw_approval(call: Call, body: dict[str, Any], approval_id: int) -> dict[str, Any]:
    """Take one's own decision back while nobody after has acted and the token has not moved."""
    _visible_part(call, approval_id)
    return views.step(approvals.withdraw(call.runtime, call.uow, call.actor, approval_id))


@calls.command(f"{_PART}/remove", takes=schemas.Reason, gives=work_item_schemas.StepView)
def remove_signer(call: Call, body: dict[str, Any], approval_id: int) -> dict[str, Any]:
    """Take an undecided signer off."""
    _visible_part(call, approval_id)
    return views.step(approvals.remove_signer(call.runtime, call.uow, call.actor, approval_id, body["reason"]))


@calls.command(f"{_CASE}/revoke", takes=schemas.GivenReason, gives=instance_schemas.InstanceView)
def revoke_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """End a case that the caller started."""
    _visible(call, instance_id)
    instances.revoke(call.runtime, call.uow, call.actor, instance_id, body["reason"])
    return instance_view(call, instance_id)


@calls.command(f"{_CASE}/copies", takes=approval_schemas.CopyTo, gives=approval_schemas.ReaderList)
def copy_process_instance(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Let colleagues read along; whoever has a copy already keeps it."""
    _visible(call, instance_id)
    people = [person_id(call, each) for each in body["people"]]
    attention.copy(call.runtime, call.uow, call.actor, instance_id, people)
    return _readers(call, instance_id)


@calls.lookup(f"{_CASE}/copies", gives=approval_schemas.ReaderList)
def list_readers(call: Call, instance_id: int) -> dict[str, Any]:
    """Who has a copy, and whether they have looked."""
    _visible(call, instance_id)
    return _readers(call, instance_id)


@calls.lookup("/copies", query=approval_schemas.CopyQuery, gives=approval_schemas.CopyList)
def list_copies(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Cases copied to the caller, newest first."""
    require_whole(call.actor)
    page = queries.copies(call.uow, call.actor, queries.CopyFilters(query["unread"]), after=query.get("after"), limit=query["limit"])
    items = [{**{entry.name: getattr(row, entry.name) for entry in fields(row)}, "process_instance_id": row.instance_id,
              "key": row.definition_key} for row in page.rows]
    return {"items": items, "next": page.after}


@calls.command(f"{_CASE}/read", takes=schemas.Nothing, gives=approval_schemas.ReadView)
def read_copy(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Say that the caller has looked at a case that was copied to them."""
    _visible(call, instance_id)
    return {"was_unread": attention.mark_read(call.runtime, call.uow, call.actor, instance_id)}


def _visible(call: Call, instance_id: int) -> None:
    require(call.actor, "process-instance:read")
    cases.get(call.uow, call.actor, instance_id)


def _visible_part(call: Call, approval_id: int) -> None:
    part = queries.get(call.uow, approval_id)
    if part is None:
        raise NotFoundError(kind="會簽", id=approval_id)
    _visible(call, part.instance_id)


def _part(row: queries.PartRow) -> dict[str, Any]:
    return {
        **{entry.name: getattr(row, entry.name) for entry in fields(row)},
        "person": views.person(row.person_id, row.person_name),
        "decided_by": views.person(row.decided_by, row.decided_by_name),
        "added_by": views.person(row.added_by, row.added_by_name),
    }


def _readers(call: Call, instance_id: int) -> dict[str, Any]:
    rows = queries.readers(call.uow, instance_id)
    return {"items": [{"person": views.person(row.user_id, row.name), "at": row.at, "read_at": row.read_at} for row in rows]}
