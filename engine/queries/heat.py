"""Where the cases of a procedure stand, how often they pass a step, how long it takes them, and where they come back to: sums by element.

Passages come from the history, lengths and returns from the work items that the steps have left, both by the times of entry. Cases of
other procedures that call this one count too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, Subquery, and_, case, cast, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import JSONB

from engine.model import WorkItemState
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import definition, event_subscription, history_event, incident, instance, site, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.today_conditions import Scope
from engine.queries.today_lists import CaseRow

#: length of a token; longer ones are the parts of signature chains, whose whole has an item of its own
TOKEN = 32
#: by which a manager leaves what the diagram foresees
STEPPED_IN = (
    "work_item.moved", "instance.intervened", "instance.suspended", "instance.cancelled", "instance.migrated", "variable.corrected",
    "work_item.due_changed", "incident.resolved",
)  # fmt: skip


class Figure(StrEnum):
    """What opens a list of cases."""

    #: that are at the step now
    STANDING = "standing"
    #: that passed it in the period
    PASSED = "passed"
    #: that came to it once more in the period
    RETURNED = "returned"
    #: into which a manager stepped in the period, at any step
    STEPPED_IN = "stepped_in"


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked at: a procedure over a period."""

    key: str
    #: the procedures that call it, directly or not
    callers: tuple[str, ...]
    #: where a case can wait: the diagram's ids
    element_ids: tuple[str, ...]
    #: done once for each of several items in turn: their next item is no return
    in_turn: frozenset[str]
    since: datetime
    #: not included
    until: datetime
    scope: Scope

    @property
    def before(self) -> Looked:
        """The period of the same length just before."""
        return replace(self, since=self.since - (self.until - self.since), until=self.since)


@dataclass(slots=True)
class Sums:
    """One element over one period."""

    passed: int = 0
    passed_cases: int = 0
    returned: int = 0
    returned_cases: int = 0
    #: items that were completed
    timed: int = 0
    #: seconds from when an item came to be until it was completed
    median: float | None = None
    ninetieth: float | None = None


def standing(uow: UnitOfWork, looked: Looked) -> dict[str, int]:
    """Cases that are at each element now; the period doesn't matter."""
    stands = _stands(looked).subquery()
    query = select(stands.c.element_id, func.count(stands.c.instance_id.distinct())).group_by(stands.c.element_id)
    return {row[0]: row[1] for row in uow.reading.execute(query)}


def sums(uow: UnitOfWork, looked: Looked) -> tuple[dict[str, Sums], dict[str, Sums]]:
    """By element, over the period and over the one before it."""
    found: tuple[dict[str, Sums], dict[str, Sums]] = ({}, {})
    _add_passages(uow, looked, found)
    _add_returns(uow, looked, found)
    _add_lengths(uow, looked, found)
    return found


def stepped_in(uow: UnitOfWork, looked: Looked) -> dict[str, int]:
    """By kind of event, in how many cases a manager stepped in over the period."""
    query = select(history_event.c.type, func.count(history_event.c.instance_id.distinct())).select_from(_EVENTS)
    rows = uow.reading.execute(query.where(*_stepping(looked)).group_by(history_event.c.type))
    return {row[0]: row[1] for row in rows}


def cases(
    uow: UnitOfWork, looked: Looked, figure: Figure, element_id: str = "", *, after: str | None = None, limit: int = 50
) -> Page[CaseRow]:
    """The cases behind a figure, last moved first. For `STEPPED_IN` the element is a kind of event, or empty for any."""
    limit = clamp(limit)
    query = (
        select(
            instance.c.id, instance.c.definition_id, definition.c.name.label("definition_name"), instance.c.business_key, instance.c.title,
            instance.c.state, site.c.name.label("site_name"), instance.c.moved_at.label("at"),
        )
        .select_from(
            instance.join(definition, definition.c.id == instance.c.definition_id).outerjoin(site, site.c.id == instance.c.site_id)
        )
        .where(instance.c.id.in_(_behind(uow, looked, figure, element_id)))
    )  # fmt: skip
    if after:
        moment, last = decode("heat", after, (datetime, int))
        query = query.where(or_(instance.c.moved_at < moment, and_(instance.c.moved_at == moment, instance.c.id < last)))
    rows = uow.reading.execute(query.order_by(instance.c.moved_at.desc(), instance.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(CaseRow(**row._mapping) for row in rows[:limit])
    return Page(shown, encode("heat", (shown[-1].at, shown[-1].id)) if len(rows) > limit else None)


_EVENTS = history_event.join(instance, instance.c.id == history_event.c.instance_id)


def within(looked: Looked) -> list[ColumnElement[bool]]:
    """Conditions of the cases that can have moved in the period, by the index of the list of cases, as far as the reader may see them."""
    return [
        instance.c.definition_key.in_([looked.key, *looked.callers]), instance.c.moved_at >= looked.since,
        instance.c.started_at < looked.until, *_at_sites(looked.scope),
    ]  # fmt: skip


def _at_sites(scope: Scope) -> list[ColumnElement[bool]]:
    if scope.sites is None:
        return []
    named = instance.c.site_id.in_(sorted(scope.sites))
    return [named if scope.is_exact else or_(instance.c.site_id.is_(None), named)]


def _behind(uow: UnitOfWork, looked: Looked, figure: Figure, element_id: str) -> Select[Any]:
    if figure is Figure.STANDING:
        stands = _stands(looked).subquery()
        return select(stands.c.instance_id).where(stands.c.element_id == element_id)
    if figure is Figure.PASSED:
        passed = _passages(uow, looked, looked).subquery()
        return select(passed.c.instance_id).where(passed.c.mark.in_([element_id, f"{looked.key}/{element_id}"]))
    if figure is Figure.RETURNED:
        visits = _visits(looked, looked)
        return select(visits.c.instance_id).where(visits.c.element_id == element_id, visits.c.nth > 1, *_during(visits.c.began, looked))
    kinds = history_event.c.type == element_id if element_id else literal(True)
    return select(history_event.c.instance_id).select_from(_EVENTS).where(*_stepping(looked), kinds)


def _stepping(looked: Looked) -> list[ColumnElement[bool]]:
    return [history_event.c.type.in_(STEPPED_IN), *_during(history_event.c.at, looked), *within(looked)]


def _during(column: ColumnElement[Any], looked: Looked) -> list[ColumnElement[bool]]:
    return [column >= looked.since, column < looked.until]


def _is_now(column: ColumnElement[Any], looked: Looked) -> ColumnElement[int]:
    """1 in the period, 0 in the one before."""
    return case((column >= looked.since, 1), else_=0)


def _both(looked: Looked) -> Looked:
    return replace(looked, since=looked.before.since)


def _stands(looked: Looked) -> CompoundSelect[Any]:
    """(element, case) of what waits: for people, for messages, or to be mended. What no person does is told apart by its id alone."""
    sites, keys = _at_sites(looked.scope), instance.c.definition_key.in_([looked.key, *looked.callers])
    item, word, failed = work_item.c, event_subscription.c, incident.c
    return union_all(
        select(item.element_id, item.instance_id).select_from(work_item.join(instance, instance.c.id == item.instance_id))
        .where(item.is_live, item.definition_key == looked.key, *sites),
        select(word.element_id, word.instance_id).select_from(event_subscription.join(instance, instance.c.id == word.instance_id))
        .where(word.element_id.in_(looked.element_ids), keys, *sites),
        select(failed.element_id, failed.instance_id).select_from(incident.join(instance, instance.c.id == failed.instance_id))
        .where(failed.resolved_at.is_(None), failed.element_id.in_(looked.element_ids), keys, *sites),
    )  # fmt: skip


def _passages(uow: UnitOfWork, looked: Looked, span: Looked) -> Select[Any]:
    """Every passing of an element of the procedure: its mark, the case, and when."""
    if uow.reading.dialect.name == "postgresql":
        marks = func.jsonb_array_elements_text(cast(history_event.c.detail, JSONB)["passed"]).table_valued("value").render_derived()
    else:
        marks = func.json_each(history_event.c.detail, "$.passed").table_valued("value")
    mark = marks.c.value
    own = and_(instance.c.definition_key == looked.key, mark.not_like("%/%"), mark.not_like("-%"))
    called = mark.startswith(f"{looked.key}/", autoescape=True)
    return (
        select(mark.label("mark"), history_event.c.instance_id, history_event.c.at).select_from(_EVENTS.join(marks, literal(True)))
        .where(*_during(history_event.c.at, span), *within(span), or_(own, called))
    )  # fmt: skip


def _visits(looked: Looked, span: Looked) -> Subquery:
    """Every item of the procedure in cases that can have moved then, and the how-manieth of its case at that step it is. Items that came
    to be at once are of the same visit.
    """
    item = work_item.c
    order = func.dense_rank().over(partition_by=(item.instance_id, item.element_id), order_by=item.created_at)
    return (
        select(item.element_id, item.instance_id, item.created_at.label("began"), order.label("nth"))
        .select_from(work_item.join(instance, instance.c.id == item.instance_id))
        .where(item.definition_key == looked.key, func.length(item.token) <= TOKEN, item.element_id.not_in(sorted(looked.in_turn)),
               *within(span))
    ).subquery()  # fmt: skip


def _add_passages(uow: UnitOfWork, looked: Looked, found: tuple[dict[str, Sums], dict[str, Sums]]) -> None:
    passed = _passages(uow, looked, _both(looked)).subquery()
    is_now = _is_now(passed.c.at, looked).label("is_now")
    query = select(passed.c.mark, is_now, func.count().label("times"), func.count(passed.c.instance_id.distinct()).label("cases"))
    for row in uow.reading.execute(query.group_by(passed.c.mark, is_now)):
        of = _of(found, row.mark.rpartition("/")[2], row.is_now)
        of.passed += row.times
        of.passed_cases += row.cases


def _add_returns(uow: UnitOfWork, looked: Looked, found: tuple[dict[str, Sums], dict[str, Sums]]) -> None:
    both = _both(looked)
    visits = _visits(looked, both)
    is_now = _is_now(visits.c.began, looked).label("is_now")
    query = select(visits.c.element_id, is_now, func.count().label("times"), func.count(visits.c.instance_id.distinct()).label("cases"))
    for row in uow.reading.execute(query.where(visits.c.nth > 1, *_during(visits.c.began, both)).group_by(visits.c.element_id, is_now)):
        of = _of(found, row.element_id, row.is_now)
        of.returned, of.returned_cases = row.times, row.cases


def _add_lengths(uow: UnitOfWork, looked: Looked, found: tuple[dict[str, Sums], dict[str, Sums]]) -> None:
    """The database puts the lengths in order and gives the few in the middle and at nine tenths."""
    item, both = work_item.c, _both(looked)
    done = (
        select(item.element_id, _is_now(item.completed_at, looked).label("is_now"),
               SecondsBetween(item.created_at, item.completed_at).label("seconds"))
        .select_from(work_item.join(instance, instance.c.id == item.instance_id))
        .where(item.definition_key == looked.key, item.state == WorkItemState.COMPLETED, func.length(item.token) <= TOKEN,
               *_during(item.completed_at, both), *within(both))
    ).subquery()  # fmt: skip
    part = (done.c.element_id, done.c.is_now)
    ranked = select(
        *part, done.c.seconds, func.row_number().over(partition_by=part, order_by=done.c.seconds).label("place"),
        func.count().over(partition_by=part).label("all"),
    ).subquery()
    place, every = ranked.c.place, ranked.c.all
    ninth = (every * 9 + 9) // 10
    query = select(ranked).where(or_(place == (every + 1) // 2, place == (every + 2) // 2, place == ninth)).order_by(place)
    for row in uow.reading.execute(query):
        of = _of(found, row.element_id, row.is_now)
        of.timed = row.all
        if row.place == (row.all + 1) // 2:
            of.median = row.seconds
        if row.place == (row.all + 2) // 2 and of.median is not None:
            of.median = (of.median + row.seconds) / 2
        if row.place == (row.all * 9 + 9) // 10:
            of.ninetieth = row.seconds


def _of(found: tuple[dict[str, Sums], dict[str, Sums]], element_id: str, is_now: int) -> Sums:
    return found[0 if is_now else 1].setdefault(element_id, Sums())
