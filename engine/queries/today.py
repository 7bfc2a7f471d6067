"""What a manager is shown of the moment: how many cases are late or soon will be, failed or stand still, and who has how much to do.

Each statement is built once for a way of looking at sites, sent as one, and stops counting at `MOST`. What is counted is
`engine.queries.today_conditions`; the lists behind the figures are `engine.queries.today_lists`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, String, case, func, literal, select, union_all

from engine.persistence.tables import Instant, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.today_conditions import MOST, NOW, SOON, Figure, Moments, Scope, found_by, live, running, values_of


@dataclass(frozen=True, slots=True)
class LimitCount:
    """Clocks of a limit that run."""

    limit_id: str
    late: int
    soon: int
    #: the earliest among both
    due_at: datetime


@dataclass(frozen=True, slots=True)
class WorkCount:
    """Open work of one step in the hands of one person, or of a role."""

    role: str
    #: None where nobody has it
    assignee_id: int | None
    definition_key: str
    element_id: str
    #: of the latest version among it
    definition_id: int
    open: int
    late: int
    soon: int
    oldest_at: datetime
    due_at: datetime | None


def figures(uow: UnitOfWork, scope: Scope, moments: Moments) -> dict[Figure, dict[int | None, int]]:
    """By figure and site how many cases there are."""
    found: dict[Figure, dict[int | None, int]] = {each: {} for each in Figure}
    for row in uow.reading.execute(_figures(scope.shape), {**values_of(moments), **scope.values()}):
        found[Figure(row.figure)][row.site_id] = int(row.cases)
    return found


def limits(uow: UnitOfWork, scope: Scope, moments: Moments) -> tuple[LimitCount, ...]:
    """Limits with clocks that are late or soon will be, most late first."""
    rows = uow.reading.execute(_limits(scope.shape), {**values_of(moments), **scope.values()})
    return tuple(LimitCount(row.limit_id, int(row.late), int(row.soon), row.due_at) for row in rows)


def work(uow: UnitOfWork, scope: Scope, moments: Moments) -> tuple[WorkCount, ...]:
    """All open work, told apart by role, person and step."""
    # in the order of its fields: there is a row for every person and step
    return tuple(WorkCount(*row) for row in uow.reading.execute(_work(scope.shape), {**values_of(moments), **scope.values()}))


@lru_cache(maxsize=8)
def _figures(shape: str) -> Any:
    parts = []
    for figure in Figure:
        found = found_by(figure, shape).limit(MOST).subquery()
        told = literal(figure.value, String()).label("figure")
        parts.append(select(told, found.c.site_id, func.count().label("cases")).group_by(found.c.site_id))
    return union_all(*parts)


@lru_cache(maxsize=8)
def _limits(shape: str) -> Select[Any]:
    clocks = (
        select(limit_clock.c.limit_id, limit_clock.c.due_at).where(*running(shape), limit_clock.c.due_at <= SOON)
        .order_by(limit_clock.c.due_at).limit(MOST).subquery("clocks")
    )  # fmt: skip
    late = func.sum(case((clocks.c.due_at <= NOW, 1), else_=0))
    soon = func.sum(case((clocks.c.due_at > NOW, 1), else_=0))
    first = func.min(clocks.c.due_at, type_=Instant())
    return (
        select(clocks.c.limit_id, late.label("late"), soon.label("soon"), first.label("due_at"))
        .group_by(clocks.c.limit_id).order_by(late.desc(), first, clocks.c.limit_id)
    )


@lru_cache(maxsize=8)
def _work(shape: str) -> Select[Any]:
    parts = (work_item.c.role, work_item.c.assignee_id, work_item.c.definition_key, work_item.c.element_id)
    late = func.sum(case((work_item.c.due_at <= NOW, 1), else_=0))
    soon = func.sum(case(((work_item.c.due_at > NOW) & (work_item.c.due_at <= SOON), 1), else_=0))
    return select(
        *parts, func.max(work_item.c.definition_id).label("definition_id"), func.count().label("open"), late.label("late"),
        soon.label("soon"), func.min(work_item.c.created_at, type_=Instant()).label("oldest_at"),
        func.min(work_item.c.due_at, type_=Instant()).label("due_at"),
    ).where(*live(shape)).group_by(*parts)  # fmt: skip
