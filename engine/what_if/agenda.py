"""What is going to happen in a play, in order, on its own clock."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime

from engine.clock import MovableClock

#: between two looks at whether the play is still wanted
_EVENTS = 50


class Agenda:
    """A clock that moves from one thing to the next."""

    def __init__(self, begin: datetime) -> None:
        self.clock = MovableClock(begin)
        self._coming: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    @property
    def now(self) -> datetime:
        """The present of the play."""
        return self.clock.now()

    @property
    def seconds(self) -> float:
        """The same since the epoch."""
        return self.clock.now().timestamp()

    def at(self, moment: datetime, act: Callable[[], None]) -> None:
        """Do something then; what lies behind is done next. Of the same moment, what was said first."""
        self._count += 1
        heapq.heappush(self._coming, (max(moment, self.now), self._count, act))

    def at_seconds(self, moment: float, act: Callable[[], None]) -> None:
        """The same by seconds since the epoch."""
        self.at(datetime.fromtimestamp(moment, UTC), act)

    def run(self, until: datetime, tell: Callable[[float], None]) -> None:
        """Do everything that comes before a moment, and stand there. `tell` hears which part of the time is over."""
        begin, count = self.now, 0
        while self._coming and self._coming[0][0] < until:
            moment, _, act = heapq.heappop(self._coming)
            if moment > self.now:
                self.clock.set(moment)
            act()
            count += 1
            if count % _EVENTS == 0:
                tell((moment - begin) / (until - begin))
        self.clock.set(until)
