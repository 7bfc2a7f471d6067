"""Which cases, clocks and work a figure of the day is made of: the same conditions for the figure and for the list behind it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, bindparam, func, literal, or_, select, union

from engine.model import InstanceState
from engine.persistence.tables import Instant, due, instance, limit_clock, work_item

#: where counting stops, for each figure
MOST = 5000
_ENDED = (InstanceState.COMPLETED, InstanceState.CANCELLED)


class Figure(StrEnum):
    """A number of cases."""

    #: something in it is past its time: a limit's clock or a step
    LATE = "late"
    #: something in it will be within the hours looked ahead
    SOON = "soon"
    #: a step failed and waits for a manager
    FAILED = "failed"
    #: nothing has moved for days, and no time that is set will move it
    STILL = "still"
    SUSPENDED = "suspended"
    #: today
    STARTED = "started"
    ENDED = "ended"


class When(StrEnum):
    """Which of the open work or the running clocks."""

    OPEN = "open"
    LATE = "late"
    SOON = "soon"


@dataclass(frozen=True, slots=True)
class Moments:
    """Between which moments things lie."""

    now: datetime
    #: the end of the hours looked ahead
    soon: datetime
    #: when today began
    midnight: datetime
    #: what moved last before it stands still
    still_before: datetime


@dataclass(frozen=True, slots=True)
class Scope:
    """Which sites are looked at."""

    #: None for all, and for what belongs to no site
    sites: frozenset[int] | None = None
    #: without what belongs to no site
    is_exact: bool = False

    @property
    def shape(self) -> str:
        """What decides the text of a statement."""
        return "all" if self.sites is None else "exact" if self.is_exact else "some"

    def values(self) -> dict[str, Any]:
        """What it is sent with."""
        return {} if self.sites is None else {"sites": sorted(self.sites)}


NOW, SOON, MIDNIGHT, STILL_BEFORE = (bindparam(name, type_=Instant()) for name in ("now", "soon", "midnight", "still_before"))


def values_of(moments: Moments) -> dict[str, Any]:
    """The moments as parameters."""
    return {entry.name: getattr(moments, entry.name) for entry in fields(Moments)}


def at_sites(column: ColumnElement[Any], shape: str) -> list[ColumnElement[bool]]:
    """Conditions that keep to the sites of the scope."""
    if shape == "all":
        return []
    named = column.in_(bindparam("sites", expanding=True, type_=BigInteger()))
    return [named if shape == "exact" else or_(column.is_(None), named)]


def running(shape: str) -> list[ColumnElement[bool]]:
    """Conditions of clocks that run: the partial index answers them."""
    return [
        limit_clock.c.stopped_at.is_(None), limit_clock.c.cancelled_at.is_(None), limit_clock.c.paused_at.is_(None),
        *at_sites(limit_clock.c.site_id, shape),
    ]  # fmt: skip


def live(shape: str) -> list[ColumnElement[bool]]:
    """Conditions of open work."""
    return [work_item.c.is_live, *at_sites(work_item.c.site_id, shape)]


def between(column: ColumnElement[Any], when: When) -> list[ColumnElement[bool]]:
    """Conditions of what is late, or will be soon."""
    if when is When.OPEN:
        return []
    return [column <= NOW] if when is When.LATE else [column > NOW, column <= SOON]


def _pressing(shape: str, when: When) -> Any:
    """(case, site, due time) of what is late or soon will be: clocks of limits, and steps."""
    of_clocks = select(limit_clock.c.instance_id, limit_clock.c.site_id, limit_clock.c.due_at)
    of_items = select(work_item.c.instance_id, work_item.c.site_id, work_item.c.due_at)
    branches = [
        statement.where(*where, *between(column, when)).order_by(column).limit(MOST).subquery()
        for statement, where, column in (
            (of_clocks, running(shape), limit_clock.c.due_at), (of_items, live(shape), work_item.c.due_at),
        )
    ]  # fmt: skip
    return union(*(select(branch) for branch in branches)).subquery("pressing")


def _case_conditions(figure: Figure, shape: str) -> tuple[ColumnElement[Any], list[ColumnElement[bool]]]:
    """(moment that the list is ordered by, conditions) of figures that lie in the case's own row."""
    at_site = at_sites(instance.c.site_id, shape)
    if figure is Figure.STARTED:
        return instance.c.started_at, [instance.c.started_at >= MIDNIGHT, *at_site]
    if figure is Figure.ENDED:
        # it moved when it ended: the index is by that
        return instance.c.ended_at, [instance.c.state.in_(_ENDED), instance.c.moved_at >= MIDNIGHT, instance.c.ended_at >= MIDNIGHT,
                                     *at_site]  # fmt: skip
    if figure is Figure.STILL:
        has_work = select(literal(1)).where(work_item.c.instance_id == instance.c.id, work_item.c.is_live).exists()
        is_timed = select(literal(1)).where(due.c.instance_id == instance.c.id, due.c.kind == "timer", due.c.due_at > NOW).exists()
        return instance.c.moved_at, [instance.c.state == InstanceState.ACTIVE, instance.c.moved_at < STILL_BEFORE,
                                     or_(has_work, ~is_timed), *at_site]  # fmt: skip
    state = InstanceState.SUSPENDED if figure is Figure.SUSPENDED else InstanceState.INCIDENT
    return instance.c.moved_at, [instance.c.state == state, *at_site]


def found_by(figure: Figure, shape: str) -> Any:
    """(case, moment, site) of a figure, each case once, as a select without an order."""
    if figure in (Figure.LATE, Figure.SOON):
        pressing = _pressing(shape, When(figure.value))
        first = func.min(pressing.c.due_at, type_=Instant()).label("at")
        return select(pressing.c.instance_id, first, pressing.c.site_id).group_by(pressing.c.instance_id, pressing.c.site_id)
    at, conditions = _case_conditions(figure, shape)
    return select(instance.c.id.label("instance_id"), at.label("at"), instance.c.site_id).where(*conditions)
