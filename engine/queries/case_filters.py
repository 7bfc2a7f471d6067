"""What narrows a list of cases: each filter as a set of cases, read by an index of its own or asked of a case at hand.

Which way is the cheaper is `case_search`'s to say.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, literal_column, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import CompoundSelect, FromClause, Select

from engine.model import Actor, InstanceState
from engine.persistence.tables import definition, event_subscription, incident, instance, instance_reference, instance_variable, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.matching import any_like, containing
from engine.queries.ordering import Order
from engine.queries.sites import visible_sites

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
class CaseSet:
    """Cases that something holds of."""

    #: their ids by an index of the set's own, some of them twice
    ids: Select[Any] | CompoundSelect[Any]
    #: whether a row of the cases' table, or of a part of it with the same columns, is one of them
    has: Callable[[FromClause], ColumnElement[bool]]
    #: columns of the row that are looked at
    columns: tuple[str, ...] = ()
    #: whether they tell, without a look into another table
    is_of_row: bool = False
    #: whether no index finds them: reading the ids is reading all titles
    is_searched: bool = False


#: the table under another name: what is read inside a statement about cases is not about the case at hand
FOUND = instance.alias("found")


def sets(uow: UnitOfWork, actor: Actor, filters: InstanceFilters) -> list[CaseSet]:
    """All of which a case must be in. Between which moments it lies is left to the list, which may be ordered by that."""
    return [*_of_rows(uow, actor, filters), *_of_others(uow, filters)]


def between(at: ColumnElement[Any], filters: InstanceFilters) -> Iterator[tuple[ColumnElement[Any], Callable[..., ColumnElement[bool]]]]:
    """The moments that bound the list, each with the column that they are about; `at` is the list's own."""
    bounds = ((at, operator.ge, filters.since), (at, operator.lt, filters.until), (instance.c.moved_at, operator.lt, filters.unmoved_since))
    for column, compare, moment in bounds:
        if moment is not None:
            yield column, lambda column, compare=compare, moment=moment: compare(column, moment)


def by_column(name: str, test: Callable[[ColumnElement[Any]], ColumnElement[bool]]) -> CaseSet:
    """The cases of which a test holds for one of their columns."""
    return CaseSet(select(FOUND.c.id).where(test(FOUND.c[name])), lambda row: test(row.c[name]), (name,), is_of_row=True)


def _equals(value: Any) -> Callable[[ColumnElement[Any]], ColumnElement[bool]]:
    return lambda column: column == value


def _of_rows(uow: UnitOfWork, actor: Actor, filters: InstanceFilters) -> Iterator[CaseSet]:
    seen = visible_sites(actor)
    if seen is not None and filters.site_id is not None:
        # one of the person's own sites, or nothing at all
        seen = seen & {filters.site_id}
        yield by_column("site_id", lambda column: column.in_(sorted(seen)))
    elif seen is not None:
        found = sorted(seen)
        ids = [select(FOUND.c.id).where(FOUND.c.site_id.is_(None)), select(FOUND.c.id).where(FOUND.c.site_id.in_(found))]
        yield CaseSet(union_all(*ids), lambda row: or_(row.c.site_id.is_(None), row.c.site_id.in_(found)), ("site_id",), is_of_row=True)
    for name in ("state", "definition_key", "business_key", "started_by", "site_id"):
        value = getattr(filters, name)
        if value is not None:
            yield by_column(name, _equals(value))
    if filters.is_open and filters.state is None:
        yield by_column("state", lambda column: column.in_(OPEN_STATES))
    if filters.is_late:
        yield by_column("late_since", lambda column: column.is_not(None))
    if filters.started_before is not None:
        moment = filters.started_before
        yield by_column("started_at", lambda column: column < moment)
    if filters.definition_version is not None and filters.definition_key is not None:
        of_key, version = definition.c.key == filters.definition_key, filters.definition_version
        of_version = list(uow.reading.execute(select(definition.c.id).where(of_key, definition.c.version == version)).scalars())
        yield by_column("definition_id", lambda column: column.in_(of_version))


def _of_others(uow: UnitOfWork, filters: InstanceFilters) -> Iterator[CaseSet]:
    for kind, target in (("unit", filters.unit_id), ("tenant", filters.tenant_id)):
        if target is not None:
            yield _of_reference(kind, target)
    if filters.unit:
        names = instance_variable.c.name.in_(filters.unit_fields)
        yield _of_variable(and_(names, instance_variable.c.text == filters.unit), and_(names, _TEXT.in_([filters.unit])))
    if filters.variable is not None:
        by_index, by_case = (_holds(uow, filters.variable, *columns) for columns in (_INDEXED, _OF_CASE))
        yield _of_variable(by_index, by_case)
    if filters.step is not None:
        yield _of_step(filters.step.steps)
    if filters.person_id is not None:
        yield _of_person(filters.person_id)
    if filters.q:
        yield _of_words(uow, filters.q.strip())


def _of_reference(kind: str, target: int) -> CaseSet:
    reference = instance_reference.c
    of_target = and_(reference.kind == kind, reference.target_id == target)
    return CaseSet(select(reference.instance_id).where(of_target),
                   lambda row: _asked(select(reference.kind).where(of_target, reference.instance_id == row.c.id)))


#: what a field holds, for the index; and so written that a database looks at one case's fields instead of at all that hold the value
_INDEXED = (instance_variable.c.text, instance_variable.c.number, instance_variable.c.at)
_TEXT: ColumnElement[Any] = func.coalesce(instance_variable.c.text, literal_column("''"))
_OF_CASE = (_TEXT, func.coalesce(instance_variable.c.number, instance_variable.c.number),
            func.coalesce(instance_variable.c.at, instance_variable.c.at))


def _of_variable(by_index: ColumnElement[bool], by_case: ColumnElement[bool]) -> CaseSet:
    variable = instance_variable.c
    return CaseSet(select(variable.instance_id).where(by_index),
                   lambda row: _asked(select(variable.name).where(variable.instance_id == row.c.id, by_case)))


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


def _asked(found: Select[Any]) -> ColumnElement[bool]:
    """Whether there is any, asked of each case by itself: EXISTS a database may turn into a join with all there are."""
    return found.limit(1).scalar_subquery().is_not(None)


def _among(row: FromClause, ids: CompoundSelect[Any]) -> ColumnElement[bool]:
    """Asked of a case's id as no index knows it: the ids are read once, and a list is walked in its order."""
    return (row.c.id + literal_column("0")).in_(ids)


def _of_step(steps: Sequence[tuple[str, str]]) -> CaseSet:
    ids = sorted({element_id for _, element_id in steps})
    item, word, failed = work_item.c, event_subscription.c, incident.c
    at_item = and_(item.is_live, item.definition_key.in_(sorted({key for key, _ in steps})), item.element_id.in_(ids))
    at_word, at_failed = word.element_id.in_(ids), and_(failed.resolved_at.is_(None), failed.element_id.in_(ids))
    # what no person does is told apart by its id alone: which process it lies in is the instance's own business
    stands = union_all(
        select(item.instance_id).where(at_item), select(word.instance_id).where(at_word), select(failed.instance_id).where(at_failed))
    # what is open is never so much that it couldn't be read once; asked of each case, the index of steps would be read for each
    return CaseSet(stands, lambda row: _among(row, stands))


def _of_person(person: int) -> CaseSet:
    item = work_item.c
    has, did = and_(item.is_live, item.assignee_id == person), item.completed_by == person
    items = union_all(select(item.instance_id).where(has), select(item.instance_id).where(did))
    concerns: CompoundSelect[Any] = union_all(select(FOUND.c.id).where(FOUND.c.started_by == person), *items.selects)
    return CaseSet(concerns, lambda row: or_(row.c.started_by == person, _among(row, items)), ("started_by",))


def _of_words(uow: UnitOfWork, words: str) -> CaseSet:
    """A number, the case's own behind `#`, or words of the title."""
    if _OWN_NUMBER.fullmatch(words):
        own = int(words[1:])
        return by_column("id", lambda column: column == own)
    if _NUMBER.fullmatch(words):
        begins = by_column("business_key", lambda column: beginning(uow, column, words))
        if uow.reading.execute(begins.ids.limit(1)).scalar() is not None:
            return begins

    # numbers are of Latin letters and digits
    names = ("title", "business_key") if words.isascii() else ("title",)

    def named(row: FromClause) -> ColumnElement[bool]:
        # SQLite's LIKE minds no case of letters; where there are none, looking at each title without it costs a third
        if uow.reading.dialect.name == "sqlite" or words.lower() == words.upper():
            return or_(*(row.c[name].like(containing(words), escape="\\") for name in names))
        return any_like(containing(words), *(row.c[name] for name in names))

    return CaseSet(select(FOUND.c.id).where(named(FOUND)), named, names, is_searched=True)


def beginning(uow: UnitOfWork, column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Whether a text begins with some words, in the form for which each database has its index."""
    if uow.reading.dialect.name == "postgresql":
        return column.startswith(words, autoescape=True)
    return and_(column >= words, column < words + "\U0010ffff")
