"""Versions of procedures with what runs on them, and cases that were moved between them, as people look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from engine import permissions
from engine.errors import NotFoundError
from engine.model import Actor, InstanceState
from engine.persistence.tables import definition, deployment, instance, migration_case, migration_run, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode

_READ = "procedure:read-drafts"
_RUNNING = (InstanceState.ACTIVE, InstanceState.SUSPENDED, InstanceState.INCIDENT)


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version of a process."""

    id: int
    key: str
    version: int
    name: str
    deployment_id: int
    is_latest: bool
    created_at: datetime
    created_by: str
    note: str
    #: cases that run on it
    running: int


@dataclass(frozen=True, slots=True)
class RunView:
    """One time that cases were moved."""

    id: int
    key: str
    to_definition_id: int
    to_version: int
    name: str
    proposal_id: int | None
    reason: str
    #: `running`, `stopped`, `finished`, `undoing`, `undone`
    state: str
    asked_at: datetime
    asked_by: str
    finished_at: datetime | None
    total: int
    moved: int
    refused: int
    undone: int
    kept: int

    @property
    def done(self) -> int:
        """Cases that were looked at, there or back."""
        return self.undone + self.kept if self.state == "undoing" else self.moved + self.refused

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on any more."""
        return self.state not in ("running", "undoing")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """What became of one case."""

    instance_id: int
    number: str
    title: str
    #: `planned`, `moved`, `refused`, `undone`, `kept`
    state: str
    from_version: int | None
    at: datetime | None
    #: why not: source sentence and its data
    sentence: str = ""
    data: Mapping[str, Any] | None = None


def versions(uow: UnitOfWork, actor: Actor, key: str) -> list[VersionView]:
    """Every version of a process, latest first; NotFoundError where there is none."""
    permissions.require(actor, "process-definition:read")
    counts = (
        select(instance.c.definition_id, func.count().label("running"))
        .where(instance.c.definition_key == key, instance.c.state.in_(_RUNNING)).group_by(instance.c.definition_id).subquery()
    )
    query = (
        select(
            definition.c.id, definition.c.key, definition.c.version, definition.c.name, definition.c.deployment_id, definition.c.is_latest,
            definition.c.created_at, user.c.display_name, deployment.c.note, counts.c.running,
        )
        .select_from(
            definition.join(deployment, deployment.c.id == definition.c.deployment_id)
            .outerjoin(user, user.c.id == deployment.c.created_by).outerjoin(counts, counts.c.definition_id == definition.c.id))
        .where(definition.c.key == key).order_by(definition.c.version.desc())
    )
    rows = uow.reading.execute(query).all()
    if not rows:
        raise NotFoundError(kind="流程", id=key)
    return [VersionView(*row[:7], row.display_name or "", row.note or "", row.running or 0) for row in rows]


def runs(
    uow: UnitOfWork, actor: Actor, *, key: str | None = None, proposal_id: int | None = None, after: str | None = None, limit: int = 30
) -> Page[RunView]:
    """The newest first: of a process, or of a proposal."""
    permissions.require(actor, _READ)
    query = _runs().order_by(migration_run.c.id.desc()).limit(clamp(limit) + 1)
    if key is not None:
        query = query.where(migration_run.c.definition_key == key)
    if proposal_id is not None:
        query = query.where(migration_run.c.proposal_id == proposal_id)
    if after is not None:
        query = query.where(migration_run.c.id < decode("runs", after, [int])[0])
    found = [_run(row) for row in uow.reading.execute(query)]
    shown = found[:clamp(limit)]
    return Page(tuple(shown), encode("runs", [shown[-1].id]) if len(found) > len(shown) else None)


def run(uow: UnitOfWork, actor: Actor, run_id: int) -> RunView:
    """One; NotFoundError if there is none."""
    permissions.require(actor, _READ)
    row = uow.reading.execute(_runs().where(migration_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="版本遷移", id=run_id)
    return _run(row)


def cases(
    uow: UnitOfWork, actor: Actor, run_id: int, *, state: str | None = None, after: str | None = None, limit: int = 60
) -> Page[CaseResult]:
    """What became of each case of a run, in order; only those in one state."""
    run(uow, actor, run_id)
    query = (
        select(
            migration_case.c.instance_id, instance.c.business_key, instance.c.title, migration_case.c.state, definition.c.version,
            migration_case.c.at, migration_case.c.problem,
        )
        .select_from(
            migration_case.join(instance, instance.c.id == migration_case.c.instance_id)
            .outerjoin(definition, definition.c.id == migration_case.c.from_definition_id))
        .where(migration_case.c.run_id == run_id).order_by(migration_case.c.instance_id).limit(clamp(limit) + 1)
    )
    if state is not None:
        query = query.where(migration_case.c.state == state)
    if after is not None:
        query = query.where(migration_case.c.instance_id > decode("cases", after, [int])[0])
    found = [_case(row) for row in uow.reading.execute(query)]
    shown = found[:clamp(limit)]
    return Page(tuple(shown), encode("cases", [shown[-1].instance_id]) if len(found) > len(shown) else None)


def _runs() -> Select[Any]:
    asked = aliased(user, name="asked")
    return (
        select(migration_run, definition.c.version.label("to_version"), definition.c.name, asked.c.display_name)
        .select_from(
            migration_run.join(definition, definition.c.id == migration_run.c.to_definition_id)
            .outerjoin(asked, asked.c.id == migration_run.c.asked_by))
    )


def _run(row: Row[Any]) -> RunView:
    return RunView(
        row.id, row.definition_key, row.to_definition_id, row.to_version, row.name, row.proposal_id, row.reason, row.state, row.asked_at,
        row.display_name or "", row.finished_at, row.total, row.moved_count, row.refused_count, row.undone_count, row.kept_count,
    )


def _case(row: Any) -> CaseResult:
    problem = orjson.loads(row.problem) if row.problem else {}
    return CaseResult(
        row.instance_id, row.business_key or "", row.title, row.state, row.version, row.at, problem.get("sentence", ""),
        problem.get("data"),
    )
