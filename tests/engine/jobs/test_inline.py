"""Moving a clock through everything that falls due on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert

from engine.clock import MovableClock
from engine.errors import BudgetExceededError
from engine.jobs import inline
from engine.persistence.tables import due
from engine.runtime import Runtime
from tests.builders import make_instance, rows

DAY = timedelta(days=1)


def add_due(runtime: Runtime, *after: timedelta) -> None:
    """Stale rows: of items that do not exist."""
    instance_id = make_instance(runtime)
    now = runtime.clock.now()
    with runtime.database.writing() as connection:
        connection.execute(insert(due), [
            {"kind": "item_due", "due_at": now + each, "instance_id": instance_id, "subject": f"{number:032x}"}
            for number, each in enumerate(after)
        ])


def test_the_clock_arrives_where_it_was_sent(runtime: Runtime, clock: MovableClock) -> None:
    """With or without something on the way; what lies beyond stays."""
    until = clock.now() + DAY
    assert inline.advance(runtime, clock, DAY) == 0
    assert clock.now() == until
    add_due(runtime, DAY / 2, DAY, DAY * 2)
    inline.advance(runtime, clock, DAY)
    assert clock.now() == until + DAY
    assert [row.due_at for row in rows(runtime, due)] == [until + DAY * 2]


def test_a_clock_that_runs_on_by_itself_can_be_moved_too(runtime: Runtime) -> None:
    """`--test-clock` of a served application."""
    runtime.clock = running = MovableClock(running=True)
    before = running.now()
    add_due(runtime, DAY / 2)
    inline.advance(runtime, running, DAY)
    assert running.now() - before >= DAY
    assert rows(runtime, due) == []


def test_rows_that_breed_are_stopped(runtime: Runtime) -> None:
    """A diagram that makes due rows as fast as they fire ends in an error, not in a hang."""
    add_due(runtime, *[timedelta(0)] * 5)
    with pytest.raises(BudgetExceededError):
        inline.run_due(runtime, most=3)
