"""Keeps house beside the jobs: says that this process lives, takes over what dead ones left, forgets what ended long ago."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete

from engine import drafts, files, migration_undo, month_pack, notifications, personal_data, reindexing
from engine.clock import Clock, SystemClock
from engine.delivery import deliveries
from engine.errors import GuichengError, StoreUnavailableError
from engine.idempotency import purge as forget_responses
from engine.jobs import leases
from engine.jobs.dbos_runner import JobRunner
from engine.jobs.handlers import NOBODY
from engine.persistence.tables import idempotency
from engine.persistence.unit_of_work import UnitOfWork
from engine.retention import runs as retention_runs
from engine.retention import tidying
from engine.runtime import Runtime

_log = structlog.get_logger(__name__)

LEASE = "keeper"
#: how long an ended job, and the mark that its effect was made, is remembered
MEMORY = timedelta(days=7)
_CLEANING = timedelta(hours=1)
#: that are looked up at once
_CASES = 500


class Keeper:
    """One thread of a process that runs jobs. `executor_id` None: the only process there is, which needs no signs of life."""

    def __init__(self, runtime: Runtime, runner: JobRunner, holder: str, executor_id: str | None, machine: Clock | None = None) -> None:
        self._runtime = runtime
        self._runner = runner
        self._holder = holder
        self._executor_id = executor_id
        self._machine = machine or SystemClock()
        self._stopped = threading.Event()
        self._cleaned_at: datetime | None = None

    def stop(self) -> None:
        """End the loop."""
        self._stopped.set()

    def run(self) -> None:
        """Keep house until stopped."""
        while not self._stopped.wait(leases.BEAT.total_seconds()):
            try:
                self.look()
            except StoreUnavailableError as error:
                _log.warning("keeper_waits", reason=str(error))
            except Exception:
                _log.exception("keeper_failed")
        if self._executor_id is not None:
            with UnitOfWork(self._runtime.database) as uow:
                leases.leave(uow, self._executor_id)
                uow.commit()

    def look(self) -> None:
        """One round: a sign of life, the dead, and once an hour the old."""
        now = self._machine.now()
        if self._executor_id is not None:
            self._live(self._executor_id, now)
            self._take_over(now)
        if self._cleaned_at is None or now - self._cleaned_at >= _CLEANING:
            self._cleaned_at = now
            self._clean(now)

    def _live(self, executor_id: str, now: datetime) -> None:
        with UnitOfWork(self._runtime.database) as uow:
            if not leases.beat(uow, executor_id, now):
                # it slept so long that others took its jobs; what it still does, they do too, and handlers stand that
                _log.error("taken_for_dead", executor=executor_id)
                uow.rollback()
                leases.register(uow, executor_id, now)
            uow.commit()

    def _take_over(self, now: datetime) -> None:
        with UnitOfWork(self._runtime.database) as uow:
            dead = leases.dead(uow, now)
            if not dead or not leases.hold(uow, LEASE, self._holder, now, leases.STALE):
                return
            uow.commit()
        for executor_id in dead:
            # first the jobs, then the row: dying between the two, the next one does it again
            taken = self._runner.take_over(executor_id)
            with UnitOfWork(self._runtime.database) as uow:
                leases.bury(uow, executor_id, now)
                uow.commit()
            if taken:
                _log.warning("jobs_taken_over", executor=executor_id, jobs=taken)

    def _clean(self, now: datetime) -> None:
        while self._runner.clean(now - MEMORY) and not self._stopped.is_set():
            pass
        old = (idempotency.c.user_id == NOBODY, idempotency.c.at < self._runtime.clock.now() - MEMORY)
        with UnitOfWork(self._runtime.database) as uow:
            uow.writing.execute(delete(idempotency).where(*old))
            forget_responses(uow, self._runtime.clock.now())
            drafts.sweep(uow, self._runtime.clock.now())
            migration_undo.sweep(uow, self._runtime.clock.now())
            old_news = self._runtime.clock.now() - timedelta(days=self._runtime.settings.notification_days)
            notifications.forget(uow, old_news)
            deliveries.forget(uow, old_news)
            files.sweep(self._runtime, uow)
            uow.commit()
        self._search_fields()
        month_pack.close_due(self._runtime)
        self._settle()
        # after the months are closed: what goes must not be missed in their figures
        retention_runs.daily(self._runtime)
        tidying.tidy(self._runtime)

    def _search_fields(self) -> None:
        """Before a month is summed up: let it find what was only made searchable meanwhile."""
        with UnitOfWork(self._runtime.database) as uow:
            ids = reindexing.waiting(uow)
        for definition_id in ids:
            reindexing.settle(self._runtime, definition_id)

    def _settle(self) -> None:
        """After an upgrade: tell papers of identity apart among the files of older cases, one case a transaction."""
        after, ids = 0, [0]
        while ids and not self._stopped.is_set():
            with UnitOfWork(self._runtime.database) as uow:
                ids = files.cases_unsettled(uow, after=after, limit=_CASES)
            for after in ids:
                try:
                    with UnitOfWork(self._runtime.database) as uow:
                        personal_data.settle(self._runtime, uow, after)
                        uow.commit()
                except GuichengError as error:
                    # its files stay papers of identity
                    _log.warning("files_unsettled", instance=after, reason=str(error))
