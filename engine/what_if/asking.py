"""What a person can ask for: the procedures with how often cases come in, and the roles with how many people there are now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import definitions, permissions
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if_history as history
from engine.queries.what_if import PERMISSION
from engine.queries.what_if_history import Span
from engine.runtime import Runtime
from engine.what_if.people import count_of


@dataclass(frozen=True, slots=True)
class OfferedProcedure:
    """A procedure whose cases can come in."""

    key: str
    #: source language
    name: str
    definition_id: int
    #: cases a day in the period, brought by people
    a_day: float
    #: whether its cases begin by the calendar
    is_timed: bool
    #: whether any began in the period, by whatever
    is_known: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What there is to choose from."""

    procedures: tuple[OfferedProcedure, ...]
    #: role → people now, in the company's order
    staff: dict[str, int]


def offer(runtime: Runtime, uow: UnitOfWork, actor: Actor, since: datetime, until: datetime, site_id: int | None = None) -> Offer:
    """For a period to learn from, at a site or at all that the person sees. ForbiddenError."""
    permissions.require(actor, PERMISSION, site_id)
    sites = frozenset({site_id}) if site_id is not None else permissions.sites_where(actor, PERMISSION)
    return offered(runtime, uow, since, until, sites)


def offered(runtime: Runtime, uow: UnitOfWork, since: datetime, until: datetime, sites: frozenset[int] | None) -> Offer:
    """The same at these sites, None for all of them, whoever asks."""
    span = Span(since, min(until, runtime.clock.now()), sites)
    first = history.first_start(uow, span)
    days = max((span.until - max(since, first or since)) / timedelta(days=1), 1.0)
    counts, timed = history.start_counts(uow, span), _timed(runtime, uow)
    known = history.known(uow, span)
    called = {key for diagram in definitions.known_diagrams(runtime, uow).values() for key in diagram.called}
    procedures = [
        OfferedProcedure(info.key, info.name or info.key, info.id, counts.get(info.key, 0) / days, info.key in timed, info.key in known)
        for info in definitions.list_latest(runtime, uow) if info.key not in called or counts.get(info.key) or info.key in timed
    ]  # fmt: skip
    present = count_of(history.people(uow, sites))
    staff = {role.id: present.get(role.id, 0) for role in runtime.organisation.roles.values() if not role.is_outside}
    lanes = {element.role for diagram in definitions.known_diagrams(runtime, uow).values() for element in diagram.elements.values()}
    shown = {role: count for role, count in staff.items() if count or role in lanes}
    # the busy ones first
    return Offer(tuple(sorted(procedures, key=lambda each: (-each.a_day, not each.is_timed, each.key))), shown)


def _timed(runtime: Runtime, uow: UnitOfWork) -> set[str]:
    return {
        key for key, diagram in definitions.known_diagrams(runtime, uow).items()
        if any(event.kind == "timer" for element in diagram.start_elements for event in element.events)
    }  # fmt: skip
