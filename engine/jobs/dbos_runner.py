"""DBOS behind one door: puts jobs into the store, runs them, finds the failed and the abandoned. The only importer of DBOS.

DBOS is loaded late, for it takes a while and most commands need no jobs. It knows one kind of job, `name, key, payload`; what a job does
is in `engine.jobs.handlers`. It holds no business delays: its clock is the machine's, ours can be moved.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import ColumnClause, column, inspect, select, table

from engine.model import JsonObject
from engine.persistence.database import Database

if TYPE_CHECKING:
    from dbos import DBOSClient
    from sqlalchemy import Connection

#: one application, one queue, one kind of job, one version: a job that waits survives every new release of ours
APPLICATION, QUEUE, JOB, VERSION = "guicheng", "jobs", "job", "1"
#: seconds between two looks at the queue
POLL_SECONDS = 1.0
#: jobs that one process takes from the queue at one look; they then wait for its threads
_CLAIM = 256
#: attempts before a job is given up and waits for an administrator; the last comes about an hour after the first
MOST_ATTEMPTS = 9
_FIRST_DELAY, _LONGEST_DELAY = 5.0, 1_800.0


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that was queued and has not come to its end."""

    name: str
    key: str
    payload: JsonObject


def waiting_jobs(connection: Connection) -> Iterator[WaitingJob]:
    """Jobs that wait or run, as this transaction sees them: by DBOS's own table, for its calls see another moment than a snapshot does."""
    schema = "dbos" if connection.dialect.name == "postgresql" else None
    if not inspect(connection).has_table("workflow_input", schema=schema):
        return
    status: ColumnClause[str] = column("status")
    job = table("workflow_status", column("workflow_uuid"), status, column("created_at"), schema=schema).alias("job")
    given = table("workflow_input", column("workflow_uuid"), column("inputs"), schema=schema).alias("given")
    waiting = (
        select(given.c.inputs).join(job, job.c.workflow_uuid == given.c.workflow_uuid)
        .where(job.c.status.in_(["ENQUEUED", "DELAYED", "PENDING"])).order_by(job.c.created_at, job.c.workflow_uuid)
    )
    for inputs in connection.execute(waiting).scalars():
        name, key, payload, *_ = orjson.loads(inputs)["positionalArgs"]
        yield WaitingJob(name, key, payload)


def prepare_store(database: Database) -> None:
    """Make DBOS's own tables where they are missing or of an earlier release. Safe in several processes at once."""
    _quiet()
    from dbos import DBOS  # noqa: PLC0415

    DBOS.migrate(_plain_url(database))


class JobQueue:
    """Puts jobs into the store inside the caller's transaction. Loads DBOS with the first one."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._client: DBOSClient | None = None

    def put(
        self, connection: Connection, name: str, key: str, payload: JsonObject, *, suffix: str = "", attempt: int = 1, delay: float = 0
    ) -> None:
        """Queue a job; one with the same key and suffix is queued once. `attempt` counts repeats after failures, `delay` is in seconds."""
        options: dict[str, Any] = {"workflow_name": JOB, "queue_name": QUEUE, "workflow_id": key + suffix}
        if delay:
            options["delay_seconds"] = delay
        self._open().enqueue_in_transaction(connection, options, name, key, payload, attempt)  # type: ignore[arg-type]

    def register(self) -> None:
        """Make the queue itself, or bring it up to date."""
        self._open().register_queue(QUEUE, worker_concurrency=_CLAIM, polling_interval_sec=POLL_SECONDS)

    def close(self) -> None:
        """Let go of what DBOS holds."""
        with self._lock:
            if self._client is not None:
                self._client.destroy()
                self._client = None

    def _open(self) -> DBOSClient:
        with self._lock:
            if self._client is None:
                _quiet()
                from dbos import DBOSClient, DBOSPortableJSONSerializer  # noqa: PLC0415

                self._client = DBOSClient(
                    system_database_engine=self._database.engine, serializer=DBOSPortableJSONSerializer(), application_name=APPLICATION,
                    lazy=True,
                )
            return self._client


class JobRunner:
    """Runs queued jobs on threads of this process. One a process: DBOS keeps itself in a global."""

    _is_running = False

    def __init__(
        self, database: Database, queue: JobQueue, executor_id: str, threads: int, run: Callable[[str, str, JsonObject], None]
    ) -> None:
        self._database = database
        self._queue = queue
        self._executor_id = executor_id
        self._threads = threads
        self._run = run
        self._lock = threading.Lock()
        #: jobs at work just now
        self._running = 0

    def start(self) -> None:
        """Take up what this executor left undone, then whatever is queued. `prepare_store` must have been called."""
        _quiet()
        if JobRunner._is_running:
            raise RuntimeError("one process runs one job engine")
        JobRunner._is_running = True
        try:
            self._launch()
        except BaseException:
            self.stop(0)
            raise

    def _launch(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415

        DBOS(config={
            "name": APPLICATION, "application_version": VERSION, "executor_id": self._executor_id,
            "system_database_engine": self._database.engine, "system_database_url": _plain_url(self._database),
            "run_migrations": False, "serializer": DBOSPortableJSONSerializer(), "log_level": "ERROR",
            "max_executor_threads": self._threads,
            # nobody waits for a job's events, and schedules are ours
            "use_listen_notify": False, "scheduler_polling_interval_sec": 3_600.0,
            # only how soon that thread, which asks the store nothing, sees that it shall end
            "notification_listener_polling_interval_sec": 0.25,
        })

        # DBOS marks the function it is given, which a bound method does not stand
        def job(name: str, key: str, payload: JsonObject, attempt: int) -> None:
            self._job(name, key, payload, attempt)

        # a job that takes its process down with it is taken up again this often
        DBOS.workflow(name=JOB, max_recovery_attempts=50)(job)
        DBOS.listen_queues([QUEUE])
        # before the launch, for a queue that comes later is noticed late
        self._queue.register()
        DBOS.launch()

    def stop(self, seconds: int = 30) -> None:
        """Let running jobs finish, for so long; what is left is taken up at the next start or by another worker."""
        from dbos import DBOS  # noqa: PLC0415

        # DBOS waits a second at least, which is worth it only where something runs
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=seconds if self._running else 0)
        JobRunner._is_running = False

    def _job(self, name: str, key: str, payload: JsonObject, attempt: int) -> None:
        with self._lock:
            self._running += 1
        try:
            self._attempt(name, key, payload, attempt)
        finally:
            with self._lock:
                self._running -= 1

    def _attempt(self, name: str, key: str, payload: JsonObject, attempt: int) -> None:
        try:
            self._run(name, key, payload)
        except Exception:
            if attempt >= MOST_ATTEMPTS:
                raise
            with self._database.writing() as connection:
                again = f"~{time.time_ns()}"
                self._queue.put(connection, name, key, payload, suffix=again, attempt=attempt + 1, delay=_delay(attempt))

    # -- for the keeper and the administrator; only while it runs

    def take_over(self, executor_id: str) -> int:
        """Put the jobs that a dead process was running back into the queue; says how many."""
        from dbos import DBOS  # noqa: PLC0415

        left = [each.workflow_id
                for each in DBOS.list_workflows(status="PENDING", executor_id=executor_id, load_input=False, load_output=False)]
        if left:
            DBOS.resume_workflows(left, queue_name=QUEUE)
        return len(left)

    def clean(self, before: datetime, most: int = 1_000) -> int:
        """Forget jobs that ended well before a moment, at most so many at once; says how many."""
        from dbos import DBOS  # noqa: PLC0415

        old = [each.workflow_id
               for each in DBOS.list_workflows(status=["SUCCESS", "CANCELLED"], completed_before=before.astimezone(UTC).isoformat(),
                                               limit=most, load_input=False, load_output=False)]
        if old:
            DBOS.delete_workflows(old)
        return len(old)


def _delay(attempt: int) -> float:
    return float(min(_LONGEST_DELAY, _FIRST_DELAY * 3 ** (attempt - 1)))


def _plain_url(database: Database) -> str:
    drivername = "sqlite" if database.is_sqlite else "postgresql"
    return database.url.set(drivername=drivername).render_as_string(hide_password=False)


def _quiet() -> None:
    """DBOS sets up a console of its own unless it finds a handler; what it has to say goes our way instead."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.ERROR)
