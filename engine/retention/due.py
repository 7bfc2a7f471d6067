"""Which cases a rule is due for: over since its cutoff, held by nobody, and not looked through since they last moved. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from engine import definitions
from engine.forms.privacy import marked
from engine.model import ENDED_STATES
from engine.persistence.tables import (
    approval,
    case_comment,
    case_reporter,
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


def cases(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, *, after: int = 0, limit: int) -> list[int]:
    """Ids of the next cases, in the order of ids."""
    query = _due(runtime, uow, rule, cutoff, select(instance.c.id)).where(instance.c.id > after)
    return list(uow.reading.execute(query.order_by(instance.c.id).limit(limit)).scalars())


def count(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime) -> int:
    """How many there are, up to COUNT_CAP."""
    some = _due(runtime, uow, rule, cutoff, select(instance.c.id)).limit(COUNT_CAP).subquery()
    return uow.reading.execute(select(func.count()).select_from(some)).scalar_one()


def is_due(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, instance_id: int) -> bool:
    """Whether a case still is, now that it is this one's turn."""
    query = _due(runtime, uow, rule, cutoff, select(instance.c.id)).where(instance.c.id == instance_id)
    return uow.writing.execute(query).first() is not None


def _due(runtime: Runtime, uow: UnitOfWork, rule: Rule, cutoff: datetime, query: Select[Any]) -> Select[Any]:
    case, looked = instance.c, retention_looked.c
    query = query.outerjoin(retention_looked, and_(looked.instance_id == case.id, looked.kind == rule.kind.value)).where(
        case.ended_at.is_not(None), case.ended_at <= cutoff, case.state.in_([state.value for state in ENDED_STATES]),
        or_(looked.seq.is_(None), looked.seq < case.history_seq), ~holds.keeps(case.id), _of_procedures(runtime, uow, rule),
    )
    if rule.from_tenancy:
        # it goes on, or has not been over for long enough
        named = instance_reference.c
        runs = exists().where(
            named.instance_id == case.id, named.kind == "tenant", tenancy.c.tenant_id == named.target_id,
            or_(tenancy.c.ended_at.is_(None), tenancy.c.ended_at > cutoff))
        query = query.where(~runs)
    return query


def _of_procedures(runtime: Runtime, uow: UnitOfWork, rule: Rule) -> ColumnElement[bool]:
    """Cases of the rule's procedures in which there can be something of its kind."""
    case = instance.c
    asking = _asking(runtime, uow, rule.kind)
    if rule.procedure:
        mine: ColumnElement[bool] = case.definition_key == rule.procedure
    else:
        own = select(retention_rule.c.procedure).where(retention_rule.c.kind == rule.kind.value, retention_rule.c.procedure != "")
        mine = case.definition_key.not_in(own)
    parts = [case.definition_key.in_(sorted(asking)) if asking else false(), *_beside(rule.kind)]
    return and_(mine, or_(*parts))


def _asking(runtime: Runtime, uow: UnitOfWork, kind: Kind) -> Collection[str]:
    """Procedures whose forms, also in a called one, ask for a kind that no rows tell of."""
    if kind not in (Kind.IDENTITY, Kind.CONTACTS, Kind.TEXTS):
        return ()
    found = {}
    for info in definitions.list_latest(runtime, uow):
        content = definitions.content(runtime, uow, info.id)
        found[info.key] = any(asks_for(marked(form, None), kind) for form in content.forms.values())
    return {key for key, asks in found.items() if asks}


def _beside(kind: Kind) -> list[ColumnElement[bool]]:
    case = instance.c
    here = and_(file.c.instance_id == case.id, file.c.erased_at.is_(None))
    if kind is Kind.IDENTITY:
        return [exists().where(here, file.c.personal.is_not(None))]
    if kind in (Kind.PHOTOS, Kind.FILES, Kind.SIGNATURES):
        name = {Kind.PHOTOS: "photo", Kind.FILES: "attachment", Kind.SIGNATURES: "signature"}[kind]
        return [exists().where(here, file.c.kind == name, file.c.personal.is_(None))]
    if kind is Kind.CALLS:
        return [exists().where(phone_call.c.instance_id == case.id)]
    if kind is Kind.CONTACTS:
        return [exists().where(case_reporter.c.instance_id == case.id)]
    if kind is Kind.TEXTS:
        return [exists().where(table.c.instance_id == case.id) for table in (case_comment, approval, history_value)]
    return []
