"""Vocabulary: the values that pass between the engine's parts. No behaviour beyond reading them, no input or output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

#: what a diagram's data may hold: JSON, nothing else
Json = None | bool | int | float | str | list[Any] | dict[str, Any]
JsonObject = dict[str, Any]


class InstanceState(StrEnum):
    """Where a process instance stands as a whole."""

    #: tokens move or wait
    ACTIVE = "active"
    #: every token reached an end
    COMPLETED = "completed"
    #: ended by a person before its end
    CANCELLED = "cancelled"
    #: entered by mistake: it counts nowhere, its number stays used
    VOIDED = "voided"
    #: put to rest by a manager; work items are hidden, due times stand
    SUSPENDED = "suspended"
    #: a step failed; a manager has to mend and retry
    INCIDENT = "incident"


#: the states of a case that is over
ENDED_STATES = (InstanceState.COMPLETED, InstanceState.CANCELLED, InstanceState.VOIDED)
#: the states of one that ended without having been carried out: what its forms say doesn't count
DROPPED_STATES = (InstanceState.CANCELLED, InstanceState.VOIDED)


class WorkItemState(StrEnum):
    """Where a piece of human work stands."""

    #: in the role's list, nobody has it
    OPEN = "open"
    #: somebody has it
    CLAIMED = "claimed"
    #: the assignee answers for the owner and gives it back
    DELEGATED = "delegated"
    #: a signature chain: its signers have items of their own, and nobody acts on this one
    SIGNING = "signing"
    #: done; the token moved on
    COMPLETED = "completed"
    #: the token left without it (boundary event, return, cancellation)
    WITHDRAWN = "withdrawn"


#: lists of the company over which periodic work goes and against which limits are held
COLLECTION_NAMES = ("active_units", "settled_tenants")

#: the states in which a work item can be acted on
LIVE_WORK_ITEM_STATES = (WorkItemState.OPEN, WorkItemState.CLAIMED, WorkItemState.DELEGATED)


class Channel(StrEnum):
    """By which way an act reached the system."""

    #: a staff device at the desk or a signed-in browser
    DESK = "desk"
    #: a staff member's phone on site
    PHONE = "phone"
    #: a one-time link of a person without an account
    LINK = "link"
    #: a bearer token
    API = "api"
    #: done on paper while the system was away, and entered afterwards
    PAPER = "paper"
    #: a timer, an escalation, the engine itself
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """A role that a person holds, at one site or (site_id None) at all."""

    role: str
    site_id: int | None = None


@dataclass(frozen=True, slots=True)
class StandIn:
    """A colleague who is away and for whom a person acts meanwhile."""

    user_id: int
    name: str
    #: what the colleague holds, so far as the substitute takes it over
    grants: frozenset[RoleGrant] = frozenset()
    #: only these procedures; empty for every one
    procedures: frozenset[str] = frozenset()
    #: whether all roles are taken over, and with them whatever was given to the colleague personally
    is_whole: bool = True
    #: when it ends by itself
    until: datetime | None = None

    def covers(self, roles: Iterable[str | None], site_id: int | None, definition_key: str, assignee_id: int | None) -> bool:
        """Whether a work item of these roles, that nobody or the given person has, is the colleague's to do."""
        if self.procedures and definition_key not in self.procedures:
            return False
        wanted = {role for role in roles if role}
        if assignee_id is not None:
            return assignee_id == self.user_id and (self.is_whole or any(grant.role in wanted for grant in self.grants))
        return any(grant.role in wanted and grant.site_id in (None, site_id) for grant in self.grants)


@dataclass(frozen=True, slots=True)
class LinkGrant:
    """What a one-time link opens: one work item, and the files that came by it."""

    link_id: int
    work_item_id: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, for whom and by which way. Services take it as a parameter and never look it up."""

    #: None for the system itself, and for a person without an account
    user_id: int | None
    #: display name as it was at the time
    name: str
    grants: frozenset[RoleGrant] = frozenset()
    channel: Channel = Channel.DESK
    #: the person replaced, where one is
    on_behalf_of: int | None = None
    #: when it is said to have happened, where that differs from now (a night call entered next morning)
    claimed_at: datetime | None = None
    #: of a person without an account: the link by which they came, which is all that they may do
    link: LinkGrant | None = None
    #: colleagues who are away now and whose work is this person's to do
    stand_ins: tuple[StandIn, ...] = ()
    #: of a limited bearer token: what it may do besides reading (`engine.permissions.SCOPES`); None: what the person may
    scopes: frozenset[str] | None = None
    #: whether such a token is for some of the person's roles or sites: what is the person's by name is not its own then
    is_narrowed: bool = False

    def roles(self) -> frozenset[str]:
        """Every role held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def holds_any(self, roles: Iterable[str | None], site_id: int | None) -> bool:
        """Whether the person holds one of the roles at the site."""
        return any(role and self.holds(role, site_id) for role in roles)

    def in_place_of(
        self, roles: tuple[str | None, ...], site_id: int | None, definition_key: str, assignee_id: int | None
    ) -> StandIn | None:
        """The colleague for whom the person would act on such a work item; None where it is the person's own, or nothing to them."""
        if not self.stand_ins or self.user_id is None:
            return None
        if assignee_id in (None, self.user_id):
            if self.holds_any(roles, site_id):
                return None
            assignee_id = None
        return next((each for each in self.stand_ins if each.covers(roles, site_id, definition_key, assignee_id)), None)

    def reach(self) -> frozenset[RoleGrant]:
        """What is held, with what is taken over from colleagues who are away."""
        return self.grants.union(*(each.grants for each in self.stand_ins))

    def powers(self) -> frozenset[RoleGrant]:
        """As `reach`, but only what was taken over for every procedure."""
        return self.grants.union(*(each.grants for each in self.stand_ins if not each.procedures))

    def holds(self, role: str, site_id: int | None) -> bool:
        """Whether the person holds the role at the site (or at all sites)."""
        return any(grant.role == role and (grant.site_id is None or grant.site_id == site_id) for grant in self.grants)


SYSTEM = Actor(user_id=None, name="system", channel=Channel.SYSTEM)


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A token that waits for a person, as the runner sees it."""

    #: token id, 32 hex digits
    token: str
    element_id: str
    #: the token's data (read only)
    data: Mapping[str, Any]
    #: inside a multi-instance: its item or index, else None
    item: Any = None
    #: the process that holds the element: a called one, not always the instance's own
    process_key: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A token that waits for an event: a message, a signal, a condition."""

    token: str
    element_id: str
    #: `message`, `signal`, `timer`, `conditional`
    kind: str
    #: message or signal name; None for timers
    name: str | None
    #: correlation values that a message must carry; empty for "any message of that name"
    correlation: Mapping[str, Any] = field(default_factory=dict)
    #: when a timer is due
    due_at: datetime | None = None
    #: the process that holds the element
    process_key: str = ""
    #: the token's data (read only), for correlation
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passed:
    """An element that a token entered or left during a step, in order."""

    token: str
    element_id: str
    #: `completed` or `cancelled`
    outcome: str
    #: the process that holds the element
    process_key: str = ""


@dataclass(frozen=True, slots=True)
class TokenView:
    """A position in the flow, for pages and the API."""

    token: str
    element_id: str
    #: `ready`, `waiting`, `error`
    state: str
    #: the process that holds the element
    process_key: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """A call of a catalogue operator that a service task asked for; carried out in the committing transaction."""

    #: e.g. `record.issue`
    operator: str
    element_id: str
    token: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """A message or signal that the diagram threw."""

    kind: str
    name: str
    payload: Any
    correlation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a catalogue operator."""

    name: str
    #: `text`, `amount`, `reference`, `object`, `flag`, `date` or `any`
    kind: str = "text"
    is_required: bool = True
    #: the only values, where they are few
    choices: tuple[str, ...] = ()

    def takes(self, value: Any) -> bool:
        """Whether a value is of its kind; an empty one stands for none."""
        if value is None or value == "":
            return not self.is_required
        if self.choices:
            return value in self.choices
        if self.kind == "amount":
            return _is_amount(value)
        if self.kind == "reference":
            return not isinstance(value, bool) and isinstance(value, int | str | dict)
        wanted = _KINDS.get(self.kind)
        return wanted is None or isinstance(value, wanted)


@dataclass(frozen=True, slots=True)
class Signature:
    """How a service task calls an operator; checked when it is deployed and again when it is called."""

    parameters: tuple[Parameter, ...]
    #: whether it only looks something up, so that its answer can go into the data at once
    is_reader: bool = False


#: kinds of parameters that one type of JSON answers for; `any` takes everything
_KINDS: Mapping[str, type] = {"text": str, "date": str, "flag": bool, "object": dict}


def _is_amount(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False
