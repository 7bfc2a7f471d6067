"""What a board shows beside its cards: who is away and who stands in for them, and the cases that stand still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, func, select

from engine.board_rules import Board
from engine.model import Actor, InstanceState
from engine.persistence.tables import instance, substitution, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.board import BoardFilters
from engine.queries.matching import any_like, containing
from engine.queries.sites import seen_cases

#: suspended cases that a board shows
MOST_SUSPENDED = 20


@dataclass(frozen=True, slots=True)
class Absence:
    """Somebody is away from the board's work."""

    until: datetime
    #: names of who stands in
    substitutes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuspendedCase:
    """A case that somebody has suspended: its clocks stand still and nobody can go on with it."""

    id: int
    title: str
    business_key: str | None
    since: datetime


def absences(uow: UnitOfWork, board: Board, people: Sequence[int], now: datetime) -> dict[int, Absence]:
    """By person: until when they are away. Who is away for other roles or procedures only is there for this board."""
    deputy = user.alias("deputy")
    statement = (
        select(substitution.c.absent_id, substitution.c.ends_at, substitution.c.roles, substitution.c.procedures, deputy.c.display_name)
        .join(deputy, deputy.c.id == substitution.c.substitute_id)
        .where(substitution.c.absent_id.in_(people), *_active(now)).order_by(deputy.c.display_name, substitution.c.id)
    )
    until: dict[int, datetime] = {}
    names: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for row in uow.reading.execute(statement) if people else ():
        if _covers(row.roles, board.worker_role) and _covers(row.procedures, board.process_key):
            until[row.absent_id] = max(row.ends_at, until.get(row.absent_id, row.ends_at))
            names[row.absent_id][row.display_name] = None
    return {person: Absence(ends_at, tuple(names[person])) for person, ends_at in until.items()}


def absence_version(uow: UnitOfWork, now: datetime) -> tuple[int, int]:
    """Changes when somebody goes away or comes back."""
    row = uow.reading.execute(select(func.count(), func.coalesce(func.sum(substitution.c.id), 0)).where(*_active(now))).one()
    return int(row[0]), int(row[1])


def suspended(uow: UnitOfWork, actor: Actor, board: Board, filters: BoardFilters) -> tuple[SuspendedCase, ...]:
    """The latest suspended cases of the board at the person's sites."""
    conditions = [instance.c.definition_key == board.process_key, instance.c.state == InstanceState.SUSPENDED]
    conditions += seen_cases(actor)
    if filters.site_id is not None:
        conditions.append(instance.c.site_id == filters.site_id)
    if filters.q:
        conditions.append(any_like(containing(filters.q), instance.c.title, instance.c.business_key))
    statement = (
        select(instance.c.id, instance.c.title, instance.c.business_key, instance.c.moved_at.label("since")).where(*conditions)
        .order_by(instance.c.moved_at.desc(), instance.c.id.desc()).limit(MOST_SUSPENDED)
    )
    return tuple(SuspendedCase(**row._mapping) for row in uow.reading.execute(statement))


def _active(now: datetime) -> list[ColumnElement[bool]]:
    return [substitution.c.ended_at.is_(None), substitution.c.starts_at <= now, substitution.c.ends_at > now]


def _covers(names: str | None, wanted: str) -> bool:
    return not names or wanted in orjson.loads(names)
