"""Fires what is due on the caller's thread, in order, by a clock that the caller moves: for tests, scenarios and `--test-clock`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from engine import timers
from engine.clock import MovableClock
from engine.errors import BudgetExceededError
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step

#: rows that one call fires at most: a diagram that makes due rows as fast as they are fired is stopped here
MOST = 100_000


def run_due(runtime: Runtime, *, most: int = MOST) -> int:
    """Fire everything that is due by the clock, in the order in which it fell due; says how many rows did something.

    Each row is a transaction of its own. Rows whose instance is suspended or has an incident stay for later. BudgetExceededError
    after `most` rows.
    """
    fired = seen = 0
    #: rows that stay although they are due
    waiting: set[int] = set()
    while True:
        with UnitOfWork(runtime.database) as uow:
            rows = timers.due_now(runtime, uow, len(waiting) + 1)
        row = next((each for each in rows if each.id not in waiting), None)
        if row is None:
            return fired
        if seen >= most:
            raise BudgetExceededError(budget="到期事項", limit=most)
        seen += 1
        if run_step(runtime, partial(timers.fire, runtime, due_id=row.id)):
            fired += 1
        else:
            with UnitOfWork(runtime.database) as uow:
                if timers.still_stands(uow, row):
                    waiting.add(row.id)


def advance(runtime: Runtime, clock: MovableClock, by: timedelta, *, most: int = MOST) -> int:
    """Move the clock forward from due time to due time, so that everything fires in order and at its own time; says how many rows fired.

    A clock that runs on by itself may be a little later than the due time it was moved to.
    """
    until = clock.now() + by
    fired = run_due(runtime, most=most)
    while True:
        with UnitOfWork(runtime.database) as uow:
            next_at = timers.next_due_at(uow, after=clock.now())
        if next_at is None or next_at > until:
            break
        now = clock.now()
        if next_at > now:
            clock.set(next_at)
        fired += run_due(runtime, most=most - fired)
    left = until - clock.now()
    if left > timedelta(0):
        clock.advance(left)
    return fired + run_due(runtime, most=most - fired)
