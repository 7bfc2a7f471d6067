"""Hands due rows to the job engine when their time has come by our clock. One process does it at a time, by a lease in the store.

A row is marked and its job queued in one transaction, so that it is handed over exactly once for a due time; the job looks at the state
again before it acts. While nothing is due, a look is one probe of an index, beside the one whether the
house rules have changed, and writes nothing.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from engine import house_rules, timers
from engine.clock import Clock, SystemClock
from engine.errors import StoreUnavailableError
from engine.jobs import leases
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_log = structlog.get_logger(__name__)

LEASE = "scheduler"
#: a scheduler that dies is replaced after so long
LEASE_LENGTH = timedelta(seconds=15)
#: seconds between two looks when nothing is known to be due earlier; other processes' commits are seen by them
POLL_SECONDS = 1.0
#: rows handed over in one transaction
_BATCH = 100


class Scheduler:
    """The loop of one process, and one look for who has a loop of his own."""

    def __init__(self, runtime: Runtime, holder: str, machine: Clock | None = None) -> None:
        self._runtime = runtime
        self._holder = holder
        self._machine = machine or SystemClock()
        self._woken = threading.Event()
        self._stopped = threading.Event()

    def wake(self) -> None:
        """Look now. Safe from any thread and from a signal handler."""
        self._woken.set()

    def stop(self) -> None:
        """End the loop after the transaction that runs."""
        self._stopped.set()
        self._woken.set()

    def run(self) -> None:
        """Look and sleep until stopped; gives the lease up at the end."""
        while not self._stopped.is_set():
            self._woken.clear()
            try:
                seconds = self.look()
            except (StoreUnavailableError, IntegrityError) as error:
                # locked or out of reach, or another process was first with the lease: both pass
                _log.warning("scheduler_waits", reason=str(error))
                seconds = POLL_SECONDS
            except Exception:
                _log.exception("scheduler_failed")
                seconds = POLL_SECONDS
            if seconds > 0:
                self._woken.wait(seconds)
        with UnitOfWork(self._runtime.database) as uow:
            leases.give_up(uow, LEASE, self._holder)
            uow.commit()

    def look(self) -> float:
        """Hand over what is due; says for how many seconds there is nothing to do."""
        now = self._runtime.clock.now()
        with UnitOfWork(self._runtime.database) as uow:
            house_rules.catch_up(self._runtime, uow)
            pending_at = timers.next_pending_at(uow)
            if pending_at is None:
                return POLL_SECONDS
            if pending_at > now:
                return min(POLL_SECONDS, (pending_at - now).total_seconds())
            if not leases.hold(uow, LEASE, self._holder, self._machine.now(), LEASE_LENGTH):
                return POLL_SECONDS
            rows = timers.hand_over(self._runtime, uow, _BATCH)
            handed_at = time.time_ns()
            for row in rows:
                # a row's id can come again, and so can its due time: the moment of handing over makes the key its own
                key = f"due-{row.id}-{int(row.due_at.timestamp() * 1_000_000)}-{handed_at}"
                self._runtime.outbox.enqueue(uow.writing, "fire_due", key, {"due_id": row.id})
            uow.commit()
        # none although one was pending: somebody else's transaction holds it
        return 0 if rows else POLL_SECONDS
