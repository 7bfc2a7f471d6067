"""The outbox that really sends: jobs in the caller's transaction, and a nudge for whoever waits for them in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.jobs.dbos_runner import JobQueue
from engine.model import JsonObject
from engine.persistence.database import Database

if TYPE_CHECKING:
    from sqlalchemy import Connection


class DbosOutbox:
    """Fills the `Outbox` port. Costs nothing until the first job; the store must be prepared (`dbos_runner.prepare_store`)."""

    def __init__(self, database: Database) -> None:
        self.queue = JobQueue(database)
        self._sleepers: list[Callable[[], None]] = []

    def enqueue(self, connection: Connection, name: str, key: str, payload: JsonObject) -> None:
        """Queue a job of `engine.jobs.handlers` with the caller's transaction; a known key queues nothing."""
        self.queue.put(connection, name, key, payload)

    def wake(self) -> None:
        """Something new may be due. Other processes see it at their next look."""
        for act in self._sleepers:
            act()

    def wakes(self, act: Callable[[], None]) -> None:
        """Call this at every `wake`."""
        self._sleepers.append(act)
