"""What a dispatcher's board shows: cards by column with their clocks, people with what they have, and where work is late.

One select each, whatever the number of cards; columns are paged. `version` tells cheaply whether anything can have changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, literal_column, or_, select
from sqlalchemy.sql.expression import tuple_

from engine.board_rules import Board, BoardColumn
from engine.model import Actor, InstanceState
from engine.persistence.durations import EarlierOf
from engine.persistence.tables import (
    Instant,
    building,
    instance,
    instance_variable,
    limit_clock,
    role_grant,
    site,
    unit,
    user,
    work_item,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.sites import seen_cases, visible_sites

#: cards without any clock come last
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
#: how long a check-in says where somebody is
_SEEN_FOR = timedelta(hours=24)
_WORKERS = 300


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """What narrows a board; None and empty mean: no matter."""

    site_id: int | None = None
    building_id: int | None = None
    floor: int | None = None
    card_class: str = ""
    worker_id: int | None = None
    #: part of the title or number
    q: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A limit of the manual that runs for a card."""

    limit_id: str
    warn_at: datetime | None
    due_at: datetime
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class Card:
    """An open piece of work on the board."""

    work_item_id: int
    instance_id: int
    definition_id: int
    definition_key: str
    element_id: str
    #: the step, source language
    name: str
    title: str
    business_key: str | None
    site_id: int | None
    unit: str | None
    card_class: str | None
    role: str
    #: who may do it besides since it is late
    escalated_role: str | None
    assignee_id: int | None
    assignee_name: str | None
    started_at: datetime
    due_at: datetime | None
    #: the end of its history: what an undo compares with
    history_seq: int
    #: the earliest running clock
    urgent_at: datetime | None
    clocks: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnCount:
    """How many cards a column holds."""

    total: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who does the work."""

    id: int
    name: str
    #: open work of this board that they have
    load: int
    late: int
    #: unit at which they checked in last, and when; None where nothing is known of the last day
    place: str | None
    place_at: datetime | None


@dataclass(frozen=True, slots=True)
class Floor:
    """A storey with what is open and late on it."""

    floor: int | None
    open: int
    late: int


@dataclass(frozen=True, slots=True)
class BuildingMap:
    """A building with its storeys, the highest first."""

    id: int
    site_id: int
    name: str
    floors: list[Floor] = field(default_factory=list)

    @property
    def open(self) -> int:
        """Open cases in it."""
        return sum(each.open for each in self.floors)

    @property
    def late(self) -> int:
        """Late ones among them."""
        return sum(each.late for each in self.floors)


def version(uow: UnitOfWork, board: Board) -> tuple[int, ...]:
    """Changes whenever a case of the board does, or who may do its work; the same numbers mean: nothing changed."""
    open_cases = select(func.count(), func.coalesce(func.sum(instance.c.history_seq), 0), func.coalesce(func.max(instance.c.id), 0)).where(
        instance.c.definition_key == board.process_key, instance.c.state.in_([InstanceState.ACTIVE, InstanceState.INCIDENT])
    )
    people = (
        select(func.count(), func.coalesce(func.max(role_grant.c.id), 0))
        .select_from(role_grant.join(user, user.c.id == role_grant.c.user_id))
        .where(role_grant.c.role == board.worker_role, user.c.deactivated_at.is_(None))
    )
    return tuple(int(value) for statement in (open_cases, people) for value in uow.reading.execute(statement).one())


def cards(
    uow: UnitOfWork, actor: Actor, board: Board, column: BoardColumn, filters: BoardFilters, *, after: str | None = None, limit: int = 20
) -> Page[Card]:
    """A column's cards, the most urgent first."""
    limit = clamp(limit)
    urgent = EarlierOf(func.coalesce(_earliest(board), _NEVER_VALUE), func.coalesce(work_item.c.due_at, _NEVER_VALUE))
    ranked = _from(select(work_item.c.id, urgent.label("urgent")), board, filters).where(
        _in_any([column]), *_conditions(actor, board, filters)
    ).subquery("ranked")  # fmt: skip
    chosen = select(ranked.c.id, ranked.c.urgent).order_by(ranked.c.urgent, ranked.c.id).limit(limit + 1)
    if after:
        moment, last = decode("board", after, (datetime, int))
        chosen = chosen.where(tuple_(ranked.c.urgent, ranked.c.id) > tuple_(literal(moment, Instant()), literal(last)))
    top = chosen.subquery("top")
    card_class, at_unit = instance_variable.alias("card_class"), instance_variable.alias("at_unit")
    statement = (
        select(
            work_item.c.id.label("work_item_id"), work_item.c.instance_id, work_item.c.definition_id, work_item.c.definition_key,
            work_item.c.element_id, work_item.c.name, work_item.c.title, work_item.c.business_key, work_item.c.site_id,
            at_unit.c.text.label("unit"), card_class.c.text.label("card_class"),
            work_item.c.role, work_item.c.escalated_role, work_item.c.assignee_id, user.c.display_name.label("assignee_name"),
            instance.c.started_at, work_item.c.due_at, instance.c.history_seq, top.c.urgent.label("urgent_at"),
        )
        .select_from(
            top.join(work_item, work_item.c.id == top.c.id).join(instance, instance.c.id == work_item.c.instance_id)
            .outerjoin(user, user.c.id == work_item.c.assignee_id)
            .outerjoin(card_class, and_(card_class.c.instance_id == instance.c.id, card_class.c.name == board.card_class))
            .outerjoin(at_unit, and_(at_unit.c.instance_id == instance.c.id, at_unit.c.name == board.unit))
        )
        .order_by(top.c.urgent, top.c.id)
    )
    rows = uow.reading.execute(statement).all()
    running = _clocks(uow, board, [row.instance_id for row in rows[:limit]])
    shown = tuple(
        Card(**{**row._mapping, "urgent_at": None if row.urgent_at >= _NEVER else row.urgent_at}, clocks=running.get(row.instance_id, ()))
        for row in rows[:limit]
    )
    return Page(shown, encode("board", (rows[limit - 1].urgent_at, rows[limit - 1].work_item_id)) if len(rows) > limit else None)


def counts(uow: UnitOfWork, actor: Actor, board: Board, filters: BoardFilters, now: datetime) -> dict[str, ColumnCount]:
    """By column: how many cards there are, and how many are late."""
    statement = _from(
        select(work_item.c.definition_key, work_item.c.element_id, func.count().label("total"), func.sum(_late(board, now)).label("late")),
        board, filters,
    ).where(_in_any(board.columns), *_conditions(actor, board, filters))  # fmt: skip
    found: dict[tuple[str, str], ColumnCount] = {}
    for row in uow.reading.execute(statement.group_by(work_item.c.definition_key, work_item.c.element_id)):
        found[row.definition_key, row.element_id] = ColumnCount(int(row.total), int(row.late or 0))
    summed = {}
    for column in board.columns:
        parts = [found[pair] for pair in column.elements if pair in found]
        summed[column.id] = ColumnCount(sum(each.total for each in parts), sum(each.late for each in parts))
    return summed


def workers(uow: UnitOfWork, actor: Actor, board: Board, site_id: int | None, now: datetime) -> tuple[Worker, ...]:
    """Who does the work at the person's sites, by name, with what they have and where they were last."""
    held = (
        select(work_item.c.assignee_id, func.count().label("load"), func.sum(_late(board, now)).label("late"))
        .select_from(work_item.join(instance, instance.c.id == work_item.c.instance_id))
        .where(work_item.c.is_live, work_item.c.assignee_id.is_not(None), _is_of(board))
        .group_by(work_item.c.assignee_id).subquery("held")
    )
    seen = visible_sites(actor)
    sites = [site_id] if site_id is not None else None if seen is None else sorted(seen)
    at = role_grant.c.site_id.is_(None) | (role_grant.c.site_id.in_(sites) if sites is not None else role_grant.c.site_id.is_not(None))
    holders = select(role_grant.c.user_id).where(role_grant.c.role == board.worker_role, at)
    statement = (
        select(user.c.id, user.c.display_name, func.coalesce(held.c.load, 0).label("load"), func.coalesce(held.c.late, 0).label("late"))
        .select_from(user.outerjoin(held, held.c.assignee_id == user.c.id))
        .where(user.c.id.in_(holders), user.c.deactivated_at.is_(None)).order_by(user.c.display_name, user.c.id).limit(_WORKERS)
    )
    rows = uow.reading.execute(statement).all()
    places = _places(uow, board, [row.id for row in rows], now)
    return tuple(Worker(row.id, row.display_name, int(row.load), int(row.late), *places.get(row.id, (None, None))) for row in rows)


def late_map(uow: UnitOfWork, actor: Actor, board: Board, filters: BoardFilters, now: datetime) -> tuple[BuildingMap, ...]:
    """Every building of the person's sites with its storeys: what is open on them and what is late. Site and class narrow it."""
    is_late = case((or_(_running(board).where(limit_clock.c.due_at <= now).exists(), _late_item(now)), 1), else_=0)
    named = instance_variable.alias("named")
    open_at = (
        select(unit.c.building_id, unit.c.floor, func.count().label("open"), func.sum(is_late).label("late"))
        .select_from(instance.join(named, and_(named.c.instance_id == instance.c.id, named.c.name == board.unit))
                     .join(unit, unit.c.code == named.c.text))
        .where(instance.c.definition_key == board.process_key, instance.c.state.in_([InstanceState.ACTIVE, InstanceState.INCIDENT]))
        .group_by(unit.c.building_id, unit.c.floor)
    )  # fmt: skip
    if filters.card_class:
        open_at = open_at.where(_has(board.card_class, filters.card_class))
    counted = {(row.building_id, row.floor): row for row in uow.reading.execute(open_at)}
    storeys = (
        select(building.c.id, building.c.site_id, building.c.name, unit.c.floor).distinct()
        .select_from(building.join(site, site.c.id == building.c.site_id)
                     .join(unit, and_(unit.c.building_id == building.c.id, unit.c.deactivated_at.is_(None))))
        .where(building.c.deactivated_at.is_(None)).order_by(building.c.site_id, building.c.name, building.c.id, unit.c.floor.desc())
    )  # fmt: skip
    seen = visible_sites(actor)
    if seen is not None:
        storeys = storeys.where(building.c.site_id.in_(sorted(seen)))
    if filters.site_id is not None:
        storeys = storeys.where(building.c.site_id == filters.site_id)
    found: dict[int, BuildingMap] = {}
    for row in uow.reading.execute(storeys.limit(2000)):
        hits = counted.get((row.id, row.floor))
        storey = Floor(row.floor, int(hits.open) if hits else 0, int(hits.late or 0) if hits else 0)
        found.setdefault(row.id, BuildingMap(row.id, row.site_id, row.name)).floors.append(storey)
    return tuple(found.values())


_NEVER_VALUE: ColumnElement[Any] = literal(_NEVER, Instant())


def _in_any(columns: Sequence[BoardColumn]) -> ColumnElement[bool]:
    # being open is asked once for all: the index is of open work alone
    return and_(work_item.c.is_live, _is_one_of([element for column in columns for element in column.elements]))


def _is_one_of(elements: Sequence[tuple[str, str]]) -> ColumnElement[bool]:
    # one by one: the index is by both columns
    return or_(*(and_(work_item.c.definition_key == process, work_item.c.element_id == element) for process, element in elements))


def _from(statement: Select[Any], board: Board, filters: BoardFilters) -> Select[Any]:
    source: Any = work_item.join(instance, instance.c.id == work_item.c.instance_id)
    if filters.building_id is not None or filters.floor is not None:
        named = instance_variable.alias("named")
        source = source.join(named, and_(named.c.instance_id == instance.c.id, named.c.name == board.unit)).join(
            unit, unit.c.code == named.c.text
        )
    return statement.select_from(source)


def _is_of(board: Board) -> ColumnElement[bool]:
    # asked of the cases of open work: by its own index a database would go through all cases that ever were
    return instance.c.definition_key.concat(literal_column("''")) == board.process_key


def _conditions(actor: Actor, board: Board, filters: BoardFilters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_is_of(board)]
    conditions += seen_cases(actor, work_item.c.site_id)
    for column, value in (
        (work_item.c.site_id, filters.site_id), (unit.c.building_id, filters.building_id), (unit.c.floor, filters.floor),
        (work_item.c.assignee_id, filters.worker_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if filters.card_class:
        conditions.append(_has(board.card_class, filters.card_class))
    if filters.q:
        escaped = filters.q.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append(or_(*(each.ilike(f"%{escaped}%", escape="\\") for each in (work_item.c.title, work_item.c.business_key))))
    return conditions


def _has(name: str, value: str) -> ColumnElement[bool]:
    told = instance_variable.alias("told")
    found = select(literal(1)).where(told.c.instance_id == instance.c.id, told.c.name == name, told.c.text == value)
    return found.correlate(instance).exists()


def _running(board: Board) -> Select[Any]:
    # a case has few clocks: they are read once, instead of looked up for each of the limits
    limit_id = limit_clock.c.limit_id.concat(literal_column("''"))
    return select(limit_clock.c.due_at).where(
        limit_clock.c.instance_id == instance.c.id, limit_id.in_(board.limit_ids), limit_clock.c.stopped_at.is_(None),
        limit_clock.c.cancelled_at.is_(None), limit_clock.c.paused_at.is_(None),
    ).correlate(instance)  # fmt: skip


def _earliest(board: Board) -> ColumnElement[Any]:
    return _running(board).with_only_columns(func.min(limit_clock.c.due_at)).scalar_subquery()


def _late(board: Board, now: datetime) -> ColumnElement[int]:
    late = _running(board).where(limit_clock.c.due_at <= now).exists()
    # what the item tells by itself comes first: the clocks need not be asked then
    return case((work_item.c.due_at <= now, 1), (late, 1), else_=0)


def _late_item(now: datetime) -> ColumnElement[bool]:
    item = work_item.alias("late_item")
    late = select(literal(1)).where(item.c.instance_id == instance.c.id, item.c.is_live, item.c.due_at <= now)
    return late.correlate(instance).exists()


def _clocks(uow: UnitOfWork, board: Board, instance_ids: Sequence[int]) -> dict[int, tuple[Clock, ...]]:
    if not instance_ids:
        return {}
    clock = limit_clock.c
    statement = select(clock.instance_id, clock.limit_id, clock.warn_at, clock.due_at, clock.paused_at).where(
        clock.instance_id.in_(sorted(set(instance_ids))), clock.limit_id.in_(board.limit_ids), clock.stopped_at.is_(None),
        clock.cancelled_at.is_(None),
    ).order_by(clock.due_at, clock.id)  # fmt: skip
    found: defaultdict[int, list[Clock]] = defaultdict(list)
    for row in uow.reading.execute(statement):
        # processes of one folder share their limits: a clock of each would say the same
        if all(each.limit_id.rpartition(".")[2] != row.limit_id.rpartition(".")[2] for each in found[row.instance_id]):
            found[row.instance_id].append(Clock(*row[1:]))
    return {key: tuple(each) for key, each in found.items()}


def _places(uow: UnitOfWork, board: Board, people: Sequence[int], now: datetime) -> dict[int, tuple[str | None, datetime]]:
    if not people or not board.where:
        return {}
    item, at_unit = work_item, instance_variable.alias("at_unit")
    last = (
        select(func.max(item.c.completed_at).label("at"), item.c.completed_by)
        .where(item.c.completed_by.in_(people), item.c.completed_at >= now - _SEEN_FOR, _is_one_of(board.where))
        .group_by(item.c.completed_by).subquery("last")
    )
    statement = (
        select(item.c.completed_by, at_unit.c.text, item.c.completed_at)
        .select_from(last.join(item, and_(item.c.completed_by == last.c.completed_by, item.c.completed_at == last.c.at))
                     .outerjoin(at_unit, and_(at_unit.c.instance_id == item.c.instance_id, at_unit.c.name == board.unit)))
        .where(_is_one_of(board.where))
    )  # fmt: skip
    return {row.completed_by: (row.text, row.completed_at) for row in uow.reading.execute(statement)}
