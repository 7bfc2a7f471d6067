"""Cases: lists of them, and everything about one that lies in columns. The data and tokens of a case are the engine's."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Select, String, cast, literal, null, select, union_all

from engine.errors import NotFoundError
from engine.limit_rules import Kind
from engine.model import Actor
from engine.persistence.tables import (
    Instant,
    definition,
    due,
    event_subscription,
    file,
    incident,
    instance,
    limit_clock,
    record,
    site,
    user,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import case_filters
from engine.queries.case_filters import InstanceFilters
from engine.queries.case_search import Search
from engine.queries.ordering import Ordering
from engine.queries.paging import Page, clamp
from engine.queries.sites import may_see


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """A case as lists show it."""

    id: int
    definition_id: int
    definition_key: str
    #: source language
    definition_name: str
    definition_version: int
    version: int
    state: str
    site_id: int | None
    site_name: str | None
    business_key: str | None
    title: str
    started_at: datetime
    started_by: int | None
    started_by_name: str | None
    moved_at: datetime
    ended_at: datetime | None
    parent_id: int | None
    late_since: datetime | None
    incident_count: int


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """A step that failed and waits for a manager."""

    id: int
    element_id: str | None
    code: str
    #: `{"sentence": …, "data": {…}}`
    message: dict[str, Any]
    created_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit of the manual that runs or ran in a case."""

    limit_id: str
    round: int
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    breached_at: datetime | None
    target_seconds: int


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A printed record that a case has issued."""

    id: int
    record_key: str
    number: str
    issued_at: datetime
    issued_by_name: str | None
    voided_at: datetime | None


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that a form of the case holds."""

    id: int
    name: str
    media_type: str
    size: int
    kind: str
    uploaded_at: datetime
    uploaded_by_name: str | None
    #: `identity` for a paper of identity
    personal: str | None


@dataclass(frozen=True, slots=True)
class AwaitedRow:
    """What a case waits for besides people."""

    #: `timer`, `message` or `signal`
    kind: str
    #: when, of a timer
    at: datetime | None
    #: of the message or signal
    name: str
    element_id: str | None


NO_FILTERS = InstanceFilters()


def page(
    uow: UnitOfWork, actor: Actor, *, filters: InstanceFilters = NO_FILTERS, after: str | None = None, limit: int = 50
) -> Page[InstanceRow]:
    """Cases of the sites that the person belongs to; by when they last moved, or (started by one person) by when they started."""
    limit = clamp(limit)
    by_start = filters.by_start or filters.started_by is not None
    at, sort = (instance.c.started_at, "started") if by_start else (instance.c.moved_at, "moved")
    ordering = Ordering(filters.order, sort, at, instance.c.title, instance.c.id)
    sets, bounds = case_filters.sets(uow, actor, filters), []
    for column, test in case_filters.between(at, filters):
        sets.append(case_filters.by_column(str(column.key), test))
        bounds += sets[-1:] if column is ordering.column else []
    ids = Search(uow, ordering, sets, bounds, after, limit + 1, filters.started_before).ids()
    rows = {row.id: InstanceRow(**row._mapping) for row in uow.reading.execute(_select().where(instance.c.id.in_(ids)))} if ids else {}
    return ordering.cut([rows[each] for each in ids], limit, lambda row: row.started_at if by_start else row.moved_at)


def get(uow: UnitOfWork, actor: Actor, instance_id: int) -> InstanceRow:
    """One case; NotFoundError when there is none, or its site is not the person's."""
    row = uow.reading.execute(_select().where(instance.c.id == instance_id)).one_or_none()
    if row is None or not may_see(actor, row.site_id):
        raise NotFoundError(kind="案件", id=instance_id)
    return InstanceRow(**row._mapping)


def children(uow: UnitOfWork, instance_id: int) -> tuple[InstanceRow, ...]:
    """Side cases that it started, oldest first."""
    statement = _select().where(instance.c.parent_id == instance_id).order_by(instance.c.id).limit(200)
    return tuple(InstanceRow(**row._mapping) for row in uow.reading.execute(statement))


def incidents(uow: UnitOfWork, instance_id: int) -> tuple[IncidentRow, ...]:
    """Its incidents, open ones first, then the latest."""
    columns = [incident.c[entry.name] for entry in fields(IncidentRow)]
    statement = (
        select(*columns).where(incident.c.instance_id == instance_id)
        .order_by(incident.c.resolved_at.is_not(None), incident.c.id.desc()).limit(50)
    )
    return tuple(
        IncidentRow(**{**row._mapping, "message": orjson.loads(row.message)}) for row in uow.reading.execute(statement)
    )


def awaited(uow: UnitOfWork, instance_id: int) -> tuple[AwaitedRow, ...]:
    """Times that are set in it and messages that it waits for, in one statement."""
    no_moment, no_element = cast(null(), Instant()).label("at"), cast(null(), String(120)).label("element_id")
    times = select(literal("timer").label("kind"), due.c.due_at.label("at"), literal("").label("name"), no_element)
    times = times.where(due.c.instance_id == instance_id, due.c.kind == "timer")
    words = select(event_subscription.c.kind, no_moment, event_subscription.c.name, event_subscription.c.element_id)
    words = words.where(event_subscription.c.instance_id == instance_id)
    statement = union_all(times, words)
    return tuple(AwaitedRow(row.kind, row.at, row.name, row.element_id) for row in uow.reading.execute(statement))


def limits(uow: UnitOfWork, instance_id: int) -> tuple[LimitRow, ...]:
    """The manual's clocks in it, oldest first."""
    columns = [limit_clock.c[entry.name] for entry in fields(LimitRow)]
    statement = select(*columns).where(limit_clock.c.instance_id == instance_id, limit_clock.c.kind == Kind.CLOCK)
    statement = statement.order_by(limit_clock.c.id).limit(200)
    return tuple(LimitRow(**row._mapping) for row in uow.reading.execute(statement))


def records(uow: UnitOfWork, instance_id: int) -> tuple[RecordRow, ...]:
    """Printed records that it issued, oldest first."""
    statement = (
        select(record.c.id, record.c.record_key, record.c.number, record.c.issued_at, user.c.display_name.label("issued_by_name"),
               record.c.voided_at)
        .select_from(record.outerjoin(user, user.c.id == record.c.issued_by))
        .where(record.c.instance_id == instance_id).order_by(record.c.id).limit(200)
    )
    return tuple(RecordRow(**row._mapping) for row in uow.reading.execute(statement))


def files(uow: UnitOfWork, instance_id: int) -> tuple[FileRow, ...]:
    """Its attachments, photos and signatures, oldest first."""
    statement = (
        select(file.c.id, file.c.name, file.c.media_type, file.c.size, file.c.kind, file.c.uploaded_at,
               user.c.display_name.label("uploaded_by_name"), file.c.personal)
        .select_from(file.outerjoin(user, user.c.id == file.c.uploaded_by))
        .where(file.c.instance_id == instance_id).order_by(file.c.id).limit(200)
    )
    return tuple(FileRow(**row._mapping) for row in uow.reading.execute(statement))


@lru_cache(maxsize=1)
def _select() -> Select[Any]:
    return (
        select(
            instance.c.id, instance.c.definition_id, instance.c.definition_key, definition.c.name.label("definition_name"),
            definition.c.version.label("definition_version"), instance.c.version, instance.c.state, instance.c.site_id,
            site.c.name.label("site_name"), instance.c.business_key, instance.c.title, instance.c.started_at, instance.c.started_by,
            user.c.display_name.label("started_by_name"), instance.c.moved_at, instance.c.ended_at, instance.c.parent_id,
            instance.c.late_since, instance.c.incident_count,
        )
        .select_from(
            instance.join(definition, definition.c.id == instance.c.definition_id)
            .outerjoin(site, site.c.id == instance.c.site_id)
            .outerjoin(user, user.c.id == instance.c.started_by)
        )
    )
