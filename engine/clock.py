"""The one clock. Engine, sandbox, jobs and pages ask it for the time; nothing else reads the machine's clock for business."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, always aware and in UTC."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


class MovableClock:
    """A clock that tests, scenarios and `--test-clock` move forward; between moves it stands still or runs on.

    `running=True` adds the moves to the machine's clock; otherwise time only passes when moved.
    """

    def __init__(self, start: datetime | None = None, *, running: bool = False) -> None:
        self._lock = threading.Lock()
        self._running = running
        self._base = start or datetime.now(UTC)
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        with self._lock:
            return (datetime.now(UTC) if self._running else self._base) + self._offset

    def advance(self, by: timedelta) -> datetime:
        """Move forward and return the new present. Time never goes back: a negative step is a ValueError."""
        if by < timedelta(0):
            raise ValueError("a clock only moves forward")
        with self._lock:
            self._offset += by
        return self.now()

    def set(self, to: datetime) -> None:
        """Move forward to a moment; ValueError if it has passed already."""
        self.advance(to - self.now())
