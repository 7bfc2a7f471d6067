"""Clocks of the manual's limits, run by real steps on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from engine import history, instances, work_items
from engine.clock import MovableClock
from engine.jobs import inline
from engine.model import SYSTEM, Actor
from engine.persistence.tables import due, history_event, instance, limit_clock, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import deploy, make_site, rows, simple_process, start
from tests.conftest import MONDAY_MORNING

#: a call is registered, assigned, visited; "on site in twenty minutes" runs from the registration
ELEMENTS = [("register", "customer_service"), ("assign", "dispatcher"), ("visit", "repair_worker"), ("archive", "customer_service")]
ON_SITE = """
[[limit]]
id = "on_site"
name = "到場"
clause = "repair 5.1"
from = "register:completed"
to = "visit:completed"
target = "PT20M"
warn = "PT5M"
escalate_to = "manager"
"""
TWENTY = timedelta(minutes=20)


def given(runtime: Runtime, limits: str = ON_SITE, elements: list[tuple[str, str]] | None = None) -> None:
    """The call with these limits."""
    deploy(runtime, {"call.bpmn": simple_process("call", *(elements or ELEMENTS)), "limits.toml": limits.encode()})


def complete(runtime: Runtime, element_id: str, actor: Actor = SYSTEM, instance_id: int | None = None) -> None:
    """Finish the open item of an element."""
    item = next(row for row in rows(runtime, work_item, work_item.c.element_id == element_id, work_item.c.is_live)
                if instance_id is None or row.instance_id == instance_id)
    instances.run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item.id, {}))


def clocks(runtime: Runtime) -> list[Any]:
    """Every clock."""
    return rows(runtime, limit_clock)


def only_clock(runtime: Runtime) -> Any:
    """The one clock there is."""
    (clock,) = clocks(runtime)
    return clock


def events(runtime: Runtime, prefix: str = "limit.") -> list[str]:
    """Types of history events, in order."""
    return [row.type for row in rows(runtime, history_event) if row.type.startswith(prefix)]


def the_chain_holds(runtime: Runtime, instance_id: int) -> bool:
    """Whether history is unbroken."""
    with UnitOfWork(runtime.database) as uow:
        return history.verify(uow, instance_id) is None


def test_a_limit_kept_leaves_its_clock_and_nothing_due(runtime: Runtime, clock: MovableClock) -> None:
    """Started by the one event, stopped by the other."""
    given(runtime)
    start(runtime, "call")
    assert clocks(runtime) == []
    complete(runtime, "register")
    running = only_clock(runtime)
    assert (running.limit_id, running.started_at, running.due_at) == ("call.on_site", MONDAY_MORNING, MONDAY_MORNING + TWENTY)
    assert (running.target_seconds, running.warn_at) == (1200, MONDAY_MORNING + timedelta(minutes=15))
    inline.advance(runtime, clock, timedelta(minutes=10))
    complete(runtime, "assign")
    complete(runtime, "visit")
    stopped = only_clock(runtime)
    assert (stopped.stopped_at, stopped.breached_at) == (MONDAY_MORNING + timedelta(minutes=10), None)
    assert rows(runtime, due) == []
    inline.advance(runtime, clock, timedelta(days=1))
    assert events(runtime) == []


def test_a_limit_missed_while_nobody_has_the_work_escalates_it(runtime: Runtime, clock: MovableClock) -> None:
    """Twenty minutes pass unassigned: warned, missed, late, escalated to the manager, who is told. Twice never."""
    given(runtime)
    started = start(runtime, "call")
    complete(runtime, "register")
    inline.advance(runtime, clock, timedelta(minutes=15))
    assert events(runtime) == ["limit.warned"]
    inline.advance(runtime, clock, timedelta(minutes=10))
    (item,) = rows(runtime, work_item, work_item.c.is_live)
    assert (item.element_id, item.role, item.escalated_role) == ("assign", "dispatcher", "manager")
    assert item.escalated_at == MONDAY_MORNING + TWENTY
    assert only_clock(runtime).breached_at == MONDAY_MORNING + TWENTY
    (case,) = rows(runtime, instance)
    assert case.late_since == MONDAY_MORNING + TWENTY
    inline.advance(runtime, clock, timedelta(days=2))
    assert events(runtime) == ["limit.warned", "limit.breached"]
    told = [(row.kind, row.role) for row in rows(runtime, notification) if row.kind.startswith("limit")]
    assert told == [("limit_soon", "manager"), ("limit_missed", "manager")]
    assert the_chain_holds(runtime, started.id)


def test_items_that_come_after_the_miss_and_before_the_stop_are_escalated_too(runtime: Runtime, clock: MovableClock) -> None:
    """The visit is still owed to the manual; the archive no longer is."""
    given(runtime)
    start(runtime, "call")
    complete(runtime, "register")
    inline.advance(runtime, clock, timedelta(minutes=30))
    complete(runtime, "assign")
    complete(runtime, "visit")
    found = {row.element_id: row.escalated_role for row in rows(runtime, work_item)}
    assert found == {"register": None, "assign": "manager", "visit": "manager", "archive": None}
    assert only_clock(runtime).stopped_at == MONDAY_MORNING + timedelta(minutes=30)


def test_a_stop_before_the_scheduler_came_round_still_counts_as_missed(runtime: Runtime, clock: MovableClock) -> None:
    """Down for an hour: nothing fired, but twenty-five minutes are no twenty."""
    given(runtime)
    start(runtime, "call")
    complete(runtime, "register")
    clock.advance(timedelta(minutes=25))
    complete(runtime, "assign")
    complete(runtime, "visit")
    stopped = only_clock(runtime)
    assert stopped.breached_at == stopped.stopped_at == MONDAY_MORNING + timedelta(minutes=25)
    assert rows(runtime, instance)[0].late_since == MONDAY_MORNING + TWENTY
    inline.run_due(runtime)
    assert events(runtime) == ["limit.breached"]


def test_a_clock_runs_by_the_claimed_time(runtime: Runtime, clock: MovableClock) -> None:
    """A night call entered in the morning is as old as it says."""
    given(runtime)
    start(runtime, "call")
    night = MONDAY_MORNING - timedelta(hours=5)
    complete(runtime, "register", Actor(None, "值班", channel=SYSTEM.channel, claimed_at=night))
    assert only_clock(runtime).started_at == night
    inline.run_due(runtime)
    assert rows(runtime, instance)[0].late_since == night + TWENTY
    assert only_clock(runtime).breached_at == MONDAY_MORNING


def test_an_arrival_entered_late_counts_from_when_it_is_said_to_have_been(runtime: Runtime, clock: MovableClock) -> None:
    """The clock stops at the claimed time; what was seen to be missed before the entry stays on record."""
    given(runtime)
    first = start(runtime, "call")
    complete(runtime, "register")
    complete(runtime, "assign")
    ten, thirty = MONDAY_MORNING + timedelta(minutes=10), timedelta(minutes=30)
    clock.advance(thirty)
    complete(runtime, "visit", Actor(None, "張師傅", channel=SYSTEM.channel, claimed_at=ten))
    assert (only_clock(runtime).stopped_at, only_clock(runtime).breached_at) == (ten, None)
    second = start(runtime, "call")
    complete(runtime, "register", instance_id=second.id)
    complete(runtime, "assign", instance_id=second.id)
    inline.advance(runtime, clock, thirty)
    ahead = clock.now() + timedelta(days=1)
    complete(runtime, "visit", Actor(None, "張師傅", channel=SYSTEM.channel, claimed_at=ahead), second.id)
    late = rows(runtime, limit_clock, limit_clock.c.instance_id == second.id)[0]
    assert (late.stopped_at, late.breached_at) == (clock.now(), clock.now() - timedelta(minutes=10))
    assert the_chain_holds(runtime, first.id)


@pytest.mark.parametrize(("scope", "rounds"), [("instance", 1), ("round", 2)])
def test_a_round_starts_anew_only_where_the_limit_says_so(runtime: Runtime, scope: str, rounds: int) -> None:
    """From the same element twice in one case."""
    limits = f'{ON_SITE}scope = "{scope}"\n'.replace('"visit:completed"', '"assign:completed"')
    given(runtime, limits)
    start(runtime, "call")
    complete(runtime, "register")
    complete(runtime, "assign")
    (item,) = rows(runtime, work_item, work_item.c.element_id == "visit", work_item.c.is_live)
    instances.run_step(runtime, lambda uow: instances.return_to(runtime, uow, SYSTEM, item.id, "register", "資料不全"))
    complete(runtime, "register")
    assert [row.round for row in clocks(runtime)] == list(range(1, rounds + 1))
    assert len(rows(runtime, due)) == 2 * (rounds - 1)


def test_a_cancelled_case_cancels_its_clocks_with_a_trace(runtime: Runtime, clock: MovableClock) -> None:
    """Neither kept nor missed."""
    given(runtime)
    started = start(runtime, "call")
    complete(runtime, "register")
    instances.run_step(runtime, lambda uow: instances.cancel(runtime, uow, SYSTEM, started.id, "業戶取消"))
    cancelled = only_clock(runtime)
    assert (cancelled.cancelled_at, cancelled.stopped_at, cancelled.breached_at) == (MONDAY_MORNING, None, None)
    assert events(runtime) == ["limit.cancelled"]
    inline.advance(runtime, clock, timedelta(days=1))
    assert events(runtime) == ["limit.cancelled"]
    assert the_chain_holds(runtime, started.id)


def test_an_event_that_cancels_ends_the_clock(runtime: Runtime) -> None:
    """A refused quotation is nobody's delay."""
    given(runtime, ON_SITE + 'cancel = "assign:completed"\n')
    start(runtime, "call")
    complete(runtime, "register")
    complete(runtime, "assign")
    assert only_clock(runtime).cancelled_at is not None
    assert rows(runtime, due) == []


def test_a_suspended_case_goes_on_counting(runtime: Runtime, clock: MovableClock) -> None:
    """Nothing stops a clock silently."""
    given(runtime)
    started = start(runtime, "call")
    complete(runtime, "register")
    instances.run_step(runtime, lambda uow: instances.suspend(runtime, uow, SYSTEM, started.id, "等料"))
    inline.advance(runtime, clock, timedelta(hours=1))
    assert only_clock(runtime).breached_at == MONDAY_MORNING + TWENTY
    assert rows(runtime, work_item, work_item.c.element_id == "assign")[0].escalated_role == "manager"


def test_a_limit_may_say_that_suspension_holds_it(runtime: Runtime, clock: MovableClock) -> None:
    """Then what was left before is left after, and history knows both moments."""
    given(runtime, ON_SITE + 'pause = "instance:suspended"\nresume = "instance:resumed"\n')
    started = start(runtime, "call")
    complete(runtime, "register")
    inline.advance(runtime, clock, timedelta(minutes=5))
    instances.run_step(runtime, lambda uow: instances.suspend(runtime, uow, SYSTEM, started.id, "等料"))
    inline.advance(runtime, clock, timedelta(hours=1))
    assert events(runtime) == ["limit.paused"]
    instances.run_step(runtime, lambda uow: instances.resume(runtime, uow, SYSTEM, started.id, "料到"))
    assert only_clock(runtime).due_at == clock.now() + timedelta(minutes=15)
    inline.advance(runtime, clock, timedelta(minutes=14))
    assert events(runtime) == ["limit.paused", "limit.resumed", "limit.warned"]
    inline.advance(runtime, clock, timedelta(minutes=1))
    assert only_clock(runtime).breached_at == clock.now()
    assert the_chain_holds(runtime, started.id)


def test_a_condition_decides_when_the_clock_would_start(runtime: Runtime) -> None:
    """Over the data of that moment; one that cannot be evaluated is told, and the case goes on."""
    own = ON_SITE.replace("on_site", "never") + "when = '_[\"started_by\"] == 5'\n"
    broken = ON_SITE.replace("on_site", "broken") + "when = 'registration[\"class\"] == \"urgent\"'\n"
    given(runtime, ON_SITE + "when = '_[\"started_by\"] == None'\n" + own + broken)
    started = start(runtime, "call")
    complete(runtime, "register")
    assert [row.limit_id for row in clocks(runtime)] == ["call.on_site"]
    assert events(runtime) == ["limit.failed"]
    assert the_chain_holds(runtime, started.id)


def test_the_same_day_ends_by_the_clock_of_the_site(runtime: Runtime) -> None:
    """Nine in the morning in Shanghai is evening the day before in New York."""
    given(runtime, ON_SITE.replace("PT20M", "end_of_day"))
    started = start(runtime, "call", site_id=make_site(runtime, time_zone="America/New_York"))
    complete(runtime, "register", instance_id=started.id)
    assert only_clock(runtime).due_at == datetime.fromisoformat("2026-03-02T00:00:00-05:00")


def test_a_target_in_force_later_does_not_move_a_running_clock(runtime: Runtime, clock: MovableClock) -> None:
    """Closed months, and cases that already run, keep their old targets."""
    given(runtime, ON_SITE + ON_SITE.replace("PT20M", "PT15M") + "effective_from = 2026-03-03\n")
    start(runtime, "call")
    complete(runtime, "register")
    clock.advance(timedelta(days=1))
    second = start(runtime, "call")
    complete(runtime, "register", instance_id=second.id)
    assert [row.target_seconds for row in clocks(runtime)] == [1200, 900]


def test_a_step_that_no_limit_concerns_asks_the_store_nothing(runtime: Runtime) -> None:
    """Limits cost only where they are."""
    statements: list[str] = []
    elements = [*ELEMENTS, ("thank", "customer_service")]
    deploy(runtime, {"call.bpmn": simple_process("call", *elements), "limits.toml": ON_SITE.encode()})
    start(runtime, "call")
    for element_id in ("register", "assign", "visit"):
        complete(runtime, element_id)
    event.listen(runtime.database.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    complete(runtime, "archive")
    assert statements
    assert not [text for text in statements if "limit_clock" in text or "FROM due" in text]


def test_a_whole_case_can_be_limited(runtime: Runtime, clock: MovableClock) -> None:
    """From its start to its end, and every open item of it is escalated."""
    given(runtime, ON_SITE.replace("register:completed", "instance:started").replace("visit:completed", "instance:ended"))
    start(runtime, "call")
    inline.advance(runtime, clock, TWENTY)
    assert rows(runtime, work_item)[0].escalated_role == "manager"
    for element_id, _ in ELEMENTS:
        complete(runtime, element_id)
    assert only_clock(runtime).stopped_at is not None
    assert events(runtime) == ["limit.warned", "limit.breached"]


def test_limits_reach_into_called_processes(runtime: Runtime, clock: MovableClock) -> None:
    """An item of a called process is on the way; a called process brings its own limits; ends may lie in it."""
    called = simple_process("quote", ("price", "engineering_supervisor"))
    own = ON_SITE.replace("on_site", "priced").replace("register:completed", "price:created").replace("visit:completed", "price:completed")
    deploy(runtime, {"quote.bpmn": called, "limits.toml": own.replace("PT20M", "PT10M").encode()})
    task, call = b'<userTask id="visit" name="visit"/>', b'<callActivity id="visit" calledElement="quote"/>'
    caller = simple_process("call", *ELEMENTS).replace(task, call)
    between = ON_SITE.replace("on_site", "reached").replace('"visit:completed"', '"quote/price:created"')
    deploy(runtime, {"call.bpmn": caller, "limits.toml": (ON_SITE + between).encode()})
    start(runtime, "call")
    complete(runtime, "register")
    complete(runtime, "assign")
    assert {row.limit_id: row.stopped_at for row in clocks(runtime)} == {
        "call.on_site": None, "call.reached": MONDAY_MORNING, "quote.priced": None}
    inline.advance(runtime, clock, TWENTY)
    (item,) = rows(runtime, work_item, work_item.c.element_id == "price")
    assert (item.definition_key, item.escalated_role) == ("quote", "manager")
    assert item.escalated_at == MONDAY_MORNING + timedelta(minutes=10)
    complete(runtime, "price")
    assert [row.stopped_at is not None for row in clocks(runtime)] == [True, True, True]
