"""Handing over what is due."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import insert, update

from engine.clock import MovableClock
from engine.jobs import handlers
from engine.jobs.scheduler import LEASE_LENGTH, POLL_SECONDS, Scheduler
from engine.persistence.tables import due, lease
from engine.runtime import NoOutbox, Runtime
from tests.builders import make_instance, rows

HOUR = timedelta(hours=1)


def add_due(runtime: Runtime, after: timedelta, number: int = 0) -> None:
    """A stale row."""
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="item_due", due_at=runtime.clock.now() + after, instance_id=make_id(runtime),
                                              subject=f"{number:032x}"))


def make_id(runtime: Runtime) -> int:
    """The one instance."""
    from engine.persistence.tables import instance

    return rows(runtime, instance)[0].id if rows(runtime, instance) else make_instance(runtime)


def handed(runtime: Runtime) -> list[str]:
    """Keys of the jobs that were queued."""
    assert isinstance(runtime.outbox, NoOutbox)
    return [key for name, key, _ in runtime.outbox.sent if name == "fire_due"]


def test_nothing_due_costs_one_look_and_no_write(runtime: Runtime) -> None:
    """Until the next due time, at most for the time between two looks."""
    make_id(runtime)
    scheduler = Scheduler(runtime, "a")
    assert scheduler.look() == POLL_SECONDS
    add_due(runtime, timedelta(milliseconds=200))
    assert scheduler.look() == 0.2
    assert rows(runtime, lease) == []


def test_what_is_due_is_handed_over_once_a_due_time(runtime: Runtime, clock: MovableClock) -> None:
    """A row that was moved is handed over again."""
    make_id(runtime)
    add_due(runtime, timedelta(0), 1)
    add_due(runtime, HOUR, 2)
    scheduler = Scheduler(runtime, "a")
    assert scheduler.look() == 0
    assert scheduler.look() == POLL_SECONDS
    assert len(handed(runtime)) == 1
    clock.advance(HOUR)
    scheduler.look()
    with runtime.database.writing() as connection:
        connection.execute(update(due).values(due_at=clock.now() - HOUR / 2))
    scheduler.look()
    assert len(set(handed(runtime))) == 4


def test_another_process_takes_over_when_the_lease_has_run_out(runtime: Runtime, clock: MovableClock) -> None:
    """Not before, so that two never hand over at once; by the machine's clock, not by ours."""
    make_id(runtime)
    machine = MovableClock(clock.now())
    first, second = Scheduler(runtime, "a", machine), Scheduler(runtime, "b", machine)
    add_due(runtime, timedelta(0), 1)
    first.look()
    # the first one dies here
    clock.advance(HOUR)
    add_due(runtime, timedelta(0), 2)
    assert second.look() == POLL_SECONDS
    assert len(handed(runtime)) == 1
    machine.advance(LEASE_LENGTH)
    assert second.look() == 0
    assert len(handed(runtime)) == 2


def test_a_job_that_comes_twice_fires_once(runtime: Runtime) -> None:
    """The second finds no row."""
    make_id(runtime)
    add_due(runtime, timedelta(0))
    Scheduler(runtime, "a").look()
    assert isinstance(runtime.outbox, NoOutbox)
    name, key, payload = runtime.outbox.sent[0]
    for _ in range(2):
        handlers.run(runtime, name, key, payload)
    assert rows(runtime, due) == []


def test_the_loop_is_woken_and_stopped_at_once(runtime: Runtime) -> None:
    """And leaves the lease for the next."""
    make_id(runtime)
    seen = threading.Event()

    class Listening(NoOutbox):
        def enqueue(self, *arguments: object) -> None:
            seen.set()

    runtime.outbox = Listening()
    scheduler = Scheduler(runtime, "a")
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    add_due(runtime, timedelta(0))
    scheduler.wake()
    assert seen.wait(10)
    scheduler.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert rows(runtime, lease)[0].expires_at.year == 1970
