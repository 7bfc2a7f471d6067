"""What the caller is told and how they want to be told; telephone calls about a case."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

from engine import notifications, phone_calls
from engine.delivery import wishes
from engine.delivery.wishes import WAYS, Wishes, wants_by_default
from engine.errors import NotFoundError
from engine.notifications import Kind
from engine.permissions import require_whole
from engine.queries import instances as cases
from engine.queries import notifications as queries
from webui.api import notification_schemas as schemas
from webui.api.calls import ID, Call, Calls

calls = Calls("notifications", "Notifications, wishes and telephone calls")

_CALLS = f"/process-instances/<{ID}:instance_id>/phone-calls"


@calls.lookup("/notifications", query=schemas.NotificationQuery, gives=schemas.NotificationList)
def list_notifications(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """What the caller is told, newest first."""
    require_whole(call.actor)
    kind = Kind(query["kind"]) if "kind" in query else None
    found = queries.page(call.uow, call.actor, kind=kind, unread=query["unread"], after=query.get("after"), limit=query["limit"])
    items = [{**{entry.name: getattr(row, entry.name) for entry in fields(row)}, "process_instance_id": row.instance_id}
             for row in found.rows]
    return {"items": items, "next": found.after, "unread": queries.unread(call.uow, call.actor)}


@calls.command("/notifications/read", takes=schemas.MarkRead, gives=schemas.UnreadView)
def mark_notifications_read(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Mark some, or all up to one, as read."""
    seen = [each for each in body["ids"] if queries.find(call.uow, call.actor, each) is not None]
    notifications.mark_read(call.runtime, call.uow, call.actor, seen)
    if body["up_to"] is not None:
        notifications.mark_all_read(call.runtime, call.uow, call.actor, body["up_to"])
    return {"unread": queries.unread(call.uow, call.actor)}


@calls.lookup("/notification-wishes", gives=schemas.WishesView)
def get_wishes(call: Call) -> dict[str, Any]:
    """How the caller wants to be told."""
    return _wishes(call)


@calls.command("/notification-wishes", takes=schemas.WishesView, gives=schemas.WishesView, method="PUT")
def put_wishes(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Say how the caller wants to be told."""
    choices = {(kind, way): wants_by_default(kind, way) for kind in Kind for way in WAYS}
    choices.update({(Kind(each["kind"]), each["way"]): each["is_on"] for each in body.pop("choices")})
    wishes.save(call.runtime, call.uow, call.actor, Wishes(**body, choices=choices))
    return _wishes(call)


@calls.lookup(_CALLS, gives=schemas.CallList)
def list_phone_calls(call: Call, instance_id: int) -> dict[str, Any]:
    """Who was told of a case by telephone, latest first."""
    cases.get(call.uow, call.actor, instance_id)
    return {"items": [asdict(each) for each in phone_calls.of_instance(call.uow, instance_id)]}


@calls.command(_CALLS, takes=schemas.RecordCall, gives=schemas.CallView, status=201)
def record_phone_call(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Put on record that somebody was called about a case."""
    cases.get(call.uow, call.actor, instance_id)
    made = phone_calls.record(call.runtime, call.uow, call.actor, instance_id, **body)
    found = next((each for each in phone_calls.of_instance(call.uow, instance_id) if each.id == made), None)
    if found is None:
        raise NotFoundError(kind="電話通知", id=made)
    return asdict(found)


def _wishes(call: Call) -> dict[str, Any]:
    assert call.actor.user_id is not None
    found = wishes.of(call.uow, call.actor.user_id)
    values = {name: getattr(found, name) for name in ("email", "phone", "digest_hour", "quiet_from", "quiet_to")}
    return {**values, "choices": [{"kind": kind, "way": way, "is_on": is_on} for (kind, way), is_on in found.choices.items()]}
