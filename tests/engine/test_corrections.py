"""Times that are put right afterwards: on record with who and why, limits measured anew, closed months left as they are."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import corrections, history, limit_figures
from engine.clock import MovableClock
from engine.corrections import Correction, NotCorrectableError
from engine.errors import ForbiddenError, InvalidError, NotFoundError
from engine.jobs import inline
from engine.model import Actor
from engine.persistence.tables import due, history_event, instance, limit_clock, limit_correction
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import history as reading
from engine.queries import limits as queries
from engine.queries.limits import LimitFilters
from engine.runtime import Runtime
from tests.builders import make_user, rows, start
from tests.conftest import MONDAY_MORNING
from tests.engine.test_limits import ON_SITE, complete, given, only_clock

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clerk(runtime: Runtime) -> Actor:
    """Who enters."""
    return make_user(runtime, "customer_service", "dispatcher", "repair_worker").actor


@pytest.fixture
def supervisor(runtime: Runtime) -> Actor:
    """Who may put it right."""
    return make_user(runtime, "cs_supervisor").actor


def correct(runtime: Runtime, actor: Actor, element_id: str, happened_at: datetime, reason: str = "聽錄音為準") -> Correction:
    """Put right when an element was done."""
    (event,) = rows(runtime, history_event, history_event.c.type == "work_item.completed", history_event.c.element_id == element_id)
    with UnitOfWork(runtime.database) as uow:
        found = corrections.correct_time(runtime, uow, actor, event.instance_id, event.seq, happened_at, reason)
        uow.commit()
    return found


def visited(runtime: Runtime, clock: MovableClock, clerk: Actor, minutes: int = 30) -> int:
    """A call of which somebody was there so many minutes after it was registered."""
    given(runtime)
    case = start(runtime, "call", actor=clerk).id
    clock.advance(MINUTE)
    complete(runtime, "register", clerk)
    clock.advance(MINUTE)
    complete(runtime, "assign", clerk)
    clock.advance(MINUTE * (minutes - 1))
    complete(runtime, "visit", clerk)
    return case


def figures(runtime: Runtime, actor: Actor) -> Any:
    """Met, missed and corrected later of the one limit, over all time."""
    with UnitOfWork(runtime.database) as uow:
        found = limit_figures.measure(runtime, uow, actor, LimitFilters(limit_id="call.on_site"))
    return found.figures.met, found.figures.missed, found.later


def test_a_visit_entered_late_is_put_right(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """He was there after fifteen minutes: met, the case is late no longer; before, after, who and why are on record."""
    case = visited(runtime, clock, clerk)
    assert figures(runtime, supervisor) == (0, 1, 0)
    was, there = clock.now(), MONDAY_MORNING + 16 * MINUTE
    clock.advance(timedelta(hours=2))
    found = correct(runtime, supervisor, "visit", there)
    assert (found.before, found.after, found.limits, found.kept) == (was, there, ("call.on_site",), ())
    measured = only_clock(runtime)
    assert (measured.stopped_at, measured.stop_entered_at, measured.breached_at) == (there, was, None)
    assert figures(runtime, supervisor) == (1, 0, 0)
    assert rows(runtime, instance)[0].late_since is None
    with UnitOfWork(runtime.database) as uow:
        told = reading.page(uow, case).rows
        assert history.verify(uow, case) is None
    said = next(row for row in told if row.type == "time.corrected")
    assert (said.actor_id, said.values["reason"], said.detail["of"]) == (supervisor.user_id, "聽錄音為準", next(
        row.seq for row in told if row.type == "work_item.completed" and row.element_id == "visit"))
    assert [datetime.fromisoformat(said.detail[name]) for name in ("before", "after")] == [was, there]
    # what was entered is as it was, with what is said now beside it
    assert [(row.at, row.corrected_to) for row in told if row.seq == said.detail["of"]] == [(was, there)]


def test_the_start_of_a_clock_moves_its_target(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """The call came half an hour before it was entered: what runs is missed at once, by its due row."""
    given(runtime)
    start(runtime, "call", actor=clerk)
    clock.advance(timedelta(hours=1))
    complete(runtime, "register", clerk)
    begun = MONDAY_MORNING + timedelta(minutes=30)
    correct(runtime, supervisor, "register", begun)
    measured = only_clock(runtime)
    assert (measured.started_at, measured.due_at, measured.entered_at) == (begun, begun + 20 * MINUTE, clock.now())
    inline.run_due(runtime)
    assert (only_clock(runtime).breached_at, rows(runtime, instance)[0].late_since) == (clock.now(), begun + 20 * MINUTE)
    # and back: it runs in time, and will be missed when it is
    correct(runtime, supervisor, "register", clock.now())
    assert (only_clock(runtime).breached_at, rows(runtime, instance)[0].late_since) == (None, None)
    assert {row.kind for row in rows(runtime, due)} == {"limit_warn", "limit_breach"}
    inline.advance(runtime, clock, 20 * MINUTE)
    assert only_clock(runtime).breached_at is not None


def test_a_pause_that_began_earlier_gives_more_back(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """The clock stood still from the assignment to the visit, and the assignment was five minutes earlier."""
    held = ON_SITE.replace('to = "visit:completed"', 'to = "archive:completed"')
    given(runtime, held + 'pause = "assign:completed"\nresume = "visit:completed"\n')
    start(runtime, "call", actor=clerk)
    for element, minutes in (("register", 0), ("assign", 10), ("visit", 60)):
        clock.advance(minutes * MINUTE)
        complete(runtime, element, clerk)
    assert only_clock(runtime).due_at == MONDAY_MORNING + 80 * MINUTE
    correct(runtime, supervisor, "assign", MONDAY_MORNING + 5 * MINUTE)
    assert only_clock(runtime).due_at == MONDAY_MORNING + 85 * MINUTE


def test_a_closed_month_keeps_its_figures_and_says_so(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """The fifth of the next month is past: the clock stays, the correction stands beside it; on the fifth it still counts."""
    visited(runtime, clock, clerk)
    kept = only_clock(runtime)
    there = MONDAY_MORNING + 16 * MINUTE
    clock.advance(datetime.fromisoformat("2026-04-06T00:00:00+08:00") - clock.now())
    found = correct(runtime, supervisor, "visit", there)
    assert (found.limits, found.kept) == ((), ("call.on_site",))
    assert only_clock(runtime) == kept
    assert figures(runtime, supervisor) == (0, 1, 1)
    (later,) = rows(runtime, limit_correction)
    assert (later.clock_id, later.stopped_at, later.is_missed, later.corrected_by) == (kept.id, there, False, supervisor.user_id)
    with UnitOfWork(runtime.database) as uow:
        (row,) = queries.later(uow, supervisor, LimitFilters(limit_id="call.on_site"))
    assert (row.stopped_at, row.stopped_then, row.person) == (kept.stopped_at, there, supervisor.name)


def test_until_a_month_is_closed_it_can_be_put_right(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """Up to the last moment of the fifth."""
    visited(runtime, clock, clerk)
    clock.advance(datetime.fromisoformat("2026-04-05T23:59:00+08:00") - clock.now())
    assert correct(runtime, supervisor, "visit", MONDAY_MORNING + 16 * MINUTE).kept == ()
    assert figures(runtime, supervisor) == (1, 0, 0)


def test_a_second_correction_counts_from_the_first(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """Both stay on record."""
    visited(runtime, clock, clerk)
    correct(runtime, supervisor, "visit", MONDAY_MORNING + 16 * MINUTE)
    found = correct(runtime, supervisor, "visit", MONDAY_MORNING + 26 * MINUTE, "錄音的鐘快十分鐘")
    assert found.before == MONDAY_MORNING + 16 * MINUTE
    assert figures(runtime, supervisor) == (0, 1, 0)
    assert len(rows(runtime, history_event, history_event.c.type == "time.corrected")) == 2


@pytest.mark.parametrize(
    ("minutes", "reason"), [(40, "x"), (-1, "x"), (16, " "), (16, "x" * 1001), (31, "x")],
    ids=["later than it was entered", "before the case", "no reason", "a reason too long", "the same time"],
)
def test_what_cannot_be_is_refused(
    runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor, minutes: int, reason: str
) -> None:
    """And nothing of it is kept."""
    visited(runtime, clock, clerk)
    clock.advance(timedelta(hours=1))
    before = only_clock(runtime)
    with pytest.raises(InvalidError):
        correct(runtime, supervisor, "visit", MONDAY_MORNING + minutes * MINUTE, reason)
    assert only_clock(runtime) == before


def test_only_who_may_and_only_what_people_entered(runtime: Runtime, clock: MovableClock, clerk: Actor, supervisor: Actor) -> None:
    """Not the clerk; not what the clock did; not what isn't there."""
    case = visited(runtime, clock, clerk)
    with pytest.raises(ForbiddenError):
        correct(runtime, clerk, "visit", MONDAY_MORNING + 16 * MINUTE)
    missed = next(row for row in rows(runtime, history_event) if row.type == "limit.breached")
    for seq, refusal in ((missed.seq, NotCorrectableError), (99, NotFoundError)):
        with UnitOfWork(runtime.database) as uow, pytest.raises(refusal):
            corrections.correct_time(runtime, uow, supervisor, case, seq, MONDAY_MORNING, "x")
    assert rows(runtime, limit_clock)[0].breached_at is not None
