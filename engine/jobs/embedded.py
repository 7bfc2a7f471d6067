"""Everything that happens by itself, started and stopped as one: inside `guicheng serve`, and as what a worker process is."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from engine.clock import SystemClock
from engine.jobs import handlers, leases
from engine.jobs.courier_thread import CourierThread
from engine.jobs.dbos_runner import JobRunner, prepare_store
from engine.jobs.keeper import Keeper
from engine.jobs.outbox import DbosOutbox
from engine.jobs.scheduler import Scheduler
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.what_if.worker import HOUSE

#: the one process of a SQLite store; at its start it takes up what it left undone when it died
_ONLY = "embedded"


class Jobs:
    """Scheduler, job threads and keeper of one process. Never start it before a fork."""

    def __init__(self, runtime: Runtime, *, is_only: bool) -> None:
        """`is_only`: no other process runs jobs on this store, so there is nobody to be taken over by."""
        self._runtime = runtime
        self._is_only = is_only
        self._outbox = DbosOutbox(runtime.database)
        self._before = runtime.outbox
        self._threads: list[threading.Thread] = []
        self._runner: JobRunner | None = None
        self._scheduler: Scheduler | None = None
        self._keeper: Keeper | None = None
        self._courier: CourierThread | None = None

    def start(self) -> None:
        """Start; the runtime's outbox sends from now on."""
        runtime = self._runtime
        prepare_store(runtime.database)
        runtime.outbox = self._outbox
        # stable across restarts, so that a restarted process finds its own jobs; the lease's holder is this very process
        executor_id = _ONLY if self._is_only else self._claim()
        holder = f"{socket.gethostname()}:{os.getpid()}:{executor_id}"
        run = partial(handlers.run, runtime)
        self._runner = JobRunner(runtime.database, self._outbox.queue, executor_id, runtime.settings.worker_threads, run)
        self._scheduler = Scheduler(runtime, holder)
        self._keeper = Keeper(runtime, self._runner, holder, None if self._is_only else executor_id)
        self._courier = CourierThread(runtime)
        self._outbox.wakes(self._scheduler.wake)
        self._runner.start()
        for name, act in (("scheduler", self._scheduler.run), ("keeper", self._keeper.run), ("courier", self._courier.run)):
            thread = threading.Thread(target=act, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """Hand nothing over any more, let running jobs finish, give leases and ids back."""
        assert self._scheduler is not None
        assert self._keeper is not None
        assert self._runner is not None
        assert self._courier is not None
        self._scheduler.stop()
        self._courier.stop()
        self._keeper.stop()
        for thread in self._threads:
            thread.join(30)
        HOUSE.close()
        try:
            self._runner.stop()
        finally:
            # nobody waits for a play any more; whoever plays without jobs may
            HOUSE.open()
        self._outbox.queue.close()
        self._runtime.outbox = self._before

    @property
    def runner(self) -> JobRunner:
        """What runs the jobs."""
        assert self._runner is not None
        return self._runner

    def _claim(self) -> str:
        with UnitOfWork(self._runtime.database) as uow:
            found = leases.claim_executor(uow, "worker", SystemClock().now())
            uow.commit()
        return found


@contextmanager
def embedded_jobs(runtime: Runtime) -> Iterator[Jobs]:
    """Timers and side effects in this process for as long as the block lasts."""
    jobs = Jobs(runtime, is_only=runtime.database.is_sqlite)
    jobs.start()
    try:
        yield jobs
    finally:
        jobs.stop()


@contextmanager
def sending_jobs(runtime: Runtime) -> Iterator[None]:
    """For a process that queues jobs and leaves them to workers: a web server beyond one machine."""
    prepare_store(runtime.database)
    outbox, before = DbosOutbox(runtime.database), runtime.outbox
    runtime.outbox = outbox
    try:
        yield
    finally:
        runtime.outbox = before
        outbox.queue.close()
