"""One-time links to a work item for somebody without an account."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from engine.company import outside_links
from engine.company.outside_links import OutsideLink
from engine.errors import NotFoundError
from engine.queries import work_items
from webui.api import link_schemas, views
from webui.api.calls import ID, Call, Calls
from webui.links.views import address_of, base_address

calls = Calls("links", "One-time links for people without an account", scope="work")

_LINKS = f"/work-items/<{ID}:work_item_id>/links"


@calls.lookup(_LINKS, gives=link_schemas.LinkList)
def list_links(call: Call, work_item_id: int) -> dict[str, Any]:
    """Links of a work item with their state, newest first. Their addresses are not kept."""
    work_items.get(call.uow, call.actor, work_item_id)
    return {"items": [_view(link) for link in outside_links.of_item(call.runtime, call.uow, work_item_id)]}


@calls.command(_LINKS, takes=link_schemas.CreateLink, gives=link_schemas.NewLinkView, status=201, once_only=("address",))
def create_link(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Make a one-time link to a work item of a tenant, owner or contractor."""
    work_items.get(call.uow, call.actor, work_item_id)
    made = outside_links.create(
        call.runtime, call.uow, call.actor, work_item_id, locale=body["locale"], recipient=body["recipient"], send_to=body["send_to"],
        base=base_address(),
    )
    link = _find(call, work_item_id, made.id)
    return {**_view(link), "address": None if link.send_to else address_of(made.token)}


@calls.command(f"{_LINKS}/<{ID}:link_id>", gives=link_schemas.LinkView, method="DELETE")
def revoke_link(call: Call, work_item_id: int, link_id: int) -> dict[str, Any]:
    """Take a link back; one that was used stays on record as it is."""
    work_items.get(call.uow, call.actor, work_item_id)
    outside_links.revoke(call.runtime, call.uow, call.actor, work_item_id, link_id)
    return _view(_find(call, work_item_id, link_id))


def _find(call: Call, work_item_id: int, link_id: int) -> OutsideLink:
    found = next((link for link in outside_links.of_item(call.runtime, call.uow, work_item_id) if link.id == link_id), None)
    if found is None:
        raise NotFoundError(kind="連結", id=link_id)
    return found


def _view(link: OutsideLink) -> dict[str, Any]:
    values = {entry.name: getattr(link, entry.name) for entry in fields(link)}
    return {**values, "created_by": views.person(link.created_by, link.created_by_name)}
