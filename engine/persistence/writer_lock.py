"""One first-come-first-served lock over every SQLite connection of the process.

SQLite lets one connection write at a time and makes the others poll; under load its busy handler starves some of them. Queueing
inside the process before `BEGIN IMMEDIATE` is asked for keeps the wait short and fair. Other processes still meet SQLite's own lock.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Self


class FifoLock:
    """A lock that is handed on in the order in which it was asked for."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._held = False

    def acquire(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds; False when it did not come free."""
        with self._mutex:
            if not self._held:
                self._held = True
                return True
            gate = threading.Lock()
            gate.acquire()
            self._waiting.append(gate)
        if gate.acquire(timeout=timeout):
            return True
        with self._mutex:
            if gate in self._waiting:
                self._waiting.remove(gate)
                return False
        # handed to us between the time-out and the look: it is ours
        return True

    def release(self) -> None:
        """Hand it to the next in the queue."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._held = False


def _takes_the_writer(sql: str) -> bool:
    return sql[:15].upper().startswith("BEGIN IMMEDIATE")


def connection_factory(lock: FifoLock, timeout: float) -> Callable[..., sqlite3.Connection]:
    """A `factory` for `sqlite3.connect` whose connections queue on the lock before `BEGIN IMMEDIATE`."""

    class QueueingCursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = ()) -> Self:
            connection = self.connection
            assert isinstance(connection, QueueingConnection)
            if not _takes_the_writer(sql):
                return super().execute(sql, parameters)
            connection.queue()
            try:
                return super().execute(sql, parameters)
            finally:
                connection.leave_if_idle()

    class QueueingConnection(sqlite3.Connection):
        _holds = False

        def queue(self) -> None:
            if not self._holds:
                if not lock.acquire(timeout):
                    raise sqlite3.OperationalError("database is locked")
                self._holds = True

        def leave_if_idle(self) -> None:
            if self._holds and not self.in_transaction:
                self._holds = False
                lock.release()

        def cursor(self, factory: Any = QueueingCursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            cursor: sqlite3.Cursor = self.cursor()
            return cursor.execute(sql, parameters)

        def executemany(self, sql: str, parameters: Iterable[Any]) -> sqlite3.Cursor:
            cursor: sqlite3.Cursor = self.cursor()
            return cursor.executemany(sql, parameters)

        def commit(self) -> None:
            try:
                super().commit()
            finally:
                self.leave_if_idle()

        def rollback(self) -> None:
            try:
                super().rollback()
            finally:
                self.leave_if_idle()

        def close(self) -> None:
            super().close()
            if self._holds:
                self._holds = False
                lock.release()

    return QueueingConnection
