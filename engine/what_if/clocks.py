"""The manual's limits measured in memory: the engine's own book, that reads and writes a case's clocks in a list instead of the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from engine.limit_book import Book, Clock
from engine.limit_rules import Kind, Limit
from engine.limit_verdicts import Plan
from engine.persistence.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from engine.calendars import WorkingCalendar
    from engine.runtime import Runtime


@dataclass(slots=True)
class Measured:
    """What is measured of one case; also what the book knows of the instance."""

    id: int
    site_id: int | None
    late_since: datetime | None = None
    #: every round, in order
    clocks: list[Clock] = field(default_factory=list)

    def pass_time(self, now: datetime) -> None:
        """Mark the clocks whose target has passed."""
        for clock in self.clocks:
            if clock.runs and clock.paused_at is None and clock.breached_at is None and clock.due_at is not None and clock.due_at < now:
                clock.breached_at = clock.due_at

    def next_target(self) -> datetime | None:
        """By when the next running clock is to be stopped."""
        running = (each.due_at for each in self.clocks if each.runs and each.paused_at is None and each.breached_at is None)
        return min((moment for moment in running if moment is not None), default=None)


class MemoryBook(Book):
    """As the store's book, one case and one step."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, measured: Measured, now: datetime) -> None:
        super().__init__(runtime, uow, measured, now, now, None)
        self._measured = measured

    def keep(self, plan: Plan) -> None:
        """Go through the happenings in order."""
        self._measured.pass_time(self._now)
        super().keep(plan)

    def _load(self, ids: list[str]) -> None:
        wanted = set(ids)
        self._clocks = {clock.limit_id: clock for clock in self._measured.clocks if clock.limit_id in wanted}

    def _site_calendar(self) -> WorkingCalendar:
        return self._runtime.organisation.calendar_at(self._instance.site_id)

    def _missed(self, limit: Limit, clock: Clock) -> None:
        """Nobody is told."""

    def _write(self) -> None:
        self._measured.clocks += self._fresh


def outcome(clock: Clock, since: datetime, until: datetime) -> bool | None:
    """Whether what was decided in a span was missed; None where nothing was decided in it, or it doesn't count."""
    if clock.kind == Kind.CLOCK:
        moment = clock.due_at if clock.breached_at is not None else clock.stopped_at
        if clock.cancelled_at is not None and clock.breached_at is None:
            return None
    else:
        moment = clock.stopped_at
        if clock.cancelled_at is not None or clock.apart_at is not None:
            return None
    if moment is None or not since <= moment < until:
        return None
    return clock.breached_at is not None
