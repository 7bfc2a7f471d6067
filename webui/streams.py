"""Holds the connections of open pages and tells them when there is news: one thread and one selector for all, no thread a page.

The server hands a connection over once the head of its answer is sent (`engine.cli.http_server`); from then on it is this module's alone.
A page is told only *that* there is news for its person; what it is, it asks for.
"""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from engine.errors import StoreUnavailableError
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import notifications
from engine.runtime import Runtime

_log = structlog.get_logger(__name__)

#: seconds between two looks at the store: what other processes have written is seen by them
LOOK_SECONDS = 1.0
#: seconds between two signs of life, shorter than proxies' patience
BEAT_SECONDS = 25.0
#: seconds that a page is told things; then it comes again, and whoever was signed out meanwhile is refused
LIFE_SECONDS = 900.0
#: rows below the last one seen that are looked at again: another process's may be committed later with a lower id
_OVERLAP = 200


@dataclass(eq=False, slots=True)
class Reader:
    """One open page."""

    actor: Actor
    connection: socket.socket
    ends_at: float


class Streams:
    """Every held connection of one process. The thread starts with the first one."""

    def __init__(self, runtime: Runtime, most: int) -> None:
        self._runtime = runtime
        self._most = most
        self._lock = threading.Lock()
        self._arrived: list[Reader] = []
        self._readers: set[Reader] = set()
        self._count = 0
        self._woken = False
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._selector: selectors.BaseSelector
        self._wake_from: socket.socket
        self._wake_to: socket.socket
        self._last = 0
        self._seen: set[int] = set()
        self._unlisten: Callable[[], None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether as many pages are held as may be; the others ask every now and then."""
        return self._count >= self._most

    @property
    def count(self) -> int:
        """How many pages are held."""
        return self._count

    def take(self, purpose: Actor, connection: socket.socket) -> None:
        """Keep a connection whose head is sent, and close it when its page is gone. Safe from any thread."""
        connection.setblocking(False)
        reader = Reader(purpose, connection, time.monotonic() + LIFE_SECONDS)
        with self._lock:
            if self._is_stopped:
                connection.close()
                return
            self._arrived.append(reader)
            self._count += 1
            if self._thread is None:
                self._start()
        self._poke()

    def wake(self) -> None:
        """Look at the store now."""
        self._woken = True
        self._poke()

    def stop(self) -> None:
        """Close them all; pages come again by themselves."""
        with self._lock:
            self._is_stopped = True
            thread = self._thread
        if thread is None or self._unlisten is None:
            return
        self._unlisten()
        self._poke()
        thread.join(10)
        for reader in [*self._readers, *self._arrived]:
            reader.connection.close()
        self._selector.close()
        self._wake_from.close()
        self._wake_to.close()

    def _start(self) -> None:
        self._wake_from, self._wake_to = socket.socketpair()
        self._wake_from.setblocking(False)
        self._wake_to.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._wake_from, selectors.EVENT_READ)
        self._unlisten = self._runtime.news.listen(self.wake)
        with UnitOfWork(self._runtime.database) as uow:
            self._last = notifications.newest(uow)
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)
        self._thread.start()

    def _poke(self) -> None:
        # full means that it is about to wake anyhow
        with suppress(BlockingIOError, OSError):
            self._wake_to.send(b"!")

    def _run(self) -> None:
        look_at = beat_at = time.monotonic()
        while not self._is_stopped:
            now = time.monotonic()
            for key, _ in self._selector.select(max(0.0, min(look_at, beat_at) - now)):
                self._readable(key)
            self._admit()
            now = time.monotonic()
            if self._woken or now >= look_at:
                self._woken = False
                look_at = now + LOOK_SECONDS
                self._look()
            if now >= beat_at:
                beat_at = now + BEAT_SECONDS
                self._beat(now)

    def _readable(self, key: selectors.SelectorKey) -> None:
        if key.data is None:
            with suppress(BlockingIOError):
                self._wake_from.recv(4_096)
            return
        reader: Reader = key.data
        try:
            gone = not reader.connection.recv(4_096)
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self._drop(reader)

    def _admit(self) -> None:
        with self._lock:
            arrived, self._arrived = self._arrived, []
        for reader in arrived:
            self._readers.add(reader)
            self._selector.register(reader.connection, selectors.EVENT_READ, reader)

    def _look(self) -> None:
        if not self._readers:
            return
        try:
            with UnitOfWork(self._runtime.database) as uow:
                rows = notifications.since(uow, max(0, self._last - _OVERLAP))
        except StoreUnavailableError:
            return
        except Exception:
            _log.exception("streams_failed")
            return
        fresh = [row for row in rows if row.id not in self._seen and (row.id > self._last or self._seen)]
        if rows:
            self._last = max(self._last, rows[-1].id)
        self._seen = {row.id for row in rows if row.id > self._last - _OVERLAP}
        if not fresh:
            return
        for reader in tuple(self._readers):
            actor = reader.actor
            if any(row.by_id != actor.user_id and notifications.concerns(actor, row.user_id, row.role, row.site_id) for row in fresh):
                self._send(reader, b"event: news\ndata: {}\n\n")

    def _beat(self, now: float) -> None:
        for reader in tuple(self._readers):
            if now >= reader.ends_at:
                self._drop(reader)
            else:
                self._send(reader, b": still here\n\n")

    def _send(self, reader: Reader, data: bytes) -> None:
        chunk = b"%X\r\n%b\r\n" % (len(data), data)
        try:
            sent = reader.connection.send(chunk)
        except OSError:
            sent = 0
        if sent != len(chunk):
            # its buffer is full although so little is ever sent: nobody reads there
            self._drop(reader)

    def _drop(self, reader: Reader) -> None:
        if reader in self._readers:
            self._readers.discard(reader)
            with self._lock:
                self._count -= 1
            self._selector.unregister(reader.connection)
            reader.connection.close()
