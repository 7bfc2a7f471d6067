"""What managers did with cases by hand: their orders as a list, latest first, as far as they concern cases at the reader's sites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from engine import interventions, permissions
from engine.interventions import Verb
from engine.model import Actor
from engine.persistence.tables import definition, instance, intervention, intervention_case, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode, page_of
from engine.queries.sites import seen_cases

#: cases told of each order
_TOLD = 3


@dataclass(frozen=True, slots=True)
class InterventionFilters:
    """What narrows the list. None narrows nothing."""

    verb: Verb | None = None
    #: who gave the order
    person_id: int | None = None
    #: of one of its cases
    definition_key: str | None = None
    instance_id: int | None = None
    #: from this moment, and before that one
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseTold:
    """One of an order's cases."""

    id: int
    definition_id: int
    #: source language
    definition_name: str
    title: str
    business_key: str | None


@dataclass(frozen=True, slots=True)
class InterventionRow:
    """One order."""

    id: int
    verb: Verb
    reason: str
    #: `running`, `stopped`, `finished`, `undoing`, `undone`
    state: str
    asked_at: datetime
    asked_by_id: int | None
    #: None for the system
    asked_by: str | None
    #: who took it back
    undone_by: str | None
    total: int
    done: int
    refused: int
    undone: int
    kept: int
    #: a few of those that the reader may see
    cases: tuple[CaseTold, ...] = ()

    @property
    def can_be_undone(self) -> bool:
        """Whether there is something that may be taken back."""
        return self.state in ("finished", "stopped") and self.done > 0 and self.verb in interventions.UNDOABLE


def page(
    uow: UnitOfWork, actor: Actor, filters: InterventionFilters | None = None, *, after: str | None = None, limit: int = 50
) -> Page[InterventionRow]:
    """Orders of the kinds that the person may give, with a case at one of the person's sites. ForbiddenError for who intervenes nowhere."""
    filters, limit, of = filters or InterventionFilters(), clamp(limit), intervention.c
    verbs = interventions.offered(actor)
    if not verbs:
        permissions.require(actor, "process-instance:suspend")
    back = user.alias("back")
    statement = (
        select(of.id, of.verb, of.reason, of.state, of.asked_at, of.asked_by.label("asked_by_id"), user.c.display_name.label("asked_by"),
               back.c.display_name.label("undone_by"), of.total, of.done_count.label("done"), of.refused_count.label("refused"),
               of.undone_count.label("undone"), of.kept_count.label("kept"))
        .select_from(intervention.outerjoin(user, user.c.id == of.asked_by).outerjoin(back, back.c.id == of.undone_by))
        .where(of.verb.in_([verb.value for verb in verbs]), *_narrowed(actor, filters))
        .order_by(of.asked_at.desc(), of.id.desc()).limit(limit + 1)
    )  # fmt: skip
    if after:
        moment, last = decode("interventions", after, (datetime, int))
        statement = statement.where(of.asked_at <= moment, or_(of.asked_at < moment, of.id < last))
    rows = uow.reading.execute(statement).all()
    told = _told(uow, actor, [row.id for row in rows])
    found = [InterventionRow(**{**row._mapping, "verb": Verb(row.verb)}, cases=tuple(told.get(row.id, ()))) for row in rows]
    return page_of(found, limit, lambda row: encode("interventions", (row.asked_at, row.id)))


def people(uow: UnitOfWork, actor: Actor) -> list[tuple[int, str]]:
    """Who has given any order, by name."""
    if not interventions.may_intervene(actor):
        return []
    gave = select(intervention.c.asked_by).distinct()
    rows = uow.reading.execute(select(user.c.id, user.c.display_name).where(user.c.id.in_(gave)).order_by(user.c.display_name).limit(500))
    return [(row.id, row.display_name) for row in rows]


def _narrowed(actor: Actor, filters: InterventionFilters) -> list[ColumnElement[bool]]:
    of = intervention.c
    found: list[ColumnElement[bool]] = []
    for column, value in ((of.verb, filters.verb), (of.asked_by, filters.person_id)):
        found += [column == value] if value is not None else []
    found += [of.asked_at >= filters.since] if filters.since is not None else []
    found += [of.asked_at < filters.before] if filters.before is not None else []
    of_case = seen_cases(actor)
    of_case += [instance.c.definition_key == filters.definition_key] if filters.definition_key is not None else []
    of_case += [instance.c.id == filters.instance_id] if filters.instance_id is not None else []
    if of_case:
        joined = intervention_case.join(instance, instance.c.id == intervention_case.c.instance_id)
        mine = select(intervention_case.c.instance_id).select_from(joined)
        found.append(mine.where(intervention_case.c.intervention_id == of.id, *of_case).exists())
    return found


def _told(uow: UnitOfWork, actor: Actor, ids: Sequence[int]) -> dict[int, list[CaseTold]]:
    if not ids:
        return {}
    of = intervention_case.c
    place = func.row_number().over(partition_by=of.intervention_id, order_by=of.instance_id).label("place")
    joined = intervention_case.join(instance, instance.c.id == of.instance_id).join(definition, definition.c.id == instance.c.definition_id)
    ranked = (
        select(of.intervention_id, instance.c.id, instance.c.definition_id, definition.c.name.label("definition_name"), instance.c.title,
               instance.c.business_key, place)
        .select_from(joined).where(and_(of.intervention_id.in_(ids), *seen_cases(actor))).subquery("ranked")
    )  # fmt: skip
    found: dict[int, list[CaseTold]] = {}
    for row in uow.reading.execute(select(ranked).where(ranked.c.place <= _TOLD).order_by(ranked.c.intervention_id, ranked.c.place)):
        values: dict[str, Any] = {name: row._mapping[name] for name in ("id", "definition_id", "definition_name", "title", "business_key")}
        found.setdefault(row.intervention_id, []).append(CaseTold(**values))
    return found
