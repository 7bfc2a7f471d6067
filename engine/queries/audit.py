"""Who did what, when and by which way: the company's append-only records, read as one list by time. Writes nothing, keeps nothing.

Each record is asked for as many rows as a page has, by its own index on time, and the answers are merged. A page therefore costs the same
at any depth and however long the records have grown.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, Select, and_, or_, select, tuple_

from engine.model import Actor
from engine.permissions import may, require, sites_where
from engine.persistence.tables import instance, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import people
from engine.queries.audit_sources import DIRECTORY_KINDS, SOURCES, AuditKind, Source, of_places
from engine.queries.history import HistoryRow
from engine.queries.paging import Page, clamp, decode, encode

_SORT = "audit"


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What narrows the list. None narrows nothing."""

    kind: AuditKind | None = None
    #: who did it; of a sign-in that failed, whose name was given
    person_id: int | None = None
    #: number of the case
    case: str | None = None
    #: from this moment, and before that one
    since: datetime | None = None
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One act."""

    at: datetime
    kind: AuditKind
    #: participle, e.g. `work_item.claimed`, `person.changed`, `session.failed`
    action: str
    #: None for the system, the command line, and people without an account
    actor_id: int | None
    actor_name: str | None
    #: name of the colleague for whom it was done
    on_behalf_name: str | None
    #: by which way, where that was recorded
    channel: str | None
    #: what it is about: `case`, `person`, `unit`, `limit` …, its id, and what people call it where the record tells
    about: str
    about_id: str
    title: str
    business_key: str | None
    #: what else the record says; of the directory each field before and after
    detail: dict[str, Any] = field(default_factory=dict)
    #: of what was done with a case: the event, to be told in words
    event: HistoryRow | None = None
    #: version of the case's procedure
    definition_id: int | None = None


def page(
    uow: UnitOfWork, actor: Actor, filters: AuditFilters | None = None, *, after: str | None = None, limit: int = 50
) -> Page[AuditRow]:
    """Acts, latest first: all of them for the administrator, for managers those with cases and places of their sites. ForbiddenError."""
    require(actor, "audit:read")
    filters, limit = filters or AuditFilters(), clamp(limit)
    sites = None if may(actor, "audit:read-all") else sites_where(actor, "audit:read")
    sees_all = may(actor, "audit:read-all")
    cursor = decode(_SORT, after, (datetime, int, int, int)) if after else None
    case_ids = _case_ids(uow, filters.case) if filters.case else None
    found: list[Iterable[tuple[tuple[Any, ...], Source, Row[Any]]]] = []
    for rank, source in enumerate(SOURCES):
        if not _is_asked(source, filters, sees_all=sees_all):
            continue
        statement = _narrowed(source, filters, case_ids, sites, sees_all=sees_all)
        if cursor is not None:
            statement = statement.where(_behind(source, rank, cursor))
        rows = uow.reading.execute(statement.order_by(source.at.desc(), *(key.desc() for key in source.keys)).limit(limit + 1)).all()
        found.append([((row.at, rank, row.first, row.second), source, row) for row in rows])
    merged = list(islice(heapq.merge(*found, key=lambda each: each[0], reverse=True), limit + 1))
    shown = merged[:limit]
    return Page(_named(uow, [_row(source, row) for _, source, row in shown]), encode(_SORT, shown[-1][0]) if len(merged) > limit else None)


def _case_ids(uow: UnitOfWork, number: str) -> list[int]:
    return list(uow.reading.execute(select(instance.c.id).where(instance.c.business_key == number).limit(100)).scalars())


def _is_asked(source: Source, filters: AuditFilters, *, sees_all: bool) -> bool:
    if not sees_all and not source.is_sited:
        return False
    if filters.case and source.case is None:
        return False
    return filters.kind is None or filters.kind in source.kinds


def _narrowed(
    source: Source, filters: AuditFilters, case_ids: list[int] | None, sites: frozenset[int] | None, *, sees_all: bool
) -> Select[Any]:
    statement = source.select
    if filters.person_id is not None:
        statement = statement.where(source.actor == filters.person_id)
    if filters.since is not None:
        statement = statement.where(source.at >= filters.since)
    if filters.before is not None:
        statement = statement.where(source.at < filters.before)
    if case_ids is not None and source.case is not None:
        statement = statement.where(source.case.in_(case_ids))
    if source.directory_kind is not None and filters.kind is not None:
        kinds = [each for each, kind in DIRECTORY_KINDS.items() if kind == filters.kind]
        statement = statement.where(source.directory_kind.in_(kinds))
    if sees_all:
        return statement
    if source.directory_kind is not None:
        return statement.where(of_places(sites))
    return statement if sites is None else statement.where(instance.c.site_id.in_(sites))


def _behind(source: Source, rank: int, cursor: tuple[Any, ...]) -> ColumnElement[bool]:
    """Rows that come after the last one shown, of which the cursor tells moment, record and keys."""
    moment, of, first, second = cursor
    earlier: ColumnElement[bool] = source.at < moment
    # alone it lets the index begin where the page does
    not_later: ColumnElement[bool] = source.at <= moment
    if rank != of:
        return earlier if rank > of else not_later
    keys = tuple_(*source.keys) < tuple_(*(first, second)[:len(source.keys)])
    return and_(not_later, or_(earlier, keys))


def _row(source: Source, row: Row[Any]) -> AuditRow:
    detail = orjson.loads(row.detail) if row.detail else {}
    kind = DIRECTORY_KINDS[row.about] if source.directory_kind is not None else source.kinds[0]
    common: dict[str, Any] = {
        "at": row.at, "kind": kind, "action": row.action, "actor_id": row.actor_id, "actor_name": row.actor_name, "on_behalf_name": None,
        "channel": row.channel, "about": row.about, "about_id": str(row.about_id), "title": row.title or "",
        "business_key": row.business_key,
    }
    if source.kinds != (AuditKind.CASE,):
        return AuditRow(**common, detail=detail | _extra(source, row))
    values = orjson.loads(row.body) if row.body else {}
    event = HistoryRow(
        seq=row.second, type=row.action, at=row.at, claimed_at=row.claimed_at, actor_id=row.actor_id,
        actor_name=values.get("actor") or row.actor_name, on_behalf_of=row.on_behalf_of, on_behalf_name=None, channel=row.channel,
        definition_id=row.event_definition_id, element_id=row.element_id, token=row.token, detail=detail, values=values,
    )
    return AuditRow(**{**common, "actor_name": event.actor_name}, detail=detail, event=event, definition_id=row.definition_id)


def _extra(source: Source, row: Row[Any]) -> dict[str, Any]:
    given = {name: getattr(row, name) for name in source.tells}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in given.items() if value not in (None, "")}


def _named(uow: UnitOfWork, rows: list[AuditRow]) -> tuple[AuditRow, ...]:
    """With the names of those who were away, and of the accounts that were changed."""
    away = {row.event.on_behalf_of for row in rows if row.event is not None and row.event.on_behalf_of is not None}
    accounts = {int(row.about_id) for row in rows if row.about == "person" and not row.title and row.about_id.isdecimal()}
    known = people.names(uow, away | accounts) if away | accounts else {}
    named = []
    for row in rows:
        if row.event is not None and row.event.on_behalf_of in known:
            name = known[row.event.on_behalf_of]
            named.append(replace(row, on_behalf_name=name, event=replace(row.event, on_behalf_name=name)))
        elif row.about == "person" and not row.title and row.about_id.isdecimal():
            named.append(replace(row, title=known.get(int(row.about_id), "")))
        else:
            named.append(row)
    return tuple(named)


def people_named(uow: UnitOfWork, actor: Actor) -> list[tuple[int, str]]:
    """Whom one may ask for, by name: everybody who has or had an account."""
    require(actor, "audit:read")
    rows = uow.reading.execute(select(user.c.id, user.c.display_name).order_by(user.c.display_name, user.c.id).limit(1_000))
    return [(row.id, row.display_name) for row in rows]
