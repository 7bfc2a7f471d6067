"""One request's transaction. Services get it, read and write through it, and never commit; the edge commits once.

A unit of work reads first, without a lock; the first write takes the writer lock (SQLite: `BEGIN IMMEDIATE`) and ends the read
snapshot, so what a service decided from its reads it must check again when it writes (the instance's version does that).
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from sqlalchemy import Connection

from engine.persistence.database import Database, read_only, read_write, store_errors


class UnitOfWork:
    """Use as a context manager; what is not committed when the block ends is rolled back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._is_writing = False
        self._after_commit: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def is_writing(self) -> bool:
        """Whether the writer lock is held."""
        return self._is_writing

    @property
    def reading(self) -> Connection:
        """The connection, for reads. Inside a write transaction it sees that transaction's own changes."""
        if self._connection is None:
            with store_errors():
                self._connection = read_only(self._database.engine.connect())
        return self._connection

    @property
    def writing(self) -> Connection:
        """The connection, for writes. The first use takes the writer lock and ends the read snapshot."""
        connection = self.reading
        if not self._is_writing:
            with store_errors():
                if connection.in_transaction():
                    connection.rollback()
                self._connection = connection = read_write(connection)
                connection.begin()
            self._is_writing = True
        return connection

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something once the commit stands: wake the scheduler, keep a live workflow. Must not fail."""
        self._after_commit.append(act)

    def commit(self) -> None:
        """Make it all stand, then do what waits for that. Usable for a further transaction afterwards."""
        if self._connection is not None:
            with store_errors():
                self._connection.commit()
            self._leave_write()
        acts, self._after_commit = self._after_commit, []
        for act in acts:
            act()

    def rollback(self) -> None:
        """Take it all back. Usable for a further transaction afterwards."""
        self._after_commit = []
        if self._connection is not None:
            self._connection.rollback()
            self._leave_write()

    def close(self) -> None:
        """Roll back what is open and give the connection back."""
        if self._connection is not None:
            self.rollback()
            self._connection.close()
            self._connection = None

    def _leave_write(self) -> None:
        if self._is_writing and self._connection is not None:
            self._is_writing = False
            self._connection = read_only(self._connection)
