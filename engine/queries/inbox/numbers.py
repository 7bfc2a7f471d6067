"""Numbers on the tabs, each capped: nobody reads more than "99+"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Select, String, bindparam, func, or_, select, union
from sqlalchemy.sql.elements import ColumnElement

from engine.model import Actor
from engine.persistence.tables import Instant, carbon_copy, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.inbox.reach import Away, AwayShape, away_branches
from engine.queries.paging import COUNT_CAP
from engine.queries.reach import pairs_of


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
    away, groups = Away.of(uow, actor, None), _grouped(pairs)
    values: dict[str, Any] = {"me": actor.user_id, "now": now, **away.values()}
    for number, (roles, sites) in enumerate(groups):
        values |= {f"roles_{number}": roles, **({f"sites_{number}": sites} if sites else {})}
    row = uow.reading.execute(_count_statement(tuple(bool(sites) for _, sites in groups), away.shape()), values).one()
    return InboxCounts(*(min(int(value), COUNT_CAP) for value in row))


def _grouped(pairs: Sequence[tuple[str, int | None]]) -> list[tuple[list[str], list[int]]]:
    """(roles, sites at which they are the same), no sites for what belongs to none. What is only counted needs no order, and so no branch
    for each pair: of twenty roles at ten sites a database would plan longer than it counts.
    """
    roles: dict[int | None, list[str]] = defaultdict(list)
    for role, site_id in sorted(pairs, key=lambda pair: (pair[0], pair[1] or 0)):
        roles[site_id].append(role)
    sites: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for site_id, held in roles.items():
        if site_id is not None:
            sites[tuple(held)].append(site_id)
    everywhere = [(roles[None], list[int]())] if None in roles else []
    return everywhere + [(list(held), found) for held, found in sites.items()]


def _branches(groups: tuple[bool, ...]) -> list[list[ColumnElement[bool]]]:
    """What nobody has, and what was escalated, for each group of roles."""
    item, branches = work_item.c, []
    for number, has_sites in enumerate(groups):
        roles = bindparam(f"roles_{number}", expanding=True, type_=String)
        at = item.site_id.in_(bindparam(f"sites_{number}", expanding=True, type_=BigInteger)) if has_sites else item.site_id.is_(None)
        others = or_(item.assignee_id.is_(None), item.assignee_id != bindparam("me", type_=BigInteger))
        branches.append([item.is_live, item.assignee_id.is_(None), item.role.in_(roles), at])
        branches.append([item.is_live, item.escalated_role.is_not(None), item.escalated_role.in_(roles), at, others])
    return branches


@lru_cache(maxsize=64)
def _count_statement(groups: tuple[bool, ...], away: AwayShape) -> Select[Any]:
    me, now = bindparam("me", type_=BigInteger), bindparam("now", type_=Instant)
    mine = [work_item.c.is_live, work_item.c.assignee_id == me]

    def capped(branches: Iterable[list[ColumnElement[bool]]]) -> ColumnElement[int]:
        parts = [select(select(work_item.c.id).where(*where).limit(COUNT_CAP).subquery()) for where in branches]
        reached = (union(*parts) if len(parts) > 1 else parts[0]).subquery()
        return select(func.count()).select_from(reached).scalar_subquery()

    reachable = [*_branches(groups), *away_branches(away), mine]
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
