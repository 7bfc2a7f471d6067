"""Work items as the rows of a list show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.model import LIVE_WORK_ITEM_STATES, Actor
from engine.queries.inbox import InboxRow
from webui import session
from webui.listing.reader import Deadline, Reader, When, address


@dataclass(frozen=True, slots=True)
class Row:
    """A work item in words."""

    item: InboxRow
    id: int
    name: str
    procedure: str
    title: str
    number: str
    role: str
    person: str | None
    due: Deadline | None
    came: When
    #: when it was done; None for what is still to do
    done: When | None
    address: str
    claim_address: str
    #: the colleague for whom the reader would do it
    away: str | None
    is_escalated: bool
    #: whether it waits for somebody to take it
    is_open: bool
    #: whether the reader has it in hand
    is_mine: bool
    is_late: bool
    is_soon: bool


def of_items(items: Iterable[InboxRow]) -> Iterator[Row]:
    """Rows of the to-do list and of what was done."""
    reader, actor = Reader(), session.actor()
    page, claim, own_roles = address("work_item.show", "work_item_id"), address("work_item.claim", "work_item_id"), _own_roles(actor)
    for item in items:
        due = reader.due(item.due_at, item.warn_at, item.completed_at)
        yield Row(
            item, item.id, reader.worded(item.name, item.definition_id), reader.worded(item.definition_name, item.definition_id),
            item.title, item.business_key or f"#{item.instance_id}", reader.role(item.role), item.assignee_name, due,
            reader.ago(item.created_at), reader.short(item.completed_at) if item.completed_at is not None else None,
            page.of(item.id), claim.of(item.id), _away(actor, item),
            bool(item.escalated_role and item.escalated_role in own_roles and item.role not in own_roles),
            item.assignee_id is None and item.state == "open", item.assignee_id == actor.user_id, due is not None and due.level == "late",
            due is not None and due.level == "soon",
        )  # fmt: skip


def _own_roles(actor: Actor) -> frozenset[str]:
    return frozenset(grant.role for grant in actor.grants)


def _away(actor: Actor, item: InboxRow) -> str | None:
    if not actor.stand_ins or item.state not in LIVE_WORK_ITEM_STATES:
        return None
    found = actor.in_place_of((item.role, item.escalated_role), item.site_id, item.definition_key, item.assignee_id)
    return found.name if found is not None else None
