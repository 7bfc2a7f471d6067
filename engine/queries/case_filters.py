"""What narrows a list of cases, in a way that its first page costs the same among a million of them.

Filters over columns of the case go with the list's order. The others (a unit, a variable, a step, a person) are sets of cases, each with
its own index: a small set is read whole and sorted; of a large one so many cases lie in the list's order that walking along it and asking
of each finds a page soon.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, literal_column, or_, select, true, union_all
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CompoundSelect, Select

from engine.model import Actor, InstanceState
from engine.persistence.tables import definition, event_subscription, incident, instance, instance_reference, instance_variable, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.matching import any_like, containing
from engine.queries.ordering import Order
from engine.queries.sites import visible_sites

#: cases of a set that is read whole
SMALL = 2_000
#: of cases that can still go on
OPEN_STATES = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)
#: what is looked up among the numbers first: more would be part of many titles
_NUMBER = re.compile(r"(?=.*[0-9])[A-Za-z0-9/_.-]{4,}")
_OWN_NUMBER = re.compile(r"#[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class VariableFilter:
    """What an indexed field holds: a text (or how it begins), a number or a moment within bounds."""

    #: `form.field`
    name: str
    text: str | None = None
    is_beginning: bool = False
    #: both included
    number: tuple[Decimal | None, Decimal | None] | None = None
    #: the second not included
    at: tuple[datetime | None, datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class StepFilter:
    """Where a case stands: steps by their process and id."""

    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class InstanceFilters:
    """What narrows a list of cases; None and empty mean: no matter."""

    state: str | None = None
    #: one of OPEN_STATES
    is_open: bool = False
    definition_key: str | None = None
    definition_version: int | None = None
    business_key: str | None = None
    #: part of the title, beginning of the number, or the case's own number behind `#`
    q: str = ""
    started_by: int | None = None
    #: only those with a missed limit or due time
    is_late: bool = False
    #: last moved (started by one person: begun) at that moment or later, and before that moment
    since: datetime | None = None
    until: datetime | None = None
    #: nothing has happened since that moment
    unmoved_since: datetime | None = None
    #: begun before that moment
    started_before: datetime | None = None
    #: code of the unit that one of `unit_fields` names
    unit: str = ""
    #: indexed fields that name units, `form.field`
    unit_fields: tuple[str, ...] = ()
    #: what a form of the case names
    unit_id: int | None = None
    tenant_id: int | None = None
    variable: VariableFilter | None = None
    step: StepFilter | None = None
    #: who started it, has an item of it, or completed one
    person_id: int | None = None
    site_id: int | None = None
    #: by when they started instead of when they last moved
    by_start: bool = False
    order: Order = Order.NEWEST


@dataclass(frozen=True, slots=True)
class _Set:
    """Cases that something holds of."""

    #: their ids by the set's own index; None where nothing but looking at each case tells
    ids: Select[Any] | CompoundSelect[Any] | None
    #: whether the case at hand is one
    has: ColumnElement[bool]


def conditions(uow: UnitOfWork, actor: Actor, filters: InstanceFilters) -> list[ColumnElement[bool]] | None:
    """For WHERE; None where no case can be meant. Asks how large the sets are."""
    found = _of_columns(actor, filters)
    small: set[int] | None = None
    for each in _sets(uow, filters):
        ids = list(uow.reading.execute(each.ids.limit(SMALL + 1)).scalars()) if each.ids is not None else None
        if ids is None or len(ids) > SMALL:
            found.append(each.has)
        else:
            small = set(ids) if small is None else small & set(ids)
    if small is not None:
        if not small:
            return None
        found.append(instance.c.id.in_(sorted(small)))
    return found or [true()]


def _of_columns(actor: Actor, filters: InstanceFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    sites = visible_sites(actor)
    if sites is not None:
        found.append(or_(instance.c.site_id.is_(None), instance.c.site_id.in_(sorted(sites))))
    for column, value in (
        (instance.c.state, filters.state), (instance.c.definition_key, filters.definition_key),
        (instance.c.business_key, filters.business_key), (instance.c.started_by, filters.started_by), (instance.c.site_id, filters.site_id),
    ):
        if value is not None:
            found.append(column == value)
    if filters.is_late:
        found.append(instance.c.late_since.is_not(None))
    if filters.unmoved_since is not None:
        found.append(instance.c.moved_at < filters.unmoved_since)
    if filters.started_before is not None:
        found.append(instance.c.started_at < filters.started_before)
    return found


def _sets(uow: UnitOfWork, filters: InstanceFilters) -> list[_Set]:
    found = []
    for kind, target in (("unit", filters.unit_id), ("tenant", filters.tenant_id)):
        if target is not None:
            found.append(_of_reference(kind, target))
    if filters.unit:
        names = instance_variable.c.name.in_(filters.unit_fields)
        found.append(_of_variable(and_(names, instance_variable.c.text == filters.unit), and_(names, _TEXT.in_([filters.unit]))))
    if filters.variable is not None:
        by_index, by_case = (_holds(uow, filters.variable, *columns) for columns in (_INDEXED, _OF_CASE))
        found.append(_of_variable(by_index, by_case))
    if filters.step is not None:
        found.append(_of_step(filters.step.steps))
    if filters.person_id is not None:
        found.append(_of_person(filters.person_id))
    if filters.definition_version is not None and filters.definition_key is not None:
        found.append(_of_version(filters.definition_key, filters.definition_version))
    if filters.q:
        found.append(_of_words(uow, filters.q.strip()))
    return found


def _of_reference(kind: str, target: int) -> _Set:
    reference = instance_reference.c
    of_target = and_(reference.kind == kind, reference.target_id == target)
    return _Set(select(reference.instance_id).where(of_target).order_by(reference.instance_id.desc()),
                select(reference.kind).where(of_target, reference.instance_id == instance.c.id).exists())


#: what a field holds, for the index; and so written that a database looks at one case's fields instead of at all that hold the value
_INDEXED = (instance_variable.c.text, instance_variable.c.number, instance_variable.c.at)
_TEXT: ColumnElement[Any] = func.coalesce(instance_variable.c.text, literal_column("''"))
_OF_CASE = (_TEXT, func.coalesce(instance_variable.c.number, instance_variable.c.number),
            func.coalesce(instance_variable.c.at, instance_variable.c.at))


def _of_variable(by_index: ColumnElement[bool], by_case: ColumnElement[bool]) -> _Set:
    variable = instance_variable.c
    of_case = variable.instance_id == instance.c.id
    return _Set(select(variable.instance_id).where(by_index), select(variable.name).where(of_case, by_case).exists())


def _holds(uow: UnitOfWork, wanted: VariableFilter, text: Any, number: Any, at: Any) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [instance_variable.c.name == wanted.name]
    if wanted.text is not None and wanted.is_beginning:
        parts.append(beginning(uow, text, wanted.text))
    elif wanted.text is not None:
        parts.append(text == wanted.text)
    if wanted.number is not None:
        low, high = wanted.number
        parts += [number >= low] if low is not None else []
        parts += [number <= high] if high is not None else []
    if wanted.at is not None:
        since, until = wanted.at
        parts += [at >= since] if since is not None else []
        parts += [at < until] if until is not None else []
    return and_(*parts)


#: a case's id as no index knows it: a list is walked in its order then, and not read whole to be put in order
_BESIDE_THE_ORDER = instance.c.id + literal_column("0")


def _of_step(steps: Sequence[tuple[str, str]]) -> _Set:
    ids = sorted({element_id for _, element_id in steps})
    item, word, failed = work_item.c, event_subscription.c, incident.c
    at_item = and_(item.is_live, item.definition_key.in_(sorted({key for key, _ in steps})), item.element_id.in_(ids))
    at_word, at_failed = word.element_id.in_(ids), and_(failed.resolved_at.is_(None), failed.element_id.in_(ids))
    # what no person does is told apart by its id alone: which process it lies in is the instance's own business
    stands = union_all(
        select(item.instance_id).where(at_item), select(word.instance_id).where(at_word), select(failed.instance_id).where(at_failed))
    # what is open is never so much that it couldn't be read once; asked of each case, the index of steps would be read for each
    return _Set(stands, _BESIDE_THE_ORDER.in_(stands))


def _of_person(person: int) -> _Set:
    item = work_item.c
    has, did = and_(item.is_live, item.assignee_id == person), item.completed_by == person
    items = union_all(select(item.instance_id).where(has), select(item.instance_id).where(did))
    began = instance.alias("began")
    concerns: CompoundSelect[Any] = union_all(select(began.c.id).where(began.c.started_by == person), *items.selects)
    return _Set(concerns, or_(instance.c.started_by == person, _BESIDE_THE_ORDER.in_(items)))


def _of_version(key: str, version: int) -> _Set:
    of_version = select(definition.c.id).where(definition.c.key == key, definition.c.version == version).scalar_subquery()
    return _Set(select(instance.c.id).where(instance.c.definition_id == of_version), instance.c.definition_id == of_version)


def _of_words(uow: UnitOfWork, words: str) -> _Set:
    """A number, the case's own behind `#`, or words of the title."""
    number = instance.c.business_key
    if _OWN_NUMBER.fullmatch(words):
        is_it = instance.c.id == int(words[1:])
        return _Set(select(instance.c.id).where(is_it), is_it)
    if _NUMBER.fullmatch(words):
        begins = beginning(uow, number, words)
        if uow.reading.execute(select(instance.c.id).where(begins).limit(1)).scalar() is not None:
            return _Set(select(instance.c.id).where(begins), begins)
    return _Set(None, any_like(containing(words), instance.c.title, number))


def beginning(uow: UnitOfWork, column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether a text begins with some words, in the form for which each database has its index."""
    if uow.reading.dialect.name == "postgresql":
        return column.startswith(words, autoescape=True)
    return and_(column >= words, column < words + "\U0010ffff")
