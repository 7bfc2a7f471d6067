"""Numbers on the tabs, each capped: nobody reads more than "99+"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select, union
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor
from engine.persistence.tables import Instant, carbon_copy, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.inbox.reach import Away, AwayShape, away_branches, reachable_branches
from engine.queries.paging import COUNT_CAP
from engine.queries.reach import pair_values, pairs_of, sited


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Numbers on the tabs, each capped at COUNT_CAP."""

    todo: int
    overdue: int
    done: int
    started: int
    #: cases copied to the person that they have not looked at
    copied: int = 0


def counts(uow: UnitOfWork, actor: Actor, now: datetime) -> InboxCounts:
    """Numbers on the tabs, in one statement."""
    pairs = pairs_of(uow, actor.powers() if actor.stand_ins else actor.grants, None)
    away = Away.of(uow, actor, None)
    statement = _count_statement(sited(pairs), away.shape())
    row = uow.reading.execute(statement, {**pair_values(pairs), **away.values(), "me": actor.user_id, "now": now}).one()
    return InboxCounts(*(min(int(value), COUNT_CAP) for value in row))


@lru_cache(maxsize=64)
def _count_statement(pairs: tuple[bool, ...], away: AwayShape) -> Select[Any]:
    me, now = bindparam("me", type_=BigInteger), bindparam("now", type_=Instant)
    mine = [work_item.c.is_live, work_item.c.assignee_id == me]

    def capped(branches: Iterable[list[ColumnElement[bool]]]) -> ColumnElement[int]:
        parts = [select(select(work_item.c.id).where(*where).limit(COUNT_CAP).subquery()) for where in branches]
        reached = (union(*parts) if len(parts) > 1 else parts[0]).subquery()
        return select(func.count()).select_from(reached).scalar_subquery()

    reachable = [*reachable_branches(pairs), *away_branches(away), mine]
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
