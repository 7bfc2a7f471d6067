"""Which procedures a person may start by hand, under their headings."""

from __future__ import annotations

from dataclasses import dataclass

from engine import definitions, linked_cases
from engine.content import DefinitionContent
from engine.errors import ForbiddenError, NotFoundError
from engine.model import Actor
from engine.permissions import may
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded

#: roles that may start whatever has a start by hand
_ANY = frozenset({"administrator", "manager"})


class StartNotAllowedError(ForbiddenError):
    """The person holds no role that starts the procedure."""

    code = "start_not_allowed"
    sentence = "您的角色不能發起「{procedure}」。如有需要，請聯絡系統管理員。"


@dataclass(frozen=True, slots=True)
class Offer:
    """One procedure."""

    key: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class OfferGroup:
    """Procedures under a heading."""

    title: str
    offers: tuple[Offer, ...]


def offers(actor: Actor) -> tuple[OfferGroup, ...]:
    """What the person may start, by group and name."""
    groups: dict[str, list[Offer]] = {}
    for info in definitions.list_latest(runtime_of(), current()):
        held = content(info.id)
        if may_start(actor, held) and not held.diagram.is_hidden:
            groups.setdefault(worded(held.diagram.group, info.id), []).append(
                Offer(info.key, worded(info.name, info.id), worded(held.diagram.documentation, info.id))
            )
    return tuple(OfferGroup(title, tuple(sorted(found, key=lambda offer: offer.name))) for title, found in sorted(groups.items()))


def may_start(actor: Actor, held: DefinitionContent) -> bool:
    """Whether the person may start it by hand."""
    wanted = held.diagram.start_roles
    has_role = not wanted or not actor.roles().isdisjoint({*wanted, *_ANY})
    return held.diagram.start_by_hand is not None and has_role and may(actor, "process-instance:start")


def linked_offers(actor: Actor, case_id: int) -> tuple[Offer, ...]:
    """What the person may start beside a case, by name."""
    found = (held for held in linked_cases.offered(runtime_of(), current(), case_id) if may_start(actor, held))
    made = (Offer(held.key, worded(held.name, held.id), worded(held.diagram.documentation, held.id)) for held in found)
    return tuple(sorted(made, key=lambda offer: offer.name))


def startable(actor: Actor, key: str, parent_id: int | None = None) -> DefinitionContent:
    """The current version of a procedure. NotFoundError, or ForbiddenError where the person may not start it."""
    held = content(definitions.latest(runtime_of(), current(), key).id)
    if held.diagram.start_by_hand is None or (held.diagram.is_hidden and parent_id is None):
        raise NotFoundError(kind="流程", id=key)
    if not may_start(actor, held):
        raise StartNotAllowedError(procedure=worded(held.name, held.id))
    return held
