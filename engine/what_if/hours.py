"""Working time over a span, laid out once: a play-ahead asks for it at every step. In seconds since the epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.calendars import WorkingCalendar


class Hours:
    """The intervals at which people work, in order. Outside the span nobody does."""

    def __init__(self, intervals: Sequence[tuple[float, float]]) -> None:
        self._opens = [opens for opens, _ in intervals]
        self._closes = [closes for _, closes in intervals]
        #: working seconds before each interval
        self._before = [0.0]
        for opens, closes in intervals:
            self._before.append(self._before[-1] + closes - opens)

    @classmethod
    def of(cls, calendar: WorkingCalendar, since: datetime, until: datetime) -> Hours:
        """A calendar's, from the day of the one moment to the day of the other."""
        day, last = calendar.local(since).date(), calendar.local(until).date()
        found: list[tuple[float, float]] = []
        while day <= last:
            found += [(opens.timestamp(), closes.timestamp()) for opens, closes in calendar.intervals(day)]
            day += timedelta(days=1)
        return cls(found)

    @classmethod
    def always(cls, since: datetime, until: datetime) -> Hours:
        """Around the clock."""
        return cls([(since.timestamp(), until.timestamp())])

    @property
    def openings(self) -> Sequence[float]:
        """When work begins."""
        return self._opens

    def is_open(self, at: float) -> bool:
        """Whether it is working time."""
        place = bisect_right(self._opens, at) - 1
        return place >= 0 and at < self._closes[place]

    def between(self, start: float, end: float) -> float:
        """Working seconds between two moments; zero where the end is not later."""
        return max(0.0, self._passed(end) - self._passed(start))

    def after(self, start: float, seconds: float) -> float:
        """When so much working time has passed after a moment; what the span doesn't hold comes right behind it."""
        wanted = self._passed(start) + seconds
        place = min(bisect_right(self._before, wanted) - 1, len(self._opens) - 1)
        if place < 0:
            return start + seconds
        if wanted == self._before[place] and seconds > 0 and place:
            # the end of an interval, not the beginning of the next
            return self._closes[place - 1]
        return max(start, self._opens[place] + wanted - self._before[place])

    def _passed(self, at: float) -> float:
        place = bisect_right(self._opens, at) - 1
        if place < 0:
            return 0.0
        return self._before[place] + min(at, self._closes[place]) - self._opens[place]
