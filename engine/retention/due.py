"""Which cases a rule is due for: over since its cutoff, held by nobody, and not looked through since they last moved. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true

from engine import definitions
from engine.model import ENDED_STATES
from engine.persistence.tables import (
    approval,
    case_comment,
    case_reporter,
    definition,
    file,
    history_value,
    instance,
    instance_reference,
    phone_call,
    retention_looked,
    retention_rule,
    tenancy,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP
from engine.retention import holds
from engine.retention.choosing import holds as asks_for
from engine.retention.kinds import Kind
from engine.retention.rules import Rule
from engine.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a case lies in the order in which a rule goes through them: procedure by procedure, those that ended first."""

    key: str
    ended_at: datetime
    id: int


def cases(
    runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, *, after: Place | None = None, since: datetime | None = None,
    limit: int,
) -> list[Place]:
    """The next cases behind a place; with `since` those that ended later. One pass over the index on ends reads each once."""
    found: list[Place] = []
    for key, beside in _keys(runtime, uow, rule).items():
        if after is not None and key < after.key:
            continue
        case = instance.c
        query = _due(rule, cutoff, key, beside, select(case.ended_at, case.id))
        if since is not None:
            query = query.where(case.ended_at > since)
        if after is not None and key == after.key:
            query = query.where(case.ended_at >= after.ended_at, or_(case.ended_at > after.ended_at, case.id > after.id))
        rows = uow.reading.execute(query.order_by(case.ended_at, case.id).limit(limit - len(found))).all()
        found += [Place(key, row.ended_at, row.id) for row in rows]
        if len(found) == limit:
            break
    return found


def count(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, since: datetime | None = None) -> int:
    """How many there are, up to COUNT_CAP; with `since` of those that ended later."""
    found = 0
    for key, beside in _keys(runtime, uow, rule).items():
        query = _due(rule, cutoff, key, beside, select(instance.c.id))
        if since is not None:
            query = query.where(instance.c.ended_at > since)
        some = query.limit(COUNT_CAP - found).subquery()
        found += int(uow.reading.execute(select(func.count()).select_from(some)).scalar_one())
        if found >= COUNT_CAP:
            break
    return found


def is_due(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, place: Place) -> bool:
    """Whether a case still is, now that it is this one's turn."""
    beside = _keys(runtime, uow, rule).get(place.key, _NOTHING)
    query = _due(rule, cutoff, place.key, beside, select(instance.c.id)).where(instance.c.id == place.id)
    return uow.writing.execute(query).first() is not None


#: no case at all
_NOTHING: ColumnElement[bool] = false()


def _due(rule: Rule, cutoff: datetime, key: str, beside: ColumnElement[bool], query: Select[Any]) -> Select[Any]:
    case, looked = instance.c, retention_looked.c
    query = query.outerjoin(retention_looked, and_(looked.instance_id == case.id, looked.kind == rule.kind.value)).where(
        case.definition_key == key, case.ended_at.is_not(None), case.ended_at <= cutoff,
        case.state.in_([state.value for state in ENDED_STATES]), or_(looked.seq.is_(None), looked.seq < case.history_seq),
        ~holds.keeps(case.id), beside,
    )
    if rule.from_tenancy:
        # it goes on, or has not been over for long enough
        named = instance_reference.c
        runs = exists().where(
            named.instance_id == case.id, named.kind == "tenant", tenancy.c.tenant_id == named.target_id,
            or_(tenancy.c.ended_at.is_(None), tenancy.c.ended_at > cutoff))
        query = query.where(~runs)
    return query


def _keys(runtime: Runtime, uow: UnitOfWork, rule: Rule) -> dict[str, ColumnElement[bool]]:
    """The rule's procedures in order, and of each in which of its cases there can be something of the kind."""
    if rule.procedure:
        wanted = {rule.procedure}
    else:
        own = select(retention_rule.c.procedure).where(retention_rule.c.kind == rule.kind.value)
        wanted = set(uow.reading.execute(select(definition.c.key).distinct()).scalars()) - set(uow.reading.execute(own).scalars())
    asking, beside = _asking(runtime, uow, rule.kind), _beside(rule.kind)
    return {key: true() if key in asking else beside for key in sorted(wanted)}


def _asking(runtime: Runtime, uow: UnitOfWork, kind: Kind) -> Collection[str]:
    """Procedures whose forms, also in a called one, ask for a kind that no rows tell of."""
    if kind not in (Kind.IDENTITY, Kind.CONTACTS, Kind.TEXTS):
        return ()
    return {
        info.key for info in definitions.list_latest(runtime, uow)
        if any(asks_for(form, kind) for form in definitions.content(runtime, uow, info.id).forms.values())
    }


def _beside(kind: Kind) -> ColumnElement[bool]:
    """Cases of other procedures that hold something of a kind all the same, in rows of their own."""
    case = instance.c
    present = select(file.c.instance_id).where(file.c.erased_at.is_(None), file.c.instance_id.is_not(None))
    if kind is Kind.IDENTITY:
        return case.id.in_(present.where(file.c.personal.is_not(None)))
    if kind in _FILES:
        return case.id.in_(present.where(file.c.kind == _FILES[kind], file.c.personal.is_(None)))
    if kind is Kind.CALLS:
        return case.id.in_(select(phone_call.c.instance_id))
    if kind is Kind.CONTACTS:
        return case.id.in_(select(case_reporter.c.instance_id))
    return or_(*(exists().where(table.c.instance_id == case.id) for table in (case_comment, approval, history_value)))


_FILES = {Kind.PHOTOS: "photo", Kind.FILES: "attachment", Kind.SIGNATURES: "signature"}
