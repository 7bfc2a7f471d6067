"""What a person has to do and has done.

The to-do list is the UNION of each (role, site)'s own top page, each read from its partial index: an OR over roles would read
every open item. Statements are built once a shape (how many roles, which filters, which order) and cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, func, literal, or_, select, union
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause

from engine.model import Actor
from engine.persistence.tables import Instant, carbon_copy, definition, instance, instance_variable, user, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import COUNT_CAP, Page, clamp, decode, encode
from engine.queries.reach import pair_values, pairs_of, sited


class Sort(StrEnum):
    """Orders of the to-do list; done work always comes newest first."""

    #: newest first
    CREATED = "created"
    #: earliest due first, then those without a due time
    DUE = "due"
    #: by the case's number, then those without one
    NUMBER = "number"


class Holder(StrEnum):
    """Whose items of the to-do list to show."""

    #: mine and those nobody has
    ANY = "any"
    #: claimed by or assigned to me
    MINE = "mine"
    #: nobody has it
    UNCLAIMED = "unclaimed"


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A work item as lists show it."""

    id: int
    instance_id: int
    token: str
    element_id: str
    #: source language
    name: str
    definition_id: int
    definition_key: str
    #: the procedure's name, source language
    definition_name: str
    title: str
    business_key: str | None
    form_key: str | None
    role: str
    escalated_role: str | None
    outside: str | None
    site_id: int | None
    state: str
    assignee_id: int | None
    assignee_name: str | None
    owner_id: int | None
    priority: int
    created_at: datetime
    claimed_at: datetime | None
    warn_at: datetime | None
    due_at: datetime | None
    escalated_at: datetime | None
    #: when somebody last asked its people to hurry
    nudged_at: datetime | None
    completed_at: datetime | None
    completed_by: int | None


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows the to-do list; None and empty mean: no matter."""

    role: str | None = None
    definition_key: str | None = None
    #: part of the title, the step's name or the case number
    q: str = ""
    #: due before that moment
    due_before: datetime | None = None
    #: due at that moment or later
    due_since: datetime | None = None
    #: False: only what has no due time
    has_due: bool = True
    #: of done work: completed from … to before …
    done_since: datetime | None = None
    done_before: datetime | None = None
    #: code of the unit that one of `unit_fields` names
    unit: str = ""
    #: indexed fields that name units, `form.field`
    unit_fields: tuple[str, ...] = ()
    holder: Holder = Holder.ANY


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Numbers on the tabs, each capped at COUNT_CAP."""

    todo: int
    overdue: int
    done: int
    started: int
    #: cases copied to the person that they have not looked at
    copied: int = 0


NO_FILTERS = Filters()
_SHOWN = [column for column in work_item.c if column.name != "is_live"]


def todo(
    uow: UnitOfWork, actor: Actor, *, filters: Filters = NO_FILTERS, sort: Sort = Sort.DUE, after: str | None = None, limit: int = 50
) -> Page[InboxRow]:
    """Live items that the person has, or that a role of theirs at that site may take, or that were escalated to such a role."""
    limit = clamp(limit)
    if sort is Sort.CREATED:
        start = decode(sort, after, (datetime, int)) if after else None
        rows = _todo_rows(uow, actor, filters, "created", start=start, limit=limit + 1)
        return _page(rows, limit, lambda row: encode(sort, (row.created_at, row.id)))
    # items without a due time or a number come last on every database: they are a phase of their own
    kinds = (str, datetime if sort is Sort.DUE else str, int)
    phase, *place = decode(sort, after, kinds) if after else (sort.value, None, None)
    rows = []
    if phase == sort.value and (filters.has_due or sort is not Sort.DUE):
        rows = _todo_rows(uow, actor, filters, sort.value, start=tuple(place) if after else None, limit=limit + 1)
    if len(rows) <= limit and (sort is not Sort.DUE or (filters.due_before is None and filters.due_since is None)):
        start = (None, place[1]) if phase == "none" else None
        missing = f"no_{sort.value}"
        rows += _todo_rows(uow, actor, filters, missing, start=start, limit=limit + 1 - len(rows))

    def cursor(row: InboxRow) -> str:
        at = row.due_at if sort is Sort.DUE else row.business_key
        return encode(sort, (sort.value if at is not None else "none", at, row.id))

    return _page(rows, limit, cursor)


def top(uow: UnitOfWork, actor: Actor, filters: Filters, most: int) -> list[InboxRow]:
    """The first `most` rows of the to-do list by due time, those without one last: what groups and calendars are made of."""
    rows = _todo_rows(uow, actor, filters, "due", start=None, limit=most) if filters.has_due else []
    if len(rows) < most and filters.due_before is None and filters.due_since is None:
        rows += _todo_rows(uow, actor, filters, "no_due", start=None, limit=most - len(rows))
    return rows


def done(uow: UnitOfWork, actor: Actor, *, filters: Filters = NO_FILTERS, after: str | None = None, limit: int = 50) -> Page[InboxRow]:
    """What the person has completed, newest first."""
    limit = clamp(limit)
    conditions: list[ColumnElement[bool]] = [work_item.c.completed_by == actor.user_id]
    if filters.role:
        conditions.append(work_item.c.role == filters.role)
    if filters.definition_key:
        conditions.append(work_item.c.definition_key == filters.definition_key)
    if filters.q:
        conditions.append(_matches(work_item, literal(_pattern(filters.q))))
    if filters.unit:
        conditions.append(work_item.c.instance_id.in_(of_unit(filters.unit_fields, literal(filters.unit))))
    if filters.done_since is not None:
        conditions.append(work_item.c.completed_at >= filters.done_since)
    if filters.done_before is not None:
        conditions.append(work_item.c.completed_at < filters.done_before)
    if after:
        moment, last = decode("done", after, (datetime, int))
        conditions.append(_before(work_item.c.completed_at, work_item.c.id, literal(moment, Instant()), literal(last)))
    newest = (work_item.c.completed_at.desc(), work_item.c.id.desc())
    chosen = select(*_SHOWN).where(*conditions).order_by(*newest).limit(limit + 1).subquery("item")
    statement = _with_names(chosen).order_by(chosen.c.completed_at.desc(), chosen.c.id.desc())
    rows = [InboxRow(**row._mapping) for row in uow.reading.execute(statement)]
    return _page(rows, limit, lambda row: encode("done", (row.completed_at, row.id)))


def counts(uow: UnitOfWork, actor: Actor, now: datetime) -> InboxCounts:
    """Numbers on the tabs, in one statement."""
    pairs = pairs_of(uow, actor.powers() if actor.stand_ins else actor.grants, None)
    away = _Away.of(uow, actor, None)
    statement = _count_statement(sited(pairs), away.shape())
    row = uow.reading.execute(statement, {**pair_values(pairs), **away.values(), "me": actor.user_id, "now": now}).one()
    return InboxCounts(*(min(int(value), COUNT_CAP) for value in row))


# ---------------------------------------------------------------- for colleagues who are away

@dataclass(frozen=True, slots=True)
class _AwayShape:
    """What decides the text of the branches for colleagues who are away; empty for almost everybody."""

    #: of each stand-in for some procedures only: for each (role, site) whether it names a site
    limited: tuple[tuple[bool, ...], ...] = ()
    #: of each stand-in: whether procedures and roles narrow what the colleague has
    held: tuple[tuple[bool, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class _Away:
    """The colleagues for whom a person stands in, as the statements take them."""

    #: (procedures, (role, site) pairs)
    limited: tuple[tuple[tuple[str, ...], list[tuple[str, int | None]]], ...] = ()
    #: (colleague, procedures, roles; empty for all)
    held: tuple[tuple[int, tuple[str, ...], tuple[str, ...]], ...] = ()

    @classmethod
    def of(cls, uow: UnitOfWork, actor: Actor, filters: Filters | None) -> _Away:
        """Of a person, narrowed by the filters. What was taken over for every procedure reads as the person's own roles."""
        if not actor.stand_ins:
            return _NOBODY_AWAY
        role = filters.role if filters is not None else None
        some = tuple((tuple(sorted(each.procedures)), pairs_of(uow, each.grants, role)) for each in actor.stand_ins if each.procedures)
        if filters is not None and filters.holder is Holder.UNCLAIMED:
            return cls(some)
        return cls(some, tuple(
            (each.user_id, tuple(sorted(each.procedures)),
             (role,) if role is not None else () if each.is_whole else tuple(sorted({grant.role for grant in each.grants})))
            for each in actor.stand_ins))

    def shape(self) -> _AwayShape:
        """What the statement is built by."""
        held = tuple((bool(keys), bool(roles)) for _, keys, roles in self.held)
        return _AwayShape(tuple(sited(pairs) for _, pairs in self.limited), held)

    def values(self) -> dict[str, Any]:
        """What it is sent with."""
        values: dict[str, Any] = {}
        for number, (keys, pairs) in enumerate(self.limited):
            values[f"away_{number}_keys"] = list(keys)
            values.update({f"away_{number}_{name}": value for name, value in pair_values(pairs).items()})
        for number, (user_id, keys, roles) in enumerate(self.held):
            values[f"held_{number}"] = user_id
            values.update({f"held_{number}_keys": list(keys)} if keys else {})
            values.update({f"held_{number}_roles": list(roles)} if roles else {})
        return values


_NOBODY_AWAY = _Away()


# ---------------------------------------------------------------- the to-do list

@dataclass(frozen=True, slots=True)
class _Shape:
    """What decides the text of the to-do statement; the rest are values."""

    #: for each (role, site) whether it names a site
    pairs: tuple[bool, ...]
    away: _AwayShape
    #: `created`, `due`, `number`, or `no_due`, `no_number` for those without
    order: str
    has_start: bool
    with_mine: bool
    has_role: bool
    has_key: bool
    has_q: bool
    has_due: bool
    has_since: bool
    without_due: bool
    unit_fields: tuple[str, ...]


def _todo_rows(
    uow: UnitOfWork, actor: Actor, filters: Filters, order: str, *, start: tuple[Any, ...] | None, limit: int
) -> list[InboxRow]:
    is_mine, grants = filters.holder is Holder.MINE, actor.powers() if actor.stand_ins else actor.grants
    pairs = [] if is_mine else pairs_of(uow, grants, filters.role)
    away = _NOBODY_AWAY if is_mine else _Away.of(uow, actor, filters)
    statement = _todo_statement(_Shape(
        pairs=sited(pairs), away=away.shape(), order=order, has_start=start is not None, with_mine=filters.holder is not Holder.UNCLAIMED,
        has_role=filters.role is not None, has_key=filters.definition_key is not None, has_q=bool(filters.q),
        has_due=filters.due_before is not None, has_since=filters.due_since is not None, without_due=not filters.has_due,
        unit_fields=filters.unit_fields if filters.unit else (),
    ))
    values: dict[str, Any] = {**pair_values(pairs), **away.values(), "me": actor.user_id, "limit": limit}
    optional = {
        "role": filters.role, "key": filters.definition_key, "q": _pattern(filters.q) if filters.q else None,
        "due_before": filters.due_before, "due_since": filters.due_since, "unit": filters.unit or None,
    }
    values.update({name: value for name, value in optional.items() if value is not None})
    if start is not None:
        values["start_at"], values["start_id"] = start
        if order.startswith("no_"):
            del values["start_at"]
    return [InboxRow(**row._mapping) for row in uow.reading.execute(statement, values)]


@lru_cache(maxsize=256)
def _todo_statement(shape: _Shape) -> Select[Any]:
    """Every combination that pages ask for is built once; only values differ between people."""
    extra: list[ColumnElement[bool]] = []
    if shape.has_key:
        extra.append(work_item.c.definition_key == bindparam("key", type_=String))
    if shape.has_q:
        extra.append(_matches(work_item, bindparam("q", type_=String)))
    if shape.has_due:
        extra.append(work_item.c.due_at < bindparam("due_before", type_=Instant))
    if shape.has_since:
        extra.append(work_item.c.due_at >= bindparam("due_since", type_=Instant))
    if shape.without_due:
        extra.append(work_item.c.due_at.is_(None))
    if shape.unit_fields:
        extra.append(work_item.c.instance_id.in_(of_unit(shape.unit_fields, bindparam("unit", type_=String))))
    extra.extend(_order_conditions(shape.order, shape.has_start))
    branches = [_top(where + extra, shape.order) for where in [*_reachable(shape.pairs), *_of_away(shape.away)]]
    if shape.with_mine:
        mine = [work_item.c.is_live, work_item.c.assignee_id == bindparam("me", type_=BigInteger)]
        if shape.has_role:
            mine.append(work_item.c.role == bindparam("role", type_=String))
        branches.append(_top(mine + extra, shape.order))
    if not branches:
        return _with_names(select(*_SHOWN).where(work_item.c.id < 0).subquery("item"))
    # UNION, not UNION ALL: an escalated item can be reached by both of its roles
    reached = (union(*branches) if len(branches) > 1 else branches[0]).subquery("reached")
    top = select(reached.c.id).order_by(*_order(reached, shape.order)).limit(bindparam("limit", type_=BigInteger)).subquery("top")
    item = select(*_SHOWN).join(top, top.c.id == work_item.c.id).subquery("item")
    return _with_names(item).order_by(*_order(item, shape.order))


def _of_away(shape: _AwayShape) -> list[list[ColumnElement[bool]]]:
    """What colleagues have who are away, and what nobody has of theirs where only some procedures were taken over."""
    branches = [[*where, work_item.c.definition_key.in_(bindparam(f"away_{number}_keys", expanding=True))]
                for number, pairs in enumerate(shape.limited) for where in _reachable(pairs, f"away_{number}_")]
    for number, (has_keys, has_roles) in enumerate(shape.held):
        held = [work_item.c.is_live, work_item.c.assignee_id == bindparam(f"held_{number}", type_=BigInteger)]
        if has_keys:
            held.append(work_item.c.definition_key.in_(bindparam(f"held_{number}_keys", expanding=True)))
        if has_roles:
            held.append(work_item.c.role.in_(bindparam(f"held_{number}_roles", expanding=True)))
        branches.append(held)
    return branches


def _reachable(pairs: tuple[bool, ...], prefix: str = "") -> list[list[ColumnElement[bool]]]:
    """For each (role, site) the conditions that its index answers: what nobody has, and what was escalated to it."""
    branches: list[list[ColumnElement[bool]]] = []
    for number, has_site in enumerate(pairs):
        # `= ?` and `IS NULL` are told apart here: PostgreSQL finds no index for IS NOT DISTINCT FROM
        site_id = bindparam(f"{prefix}site_{number}", type_=BigInteger)
        at_site = work_item.c.site_id == site_id if has_site else work_item.c.site_id.is_(None)
        role = bindparam(f"{prefix}role_{number}", type_=String)
        branches.append([work_item.c.is_live, work_item.c.assignee_id.is_(None), work_item.c.role == role, at_site])
        branches.append([
            work_item.c.is_live, work_item.c.escalated_role.is_not(None), work_item.c.escalated_role == role, at_site,
            or_(work_item.c.assignee_id.is_(None), work_item.c.assignee_id != bindparam("me", type_=BigInteger)),
        ])
    return branches


def _top(conditions: Sequence[ColumnElement[bool]], order: str) -> Select[Any]:
    columns = {"created": [work_item.c.created_at], "due": [work_item.c.due_at], "number": [work_item.c.business_key]}.get(order, [])
    top = select(work_item.c.id, *columns).where(*conditions).order_by(*_order(work_item, order))
    return select(top.limit(bindparam("limit", type_=BigInteger)).subquery())


def _order(source: FromClause, order: str) -> list[ColumnElement[Any]]:
    if order == "created":
        return [source.c.created_at.desc(), source.c.id.desc()]
    if order == "due":
        return [source.c.due_at, source.c.id]
    if order == "number":
        return [source.c.business_key, source.c.id]
    return [source.c.id]


def _order_conditions(order: str, has_start: bool) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    start_at, start_id = bindparam("start_at", type_=Instant), bindparam("start_id", type_=BigInteger)
    if order == "created" and has_start:
        conditions.append(_before(work_item.c.created_at, work_item.c.id, start_at, start_id))
    elif order == "due":
        conditions.append(work_item.c.due_at.is_not(None))
        if has_start:
            conditions.append(work_item.c.due_at >= start_at)
            conditions.append(or_(work_item.c.due_at > start_at, work_item.c.id > start_id))
    elif order == "number":
        number = work_item.c.business_key
        conditions.append(number.is_not(None))
        if has_start:
            start_number = bindparam("start_at", type_=String)
            conditions.append(number >= start_number)
            conditions.append(or_(number > start_number, work_item.c.id > start_id))
    elif order in ("no_due", "no_number"):
        conditions.append((work_item.c.due_at if order == "no_due" else work_item.c.business_key).is_(None))
        if has_start:
            conditions.append(work_item.c.id > start_id)
    return conditions


def _before(
    at: ColumnElement[Any], row_id: ColumnElement[Any], start_at: ColumnElement[Any], start_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Rows after the cursor in a newest-first order; the first half alone bounds the index range."""
    return (at <= start_at) & or_(at < start_at, row_id < start_id)


def of_unit(fields: Sequence[str], unit: ColumnElement[str]) -> Select[Any]:
    """Ids of the cases in which one of these indexed fields names the unit."""
    return select(instance_variable.c.instance_id).where(instance_variable.c.name.in_(fields), instance_variable.c.text == unit)


def _matches(source: FromClause, pattern: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(
        source.c.title.ilike(pattern, escape="\\"), source.c.name.ilike(pattern, escape="\\"),
        source.c.business_key.ilike(pattern, escape="\\"),
    )


def _pattern(q: str) -> str:
    escaped = q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _with_names(item: FromClause) -> Select[Any]:
    """The chosen rows, with the names that people read."""
    assignee = user.alias("assignee")
    source = item.join(definition, definition.c.id == item.c.definition_id).outerjoin(assignee, assignee.c.id == item.c.assignee_id)
    names = (definition.c.name.label("definition_name"), assignee.c.display_name.label("assignee_name"))
    return select(item, *names).select_from(source)


@lru_cache(maxsize=64)
def _count_statement(pairs: tuple[bool, ...], away: _AwayShape) -> Select[Any]:
    me, now = bindparam("me", type_=BigInteger), bindparam("now", type_=Instant)
    mine = [work_item.c.is_live, work_item.c.assignee_id == me]

    def capped(branches: Iterable[list[ColumnElement[bool]]]) -> ColumnElement[int]:
        parts = [select(select(work_item.c.id).where(*where).limit(COUNT_CAP).subquery()) for where in branches]
        reached = (union(*parts) if len(parts) > 1 else parts[0]).subquery()
        return select(func.count()).select_from(reached).scalar_subquery()

    reachable = [*_reachable(pairs), *_of_away(away), mine]
    late = [[*where, work_item.c.due_at < now] for where in reachable]
    own_done = select(work_item.c.id).where(work_item.c.completed_by == me).limit(COUNT_CAP).subquery()
    unread = carbon_copy.c.read_at.is_(None)
    own_copies = select(carbon_copy.c.id).where(carbon_copy.c.user_id == me, unread).limit(COUNT_CAP).subquery()
    own_started = select(instance.c.id).where(instance.c.started_by == me).limit(COUNT_CAP).subquery()
    return select(
        capped(reachable), capped(late),
        select(func.count()).select_from(own_done).scalar_subquery(),
        select(func.count()).select_from(own_started).scalar_subquery(),
        select(func.count()).select_from(own_copies).scalar_subquery(),
    )


def _page(rows: Sequence[InboxRow], limit: int, cursor: Any) -> Page[InboxRow]:
    shown = tuple(rows[:limit])
    return Page(shown, cursor(shown[-1]) if len(rows) > limit else None)
