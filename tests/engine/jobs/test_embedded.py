"""Everything that happens by itself, on the real job engine."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select

from engine.clock import MovableClock
from engine.errors import StoreUnavailableError
from engine.instances import run_step
from engine.jobs import dbos_runner, handlers, leases, scheduler, supervision
from engine.jobs.dbos_runner import JobRunner
from engine.jobs.embedded import Jobs, embedded_jobs, sending_jobs
from engine.jobs.keeper import Keeper
from engine.jobs.outbox import DbosOutbox
from engine.jobs.supervision import JobRow, JobState
from engine.jobs.worker import Worker
from engine.model import JsonObject
from engine.persistence.tables import due, executor, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import NoOutbox, Runtime
from tests.builders import deploy, make_user, rows, simple_process, start

LIMITS = b"""
[[limit]]
id = "answered"
name = "answered"
clause = "x 1"
from = "instance:started"
to = "do_errand:completed"
target = "PT20M"
escalate_to = "manager"
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for other threads to bring something about."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look twenty times a second: the suite has many of these."""
    monkeypatch.setattr(dbos_runner, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(scheduler, "POLL_SECONDS", 0.05)


class Recorder:
    """A kind of job that remembers what it was given, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.seen: list[tuple[str, JsonObject]] = []
        self.failures = failures

    def __call__(self, _runtime: Runtime, key: str, payload: JsonObject) -> None:
        self.seen.append((key, payload))
        if len(self.seen) <= self.failures:
            raise StoreUnavailableError


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """A job named `record`."""
    made = Recorder()
    monkeypatch.setattr(handlers, "HANDLERS", {**handlers.HANDLERS, "record": made})
    return made


@pytest.fixture
def jobs(runtime: Runtime) -> Iterator[Jobs]:
    """Everything running."""
    with embedded_jobs(runtime) as started:
        yield started


def put(runtime: Runtime, key: str, payload: JsonObject | None = None) -> None:
    """Queue a `record` job and commit."""
    with UnitOfWork(runtime.database) as uow:
        runtime.outbox.enqueue(uow.writing, "record", key, payload or {})
        uow.commit()


def test_a_missed_limit_escalates_by_itself(runtime: Runtime, clock: MovableClock, jobs: Jobs) -> None:
    """From the clock's move to the escalated item and the notification, through the store's queue."""
    deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service")), "limits.toml": LIMITS})
    start(runtime, "errand")
    clock.advance(timedelta(minutes=20))
    runtime.outbox.wake()
    until(lambda: rows(runtime, work_item)[0].escalated_role == "manager")
    assert "limit_missed" in [row.kind for row in rows(runtime, notification)]
    assert rows(runtime, due) == []


def test_a_job_comes_with_its_transaction_and_once_a_key(runtime: Runtime, jobs: Jobs, recorder: Recorder) -> None:
    """What is rolled back never happened; what is queued twice happens once; JSON stays JSON."""
    with UnitOfWork(runtime.database) as uow:
        runtime.outbox.enqueue(uow.writing, "record", "taken back", {})
        uow.rollback()
    put(runtime, "first", {"名": ["業戶", 1.5, None, True]})
    put(runtime, "first", {"名": "another"})
    put(runtime, "second")
    until(lambda: len(recorder.seen) == 2)
    assert sorted(recorder.seen) == [("first", {"名": ["業戶", 1.5, None, True]}), ("second", {})]


def test_a_job_that_fails_is_tried_again(runtime: Runtime, recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same key, later; one that never works is given up, listed and can be queued anew."""
    monkeypatch.setattr(dbos_runner, "_FIRST_DELAY", 0.01)
    monkeypatch.setattr(dbos_runner, "MOST_ATTEMPTS", 2)
    recorder.failures = 3
    administrator = make_user(runtime, "administrator").actor

    def given_up() -> tuple[JobRow, ...]:
        with UnitOfWork(runtime.database) as uow:
            return supervision.page(uow, administrator, JobState.FAILED).rows

    with embedded_jobs(runtime):
        put(runtime, "stubborn", {"n": 1})
        until(lambda: bool(given_up()))
        (failed,) = given_up()
        assert (failed.name, failed.key, failed.payload, len(recorder.seen)) == ("record", "stubborn", {"n": 1}, 2)
        assert failed.reason
        run_step(runtime, lambda uow: supervision.retry(runtime, uow, administrator, failed.id))
        until(lambda: len(recorder.seen) == 4)
        assert given_up() == ()


def test_what_was_queued_while_nothing_ran_is_done_at_the_next_start(runtime: Runtime, recorder: Recorder) -> None:
    """A web server queues, whoever comes later works."""
    with sending_jobs(runtime):
        assert isinstance(runtime.outbox, DbosOutbox)
        put(runtime, "waiting")
    assert isinstance(runtime.outbox, NoOutbox)
    with embedded_jobs(runtime):
        until(lambda: bool(recorder.seen))


def test_a_worker_stops_when_its_jobs_are_done(runtime: Runtime, recorder: Recorder) -> None:
    """And leaves its id for the next."""
    worker = Worker(runtime)
    thread = threading.Thread(target=worker.run)
    thread.start()
    until(lambda: isinstance(runtime.outbox, DbosOutbox) and bool(rows(runtime, executor)))
    put(runtime, "last")
    until(lambda: bool(recorder.seen))
    worker.stop()
    thread.join(30)
    assert not thread.is_alive()
    (row,) = rows(runtime, executor)
    assert (row.id, row.beat_at.year) == ("worker-1", 1970)


def test_a_dead_process_s_jobs_are_taken_over(runtime: Runtime, recorder: Recorder) -> None:
    """What it was running goes back into the queue when it has not been heard of for long."""
    # ahead of the real clock, by which this process's own keeper looks
    machine = MovableClock(datetime.now(UTC) + timedelta(days=1))
    with UnitOfWork(runtime.database) as uow:
        for name in ("dead-1", "living-1"):
            leases.register(uow, name, machine.now())
        uow.commit()
    with embedded_jobs(runtime) as jobs:
        put(runtime, "left behind")
        until(lambda: "SUCCESS" in statuses(runtime, "left behind"))
        # as if it had died in the middle of it
        with runtime.database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {table(runtime)} SET status = 'PENDING', executor_id = 'dead-1'")
        keeper = Keeper(runtime, jobs.runner, "b", "living-1", machine)
        keeper.look()
        assert statuses(runtime, "left behind") == ["PENDING"]
        machine.advance(leases.STALE)
        keeper.look()
        until(lambda: len(recorder.seen) == 2)
    assert "dead-1" not in [row.id for row in rows(runtime, executor)]


def test_what_ended_long_ago_is_forgotten(runtime: Runtime, jobs: Jobs, recorder: Recorder) -> None:
    """Jobs and the marks of their effects; what ended just now stays."""
    put(runtime, "old")
    until(lambda: "SUCCESS" in statuses(runtime, "old"))
    assert jobs.runner.clean(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert jobs.runner.clean(datetime.now(UTC) + timedelta(hours=1)) == 1
    assert statuses(runtime, "old") == []


def table(runtime: Runtime) -> str:
    """DBOS's table of jobs."""
    return "workflow_status" if runtime.database.is_sqlite else "dbos.workflow_status"


def statuses(runtime: Runtime, key: str) -> list[str]:
    """What DBOS says of a job."""
    with runtime.database.reading() as connection:
        found = connection.exec_driver_sql(f"SELECT status FROM {table(runtime)} WHERE workflow_uuid = '{key}'")
        return list(found.scalars())


def test_the_job_engine_says_nothing_on_the_console(runtime: Runtime, jobs: Jobs, capfd: pytest.CaptureFixture[str]) -> None:
    """Its log goes our way, and only what went wrong."""
    put(runtime, "unknown")
    jobs.runner.clean(datetime.now(UTC))
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("dbos").level == logging.ERROR


@pytest.mark.databases("sqlite")
def test_commands_that_need_no_jobs_do_not_load_the_job_engine(database_url: str) -> None:
    """Its import takes longer than most of them."""
    program = "import sys, engine.cli, engine.bootstrap, engine.jobs.embedded, engine.jobs.inline; sys.exit('dbos' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_preparing_twice_changes_nothing(runtime: Runtime) -> None:
    """Two processes may start at once."""
    for _ in range(2):
        dbos_runner.prepare_store(runtime.database)
    with runtime.database.writing() as connection:
        connection.execute(select(due.c.id))
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {table(runtime)}").scalar() == 0


def test_one_process_runs_one_job_engine(runtime: Runtime, jobs: Jobs) -> None:
    """A second one in the same process would be the first."""
    second = JobRunner(runtime.database, DbosOutbox(runtime.database).queue, "x", 1, lambda *_: None)
    with pytest.raises(RuntimeError):
        second.start()


def test_a_due_row_of_another_process_is_seen(runtime: Runtime, clock: MovableClock, jobs: Jobs) -> None:
    """Without being woken: at the next look."""
    deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service"))})
    started = start(runtime, "errand")
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="item_due", due_at=clock.now(), instance_id=started.id, subject="none"))
    until(lambda: rows(runtime, due) == [])
