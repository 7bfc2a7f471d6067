"""What a person is told: the UNION of their own rows and those of each role at each site, each read from its index.

Like the to-do list, and for the same reason: an OR over roles would read everybody's. Counts look at a bounded number of the newest rows of
each, so that neither grows with what others have to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import BigInteger, Select, String, bindparam, func, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor, JsonObject
from engine.notifications import Kind
from engine.persistence.tables import instance, notification, notification_read, notification_wish, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP, Page, clamp, decode, encode
from engine.queries.reach import in_heaps, pair_values, pairs_of, sited

#: kinds that are of no more use once somebody has the item
_FOR_THE_TAKING = (Kind.OPENED.value, Kind.RETURNED.value)
#: how far back an example is looked for
_EXAMPLES = 20_000


@dataclass(frozen=True, slots=True)
class NotificationRow:
    """One happening as a list shows it."""

    id: int
    kind: Kind
    made_at: datetime
    is_read: bool
    instance_id: int | None
    #: title or number of the case
    case: str
    work_item_id: int | None
    #: the step's name, source language
    step: str
    definition_id: int | None
    #: who has the item now, and whether it can still be acted on; None without an item
    holder_id: int | None
    holder: str | None
    is_live: bool | None
    role: str | None
    site_id: int | None
    by: str | None
    data: JsonObject


def page(
    uow: UnitOfWork, actor: Actor, *, kind: Kind | None = None, unread: bool = False, after: str | None = None, limit: int = 50
) -> Page[NotificationRow]:
    """Newest first."""
    limit = clamp(limit)
    before = decode("news", after, (int,))[0] if after else 2**62
    pairs = pairs_of(uow, actor.reach(), None)
    statement = _page_statement(sited(pairs), kind is not None, unread)
    values = {**pair_values(pairs), "me": actor.user_id, "before": before, "limit": limit + 1, "kind": kind}
    if kind is None:
        del values["kind"]
    found = [_row(row) for row in uow.reading.execute(statement, values)]
    shown = tuple(found[:limit])
    return Page(shown, encode("news", (shown[-1].id,)) if len(found) > limit else None)


def unread(uow: UnitOfWork, actor: Actor) -> int:
    """How many are new to the person, capped at COUNT_CAP; what a colleague has taken meanwhile no longer counts."""
    pairs = pairs_of(uow, actor.reach(), None)
    found: int = uow.reading.execute(_unread_statement(sited(pairs)), {**pair_values(pairs), "me": actor.user_id}).scalar_one()
    return min(found, COUNT_CAP)


def find(uow: UnitOfWork, actor: Actor, notification_id: int) -> NotificationRow | None:
    """One that the person may see; None where there is none such."""
    row = uow.reading.execute(_shown().where(notification.c.id == notification_id), {"me": actor.user_id}).one_or_none()
    if row is None or not concerns(actor, row.user_id, row.role, row.site_id):
        return None
    return _row(row)


def by_ids(uow: UnitOfWork, user_id: int | None, ids: Sequence[int]) -> list[NotificationRow]:
    """Some by id, oldest first, with whether that person has read them."""
    statement = _shown().where(notification.c.id.in_(list(ids))).order_by(notification.c.id)
    return [_row(row) for row in uow.reading.execute(statement, {"me": user_id})]


def newest_of(uow: UnitOfWork, kind: Kind | None, most: int) -> list[NotificationRow]:
    """The newest of a kind, or of any, whoever they are for; not looked for far back, so that it costs little with millions of rows."""
    statement = _shown().where(notification.c.id > newest(uow) - _EXAMPLES).order_by(notification.c.id.desc()).limit(most)
    if kind is not None:
        statement = statement.where(notification.c.kind == kind.value)
    return [_row(row) for row in uow.reading.execute(statement, {"me": None})]


def concerns(actor: Actor, user_id: int | None, role: str | None, site_id: int | None) -> bool:
    """Whether a row is for the person, or for the role of somebody whose place they take."""
    if user_id is not None:
        return user_id == actor.user_id
    return any(grant.role == role and grant.site_id in (None, site_id) for grant in actor.reach())


@dataclass(frozen=True, slots=True)
class Fresh:
    """Just whom a happening is for."""

    id: int
    user_id: int | None
    role: str | None
    site_id: int | None
    by_id: int | None


def newest(uow: UnitOfWork) -> int:
    """The highest id so far."""
    found: int = uow.reading.execute(select(func.coalesce(func.max(notification.c.id), 0))).scalar_one()
    return found


def since(uow: UnitOfWork, last: int, most: int = 1_000) -> list[Fresh]:
    """What came after an id, in order."""
    columns = [notification.c[name] for name in ("id", "user_id", "role", "site_id", "by_id")]
    statement = select(*columns).where(notification.c.id > last).order_by(notification.c.id).limit(most)
    return [Fresh(*row) for row in uow.reading.execute(statement)]


# ---------------------------------------------------------------- statements

def _me() -> Any:
    return bindparam("me", type_=BigInteger)


def _reachable(pairs: tuple[bool, ...]) -> list[list[ColumnElement[bool]]]:
    branches: list[list[ColumnElement[bool]]] = [[notification.c.user_id.is_not(None), notification.c.user_id == _me()]]
    for number, has_site in enumerate(pairs):
        site_id = notification.c.site_id
        at_site = site_id == bindparam(f"site_{number}", type_=BigInteger) if has_site else site_id.is_(None)
        branches.append([notification.c.user_id.is_(None), notification.c.role == bindparam(f"role_{number}", type_=String), at_site])
    return branches


def _read_to() -> ColumnElement[int]:
    mark = select(notification_wish.c.read_to).where(notification_wish.c.user_id == _me()).scalar_subquery()
    return func.coalesce(mark, 0)


def _was_read() -> ColumnElement[bool]:
    return select(notification_read.c.user_id).where(
        notification_read.c.user_id == _me(), notification_read.c.notification_id == notification.c.id
    ).exists()


def _not_mine() -> ColumnElement[bool]:
    return or_(notification.c.by_id.is_(None), notification.c.by_id != _me())


@lru_cache(maxsize=64)
def _unread_statement(pairs: tuple[bool, ...]) -> Select[Any]:
    parts = [
        select(select(notification.c.id).where(*where, notification.c.id > _read_to())
               .order_by(notification.c.id.desc()).limit(COUNT_CAP).subquery())
        for where in _reachable(pairs)
    ]
    newest_rows = in_heaps(parts, union_all).subquery()
    source = notification.join(newest_rows, newest_rows.c.id == notification.c.id).outerjoin(
        work_item, work_item.c.id == notification.c.work_item_id
    )
    to_take = work_item.c.is_live & or_(work_item.c.assignee_id.is_(None), work_item.c.assignee_id == _me())
    is_of_use = or_(notification.c.kind.not_in(_FOR_THE_TAKING), work_item.c.id.is_(None), to_take)
    return select(func.count()).select_from(source).where(~_was_read(), _not_mine(), is_of_use)


@lru_cache(maxsize=256)
def _page_statement(pairs: tuple[bool, ...], has_kind: bool, only_unread: bool) -> Select[Any]:
    extra: list[ColumnElement[bool]] = [notification.c.id < bindparam("before", type_=BigInteger), _not_mine()]
    if has_kind:
        extra.append(notification.c.kind == bindparam("kind", type_=String))
    if only_unread:
        extra += [notification.c.id > _read_to(), ~_was_read()]
    limit = bindparam("limit", type_=BigInteger)
    parts = [
        select(select(notification.c.id).where(*where, *extra).order_by(notification.c.id.desc()).limit(limit).subquery())
        for where in _reachable(pairs)
    ]
    reached = in_heaps(parts, union_all).subquery()
    top = select(reached.c.id).order_by(reached.c.id.desc()).limit(limit)
    return _shown().where(notification.c.id.in_(top)).order_by(notification.c.id.desc())


def _shown() -> Select[Any]:
    by, holder = user.alias("by"), user.alias("holder")
    source = (
        notification.outerjoin(instance, instance.c.id == notification.c.instance_id)
        .outerjoin(work_item, work_item.c.id == notification.c.work_item_id)
        .outerjoin(by, by.c.id == notification.c.by_id)
        .outerjoin(holder, holder.c.id == work_item.c.assignee_id)
    )
    return select(
        notification, or_(notification.c.id <= _read_to(), _was_read()).label("is_read"), instance.c.title,
        instance.c.business_key, instance.c.definition_id.label("case_definition_id"), work_item.c.name.label("step"),
        work_item.c.definition_id,
        work_item.c.is_live, work_item.c.assignee_id.label("holder_id"), holder.c.display_name.label("holder"),
        by.c.display_name.label("by"),
    ).select_from(source)


def _row(row: Any) -> NotificationRow:
    case = row.title or row.business_key or ("" if row.instance_id is None else f"#{row.instance_id}")
    return NotificationRow(
        id=row.id, kind=Kind(row.kind), made_at=row.made_at, is_read=bool(row.is_read), instance_id=row.instance_id, case=case,
        work_item_id=row.work_item_id, step=row.step or "", definition_id=row.definition_id or row.case_definition_id,
        holder_id=row.holder_id, holder=row.holder, is_live=row.is_live, role=row.role, site_id=row.site_id, by=row.by,
        data=orjson.loads(row.data) if row.data else {},
    )
