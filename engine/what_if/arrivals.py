"""When cases come in, by weekday and hour, learned from when they came in; and how that is played ahead. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random

from engine.calendars import WorkingCalendar

_HOUR = timedelta(hours=1)


class Arrivals:
    """Of every procedure."""

    def __init__(self, starts: Iterable[tuple[str, datetime]], calendar: WorkingCalendar, since: datetime, until: datetime) -> None:
        self._calendar = calendar
        counts: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
        for key, at in starts:
            counts[key][self._slot(at)] += 1
        slots: Counter[tuple[int, int]] = Counter()
        moment = since
        while moment < until:
            slots[self._slot(moment)] += 1
            moment += _HOUR
        self.days = (until - since) / timedelta(days=1)
        #: procedure → weekday and hour → cases in such an hour
        self._rates: Mapping[str, Mapping[tuple[int, int], float]] = {
            key: {slot: count / max(1, slots[slot]) for slot, count in of_key.items()} for key, of_key in counts.items()
        }
        self.counts: Mapping[str, int] = {key: of_key.total() for key, of_key in counts.items()}

    def a_day(self, key: str) -> float:
        """Cases a day."""
        return self.counts.get(key, 0) / self.days if self.days > 0 else 0.0

    def ahead(self, key: str, since: datetime, until: datetime, factor: float, chance: Random) -> Iterator[datetime]:
        """When cases of a procedure come in. The same chances give the same cases, closer together where the factor is greater."""
        rates = self._rates.get(key)
        if not rates or factor <= 0:
            return
        hour, passed, wanted = since, 0.0, chance.expovariate(1.0)
        while hour < until:
            length = min(_HOUR, until - hour)
            weight = rates.get(self._slot(hour), 0.0) * factor * (length / _HOUR)
            while weight > 0 and wanted <= passed + weight:
                yield hour + length * ((wanted - passed) / weight)
                wanted += chance.expovariate(1.0)
            passed += weight
            hour += length

    def _slot(self, at: datetime) -> tuple[int, int]:
        local = self._calendar.local(at)
        return local.weekday(), local.hour
