"""Keeps the courier going in a process that runs jobs: looks when something is said to have happened, and once a second.

On threads of its own, so that a mail server that doesn't answer holds up no timer. Several processes may do it at once.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial

import structlog

from engine.delivery import courier
from engine.errors import StoreUnavailableError
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

_log = structlog.get_logger(__name__)

#: seconds between two looks when nothing was announced here: other processes' commits are seen by them
POLL_SECONDS = 1.0


class CourierThread:
    """The loop of one process."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._threads = max(1, runtime.settings.delivery_threads)
        self._busy: dict[int, Future[str]] = {}

    def wake(self) -> None:
        """Look now. Safe from any thread."""
        self._woken.set()

    def stop(self) -> None:
        """Begin nothing new."""
        self._stopped.set()
        self._woken.set()

    def run(self) -> None:
        """Look and send until stopped; attempts that run finish."""
        unlisten = self._runtime.news.listen(self.wake)
        with ThreadPoolExecutor(self._threads, "courier") as pool:
            while not self._stopped.is_set():
                try:
                    self._look(pool)
                except StoreUnavailableError as error:
                    _log.warning("courier_waits", reason=str(error))
                except Exception:
                    _log.exception("courier_failed")
                self._woken.wait(POLL_SECONDS)
                self._woken.clear()
        unlisten()

    def _look(self, pool: ThreadPoolExecutor) -> None:
        while run_step(self._runtime, partial(courier.gather, self._runtime)) and not self._stopped.is_set():
            pass
        self._busy = {each: future for each, future in self._busy.items() if not future.done()}
        room = self._threads - len(self._busy)
        if room <= 0:
            return
        with UnitOfWork(self._runtime.database) as uow:
            ids = courier.due(self._runtime, uow, room, self._busy)
        for each in ids:
            self._busy[each] = pool.submit(self._attempt, each)

    def _attempt(self, delivery_id: int) -> str:
        try:
            return courier.attempt(self._runtime, delivery_id)
        except StoreUnavailableError as error:
            # it is tried again when its next moment comes
            _log.warning("courier_waits", reason=str(error))
        except Exception:
            _log.exception("delivery_crashed", delivery=delivery_id)
        finally:
            self._woken.set()
        return "waiting"
