"""What the administrator sees of the rules: each with what it would erase now, the runs with their cases, and one tenant's preview."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from engine.errors import NotFoundError
from engine.model import Actor
from engine.permissions import require
from engine.persistence.tables import definition, instance, retention_erasure, retention_hold, retention_run, tenant, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.retention import cases, company, due, rules
from engine.retention.cases import Taken
from engine.retention.kinds import OF_CASES, Kind
from engine.retention.rules import PERMISSION, Rule
from engine.runtime import Runtime

#: cases that a preview looks through
_FIRST = 10


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list."""

    rule: Rule
    #: name of its procedure, source language; empty for all
    procedure_name: str
    #: cases or rows that it would look through now, up to COUNT_CAP
    due: int


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case, and what is or was taken out of it."""

    id: int
    title: str
    number: str | None
    ended_at: datetime | None
    values: int
    files: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would do now."""

    rule: Rule
    procedure_name: str
    #: what ended by then goes
    cutoff: datetime
    due: int
    #: the first of them, looked through
    cases: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class TenantPreview:
    """What would become of one tenant's data."""

    id: int
    code: str
    name: str
    #: open cases, which stand in the way: id, and what people call them
    blocking: tuple[tuple[int, str], ...]
    #: why a hold keeps everything
    held: str | None
    #: whether the tenant rents something: then only closed cases are erased, and the entry stays
    is_settled: bool
    is_erased: bool
    #: the first closed cases, looked through
    cases: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run."""

    id: int
    #: empty where one tenant's data were asked for
    kind: str
    procedure: str
    days: int
    cutoff: datetime
    tenant_id: int | None
    tenant_code: str | None
    reason: str | None
    asked_at: datetime
    #: None for the daily round
    asked_by: str | None
    #: `running`, `stopped`, `finished`
    state: str
    finished_at: datetime | None
    done: int
    failed: int
    values: int
    files: int
    tidied_at: datetime | None


def overview(runtime: Runtime, uow: UnitOfWork, actor: Actor) -> list[RuleRow]:
    """Every rule with what is due for it now. ForbiddenError."""
    require(actor, PERMISSION)
    deployed = rules.deployed(runtime, uow)
    return [RuleRow(rule, deployed.get(rule.procedure, rule.procedure), _count(runtime, uow, rule, _since(uow, rule)))
            for rule in rules.of_all(uow, deployed)]


def preview(runtime: Runtime, uow: UnitOfWork, actor: Actor, kind: Kind, procedure: str) -> Preview:
    """What a rule would erase now, were it on. ForbiddenError, NotFoundError for a procedure that there is not."""
    require(actor, PERMISSION)
    rule = rules.checked(runtime, uow, kind, procedure)
    cutoff = rule.cutoff(runtime.clock.now())
    since = _since(uow, rule)
    places = due.cases(runtime, uow, rule, cutoff, since=since, limit=_FIRST) if kind in OF_CASES else []
    shown = {place.id: cases.preview(runtime, uow, place.id, [kind]) for place in places}
    name = rules.deployed(runtime, uow).get(procedure, procedure)
    return Preview(rule, name, cutoff, _count(runtime, uow, rule, since), _cases(uow, shown))


def of_tenant(runtime: Runtime, uow: UnitOfWork, actor: Actor, tenant_id: int) -> TenantPreview:
    """What would be erased if a tenant asked for it. ForbiddenError, NotFoundError."""
    require(actor, PERMISSION)
    row = uow.reading.execute(select(tenant).where(tenant.c.id == tenant_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="業戶", id=tenant_id)
    words = company.words_of(uow, tenant_id)
    every = [*OF_CASES, Kind.TENANTS]
    shown = {case_id: cases.preview(runtime, uow, case_id, every, words) for case_id in company.cases_of(uow, tenant_id, limit=_FIRST)}
    return TenantPreview(
        row.id, row.code, row.name, tuple(company.open_cases(uow, tenant_id)), company.held_because(uow, tenant_id),
        company.is_settled(uow, tenant_id), row.erased_at is not None, _cases(uow, shown))


def runs(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 50) -> Page[Run]:
    """Runs, latest first. ForbiddenError."""
    require(actor, PERMISSION)
    limit, query = clamp(limit), _runs()
    if after:
        (last,) = decode("retention_runs", after, (int,))
        query = query.where(retention_run.c.id < last)
    rows = uow.reading.execute(query.order_by(retention_run.c.id.desc()).limit(limit + 1)).all()
    shown = tuple(_run(row) for row in rows[:limit])
    return Page(shown, encode("retention_runs", (shown[-1].id,)) if len(rows) > limit else None)


def run(uow: UnitOfWork, actor: Actor, run_id: int) -> Run:
    """One run. ForbiddenError, NotFoundError."""
    require(actor, PERMISSION)
    row = uow.reading.execute(_runs().where(retention_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="刪除", id=run_id)
    return _run(row)


def cases_of_run(uow: UnitOfWork, actor: Actor, run_id: int, *, after: str | None = None, limit: int = 50) -> Page[CaseRow]:
    """The cases that a run took something out of, in the order in which it did. ForbiddenError."""
    require(actor, PERMISSION)
    limit = clamp(limit)
    taken = retention_erasure.c
    query = select(
        taken.id.label("place"), instance.c.id, instance.c.title, definition.c.name, instance.c.business_key, instance.c.ended_at,
        taken.value_count, taken.file_count,
    ).join(instance, instance.c.id == taken.instance_id).join(definition, definition.c.id == instance.c.definition_id).where(
        taken.run_id == run_id)
    if after:
        (last,) = decode("retention_cases", after, (int,))
        query = query.where(taken.id > last)
    rows = uow.reading.execute(query.order_by(taken.id).limit(limit + 1)).all()
    shown = tuple(CaseRow(row.id, row.title or row.name, row.business_key, row.ended_at, row.value_count, row.file_count)
                  for row in rows[:limit])
    return Page(shown, encode("retention_cases", (rows[limit - 1].place,)) if len(rows) > limit else None)


def _since(uow: UnitOfWork, rule: Rule) -> datetime | None:
    """What ended by then needs no counting on a page: a finished run went through it, and no hold was lifted since. The next run looks
    again at what has moved all the same."""
    if rule.from_tenancy:
        return None
    ran = select(retention_run.c.cutoff, retention_run.c.asked_at).where(
        retention_run.c.kind == rule.kind.value, retention_run.c.procedure == rule.procedure, retention_run.c.state == "finished",
        retention_run.c.failed_count == 0).order_by(retention_run.c.cutoff.desc()).limit(1)
    last = uow.reading.execute(ran).one_or_none()
    if last is None:
        return None
    lifted = select(retention_hold.c.id).where(retention_hold.c.lifted_at >= last.asked_at).limit(1)
    return None if uow.reading.execute(lifted).first() is not None else last.cutoff


def _count(runtime: Runtime, uow: UnitOfWork, rule: Rule, since: datetime | None = None) -> int:
    cutoff = rule.cutoff(runtime.clock.now())
    return due.count(runtime, uow, rule, cutoff, since) if rule.kind in OF_CASES else company.count(uow, rule.kind, cutoff)


def _cases(uow: UnitOfWork, found: dict[int, Taken]) -> tuple[CaseRow, ...]:
    query = select(
        instance.c.id, instance.c.title, definition.c.name, instance.c.business_key, instance.c.ended_at
    ).join(definition, definition.c.id == instance.c.definition_id).where(instance.c.id.in_(found)).order_by(instance.c.id)
    return tuple(
        CaseRow(row.id, row.title or row.name, row.business_key, row.ended_at, found[row.id].values, found[row.id].files)
        for row in uow.reading.execute(query))


def _runs() -> Select[Any]:
    return select(retention_run, user.c.display_name, tenant.c.code.label("tenant_code")).outerjoin(
        user, user.c.id == retention_run.c.asked_by).outerjoin(tenant, tenant.c.id == retention_run.c.tenant_id)


def _run(row: Any) -> Run:
    return Run(
        row.id, row.kind, row.procedure, row.days, row.cutoff, row.tenant_id, row.tenant_code, row.reason, row.asked_at, row.display_name,
        row.state, row.finished_at, row.done_count, row.failed_count, row.value_count,
        row.file_count, row.tidied_at)
