"""What a play-ahead learns from: cases that came in, steps that people completed, what they submitted, and what is open now.

Values of forms are read to be played again in memory, and are kept nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, func, or_, select

from engine.model import Channel, InstanceState, JsonObject, WorkItemState
from engine.persistence.tables import due, history_event, history_value, instance, limit_clock, role_grant, user, work_item
from engine.persistence.unit_of_work import UnitOfWork

#: completions that are learned from, the latest ones
MOST_COMPLETIONS = 200_000
#: cases of a procedure whose ways and values are played again, the latest ones
MOST_CASES = 200
#: open cases that are taken over, those that moved last
MOST_OPEN = 5_000
_SLICE = 100
#: what is played again of a case
_ACTS = (
    "instance.started", "work_item.completed", "work_item.returned", "approval.decided", "message.received",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """What may be learned from."""

    since: datetime
    #: not included
    until: datetime
    #: None for all sites
    sites: frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Completion:
    """A step that a person completed."""

    process: str
    element_id: str
    role: str
    is_outside: bool
    created_at: datetime
    #: None where nobody had taken it before
    claimed_at: datetime | None
    completed_at: datetime
    person_id: int | None


@dataclass(frozen=True, slots=True)
class PastAct:
    """Something that was done in a case."""

    instance_id: int
    type: str
    at: datetime
    #: of the process that holds the element; None for what isn't done at an item
    process: str | None
    element_id: str | None
    detail: JsonObject
    #: as history has them; None where they were erased
    values: JsonObject | None
    is_system: bool


@dataclass(frozen=True, slots=True)
class PastCase:
    """A case with what was done in it, in order."""

    site_id: int | None
    acts: list[PastAct]


def starts(uow: UnitOfWork, span: Span) -> Iterator[tuple[str, datetime]]:
    """Cases that people, or other programs, began in the period: procedure and moment. What the diagrams begin by themselves isn't among
    them.
    """
    first = and_(history_event.c.instance_id == instance.c.id, history_event.c.seq == 1)
    query = (
        select(instance.c.definition_key, instance.c.started_at)
        .join(history_event, first)
        .where(*_begun(span)).order_by(instance.c.started_at, instance.c.id)
    )  # fmt: skip
    for row in uow.reading.execute(query, execution_options={"yield_per": 2000}):
        yield row[0], row[1]


def start_counts(uow: UnitOfWork, span: Span) -> dict[str, int]:
    """Of each procedure, how many cases began in the period as `starts` gives them."""
    query = (
        select(instance.c.definition_key, func.count())
        .join(history_event, and_(history_event.c.instance_id == instance.c.id, history_event.c.seq == 1))
        .where(*_begun(span)).group_by(instance.c.definition_key)
    )  # fmt: skip
    return {row[0]: row[1] for row in uow.reading.execute(query)}


def known(uow: UnitOfWork, span: Span) -> set[str]:
    """Procedures of which any case began in the period, by whatever."""
    query = select(instance.c.definition_key).where(instance.c.started_at >= span.since, instance.c.started_at < span.until)
    return set(uow.reading.execute(query.where(*_at_sites(span.sites)).distinct()).scalars())


def first_start(uow: UnitOfWork, span: Span) -> datetime | None:
    """When the earliest case of the period began: before it there was no history to learn from."""
    query = select(func.min(instance.c.started_at)).where(instance.c.started_at >= span.since, *_at_sites(span.sites))
    found: datetime | None = uow.reading.execute(query).scalar()
    return found


def completions(uow: UnitOfWork, span: Span) -> list[Completion]:
    """Steps that were completed in the period, in the order in which that was."""
    item = work_item.c
    query = (
        select(item.definition_key, item.element_id, item.role, item.outside, item.created_at, item.claimed_at, item.completed_at,
               item.completed_by)
        .where(item.state == WorkItemState.COMPLETED, item.completed_at >= span.since, item.completed_at < span.until)
        .order_by(item.completed_at.desc(), item.id.desc()).limit(MOST_COMPLETIONS)
    )  # fmt: skip
    if span.sites is not None:
        query = query.where(or_(item.site_id.is_(None), item.site_id.in_(sorted(span.sites))))
    rows = uow.reading.execute(query).all()
    return [Completion(row[0], row[1], row[2], row[3] is not None, *row[4:]) for row in reversed(rows)]


def past_cases(uow: UnitOfWork, span: Span, key: str) -> list[PastCase]:
    """The latest cases of a procedure that moved in the period: those that were carried out to their end, or where there is none of
    these those under way.
    """
    found: list[Row[int, int | None]] = []
    for state in (InstanceState.COMPLETED, InstanceState.ACTIVE):
        query = select(instance.c.id, instance.c.site_id).where(
            instance.c.definition_key == key, instance.c.state == state, instance.c.moved_at >= span.since,
            instance.c.started_at < span.until, *_at_sites(span.sites),
        )  # fmt: skip
        query = query.order_by(instance.c.moved_at.desc(), instance.c.id.desc()).limit(MOST_CASES)
        # what has ended tells the whole way; what is under way only where nothing else is known
        if not found:
            found += uow.reading.execute(query).all()
    cases = []
    for begin in range(0, len(found), _SLICE):
        rows = found[begin : begin + _SLICE]
        acts = _acts(uow, [row.id for row in rows])
        cases += [PastCase(row.site_id, acts[row.id]) for row in rows if row.id in acts]
    return cases


def _acts(uow: UnitOfWork, ids: Sequence[int]) -> dict[int, list[PastAct]]:
    event, value = history_event.c, history_value.c
    query = (
        select(event.instance_id, event.type, func.coalesce(event.claimed_at, event.at).label("at"), work_item.c.definition_key,
               event.element_id, event.detail, value.body, event.values_digest, event.channel)
        .select_from(
            history_event
            .outerjoin(history_value, and_(value.instance_id == event.instance_id, value.seq == event.seq))
            .outerjoin(work_item, and_(work_item.c.instance_id == event.instance_id, work_item.c.token == event.token))
        )
        .where(event.instance_id.in_(ids), event.type.in_(_ACTS))
        .order_by(event.instance_id, event.seq)
    )  # fmt: skip
    found: dict[int, list[PastAct]] = {}
    for row in uow.reading.execute(query):
        is_erased = row.body is None and row.values_digest is not None
        values = None if is_erased else orjson.loads(row.body) if row.body is not None else {}
        act = PastAct(row.instance_id, row.type, row.at, row.definition_key, row.element_id, orjson.loads(row.detail or "{}"), values,
                      row.channel == Channel.SYSTEM)  # fmt: skip
        found.setdefault(row.instance_id, []).append(act)
    return found


def open_cases(uow: UnitOfWork, sites: frozenset[int] | None, keys: Collection[str]) -> list[Row[Any]]:
    """Rows of the cases of these procedures that are under way, with their saved state."""
    query = select(instance).where(instance.c.state == InstanceState.ACTIVE, instance.c.definition_key.in_(sorted(keys)), *_at_sites(sites))
    return list(uow.reading.execute(query.order_by(instance.c.moved_at.desc(), instance.c.id.desc()).limit(MOST_OPEN)))


def open_items(uow: UnitOfWork, ids: Sequence[int]) -> Iterator[Row[Any]]:
    """Rows of what waits for people in these cases, signature chains' parts included."""
    for begin in range(0, len(ids), _SLICE):
        states = (WorkItemState.OPEN, WorkItemState.CLAIMED, WorkItemState.DELEGATED, WorkItemState.SIGNING)
        query = select(work_item).where(work_item.c.instance_id.in_(ids[begin : begin + _SLICE]), work_item.c.state.in_(states))
        yield from uow.reading.execute(query.order_by(work_item.c.id))


def done_steps(uow: UnitOfWork, ids: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    """Case, process and element of every step that people have completed in these cases."""
    for begin in range(0, len(ids), _SLICE):
        query = select(work_item.c.instance_id, work_item.c.definition_key, work_item.c.element_id).where(
            work_item.c.instance_id.in_(ids[begin : begin + _SLICE]), work_item.c.state == WorkItemState.COMPLETED)
        for row in uow.reading.execute(query):
            yield row[0], row[1], row[2]


def clocks(uow: UnitOfWork, ids: Sequence[int]) -> Iterator[Row[Any]]:
    """Rows of what is measured of these cases, in the order of rounds."""
    for begin in range(0, len(ids), _SLICE):
        query = select(limit_clock).where(limit_clock.c.instance_id.in_(ids[begin : begin + _SLICE]))
        yield from uow.reading.execute(query.order_by(limit_clock.c.instance_id, limit_clock.c.limit_id, limit_clock.c.round))


def start_timers(uow: UnitOfWork) -> list[tuple[str, datetime]]:
    """What starts by time: subject (`engine.start_timers`) and its next moment."""
    query = select(due.c.subject, due.c.due_at).where(due.c.kind == "start_timer").order_by(due.c.due_at, due.c.id)
    return [(row[0], row[1]) for row in uow.reading.execute(query)]


def missed(uow: UnitOfWork, span: Span) -> dict[str, tuple[int, int]]:
    """Of each limit of the manual, how much was decided of what counts in the period, and how much of that was missed."""
    clock = limit_clock.c
    query = select(clock.limit_id, func.count(), func.count(clock.breached_at)).where(
        clock.counted_at >= span.since, clock.counted_at < span.until, clock.cancelled_at.is_(None), clock.apart_at.is_(None),
        or_(clock.stopped_at.is_not(None), clock.breached_at.is_not(None)),
    )  # fmt: skip
    if span.sites is not None:
        query = query.where(or_(clock.site_id.is_(None), clock.site_id.in_(sorted(span.sites))))
    return {row[0]: (row[1], row[2]) for row in uow.reading.execute(query.group_by(clock.limit_id))}


def people(uow: UnitOfWork, sites: frozenset[int] | None) -> dict[int, set[tuple[str, int | None]]]:
    """Who works now, at these sites: account → (role, site or None for all of them)."""
    query = select(role_grant.c.user_id, role_grant.c.role, role_grant.c.site_id).join(user, user.c.id == role_grant.c.user_id)
    query = query.where(user.c.deactivated_at.is_(None))
    if sites is not None:
        query = query.where(or_(role_grant.c.site_id.is_(None), role_grant.c.site_id.in_(sorted(sites))))
    found: dict[int, set[tuple[str, int | None]]] = {}
    for row in uow.reading.execute(query.order_by(role_grant.c.user_id)):
        found.setdefault(row.user_id, set()).add((row.role, row.site_id))
    return found


def _begun(span: Span) -> list[ColumnElement[bool]]:
    return [
        instance.c.started_at >= span.since, instance.c.started_at < span.until, instance.c.state != InstanceState.VOIDED,
        history_event.c.channel != Channel.SYSTEM, *_at_sites(span.sites),
    ]  # fmt: skip


def _at_sites(sites: frozenset[int] | None) -> list[ColumnElement[bool]]:
    return [] if sites is None else [or_(instance.c.site_id.is_(None), instance.c.site_id.in_(sorted(sites)))]
