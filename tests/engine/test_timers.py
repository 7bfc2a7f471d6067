"""What happens when a due row's time has come, and what does not when it is stale."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from engine import instances, timers, work_items
from engine.clock import MovableClock
from engine.jobs import handlers, inline
from engine.model import SYSTEM
from engine.persistence.tables import due, history_event, instance, notification, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import deploy, deploy_simple, make_user, rows, start
from tests.conftest import MONDAY_MORNING

HOUR = timedelta(hours=1)


def process(body: str, flows: str, key: str = "errand") -> dict[str, bytes]:
    """A process of one lane-less diagram; flows as `a>b c>d`."""
    pairs = [each.split(">") for each in flows.split()]
    arrows = "".join(f'<sequenceFlow id="from_{a}_to_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in pairs)
    return {f"{key}.bpmn": f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"
  id="definitions_{key}" targetNamespace="urn:guicheng:test"><process id="{key}" name="{key}" isExecutable="true">
  <laneSet id="lanes"><lane id="dispatcher" name="dispatcher">{LANE}</lane></laneSet>{body}{arrows}</process></definitions>""".encode()}


LANE = "<flowNodeRef>do_errand</flowNodeRef><flowNodeRef>remind</flowNodeRef>"


def timed(text: str, kind: str = "") -> str:
    """A timer's definition; a cycle or a duration unless something else is said."""
    kind = kind or ("timeCycle" if text.startswith("R") else "timeDuration")
    return f"<timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition>"


def properties(**values: str) -> str:
    """Properties of an element."""
    inside = "".join(f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items())
    return f"<extensionElements><spiffworkflow:properties>{inside}</spiffworkflow:properties></extensionElements>"


def due_item(**values: str) -> dict[str, bytes]:
    """One user task with these properties."""
    task = f'<userTask id="do_errand" name="辦理">{properties(**values)}</userTask><manualTask id="remind"/>'
    return process(f'<startEvent id="start"/>{task}<endEvent id="finish"/>', "start>do_errand do_errand>remind remind>finish")


def boundary(text: str, *, interrupting: str) -> dict[str, bytes]:
    """A user task with a timer on it, after which somebody is reminded."""
    body = (f'<startEvent id="start"/><userTask id="do_errand"/><userTask id="remind"/><endEvent id="finish"/><endEvent id="reminded"/>'
            f'<boundaryEvent id="late" attachedToRef="do_errand" cancelActivity="{interrupting}">{timed(text)}</boundaryEvent>')
    return process(body, "start>do_errand do_errand>finish late>remind remind>reminded")


def starting(text: str, kind: str, **values: str) -> dict[str, bytes]:
    """A process that a timer starts."""
    body = f'<startEvent id="start">{properties(**values)}{timed(text, kind)}</startEvent><userTask id="do_errand"/><userTask id="remind"/>'
    return process(f'{body}<endEvent id="finish"/>', "start>do_errand do_errand>remind remind>finish")


def fire(runtime: Runtime, due_id: int) -> bool:
    """Fire one row and commit."""
    return instances.run_step(runtime, lambda uow: timers.fire(runtime, uow, due_id))


def live_elements(runtime: Runtime) -> list[str]:
    """Elements with an open item, by name."""
    return sorted(row.element_id for row in rows(runtime, work_item, work_item.c.is_live))


def event_types(runtime: Runtime) -> list[str]:
    """Types of history events, in order."""
    return [row.type for row in rows(runtime, history_event)]


# ---------------------------------------------------------------- work items

def test_an_item_that_nobody_took_is_warned_of_then_escalated(runtime: Runtime, clock: MovableClock) -> None:
    """Due without an assignee: late, seen by a second role, told."""
    deploy(runtime, due_item(due="PT1H", warn="PT10M", escalate_to="manager"))
    start(runtime, "errand")
    inline.advance(runtime, clock, timedelta(minutes=50))
    assert event_types(runtime)[-1] == "work_item.warned"
    assert rows(runtime, work_item)[0].escalated_role is None
    inline.advance(runtime, clock, timedelta(minutes=10))
    (item,) = rows(runtime, work_item)
    assert (item.escalated_role, item.escalated_at, item.state) == ("manager", MONDAY_MORNING + HOUR, "open")
    assert rows(runtime, instance)[0].late_since == MONDAY_MORNING + HOUR
    assert event_types(runtime)[-1] == "work_item.overdue"
    assert rows(runtime, due) == []
    told = [(row.kind, row.role, row.work_item_id) for row in rows(runtime, notification)]
    assert told == [("opened", "dispatcher", item.id), ("due_soon", "dispatcher", item.id), ("overdue", "dispatcher", item.id),
                    ("escalated", "manager", item.id)]


def test_an_overdue_item_without_a_second_role_is_only_late(runtime: Runtime, clock: MovableClock) -> None:
    """Its own role is told."""
    deploy(runtime, due_item(due="PT1H"))
    start(runtime, "errand")
    inline.advance(runtime, clock, HOUR)
    assert rows(runtime, work_item)[0].escalated_role is None
    assert [(row.kind, row.role) for row in rows(runtime, notification)] == [("opened", "dispatcher"), ("overdue", "dispatcher")]


def test_a_finished_item_is_never_overdue(runtime: Runtime, clock: MovableClock) -> None:
    """Its due rows go with it; one that comes too late all the same does nothing."""
    deploy(runtime, due_item(due="PT1H", warn="PT10M"))
    started = start(runtime, "errand")
    (token,) = {row.subject for row in rows(runtime, due)}
    instances.run_step(runtime, lambda uow: work_items.complete(runtime, uow, SYSTEM, started.work_item_ids[0], {}))
    assert rows(runtime, due) == []
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="item_due", due_at=clock.now(), instance_id=started.id, subject=token))
    assert not fire(runtime, rows(runtime, due)[0].id)
    assert rows(runtime, due) == []
    assert "work_item.overdue" not in event_types(runtime)


def test_a_row_fires_once_however_often_it_is_asked(runtime: Runtime, clock: MovableClock) -> None:
    """At least once is what the job engine promises."""
    deploy(runtime, due_item(due="PT1H"))
    start(runtime, "errand")
    (row,) = rows(runtime, due)
    assert not fire(runtime, row.id)
    clock.advance(HOUR)
    assert fire(runtime, row.id)
    assert not fire(runtime, row.id)
    assert event_types(runtime).count("work_item.overdue") == 1


def test_an_instance_s_rows_fire_in_their_order_whichever_job_comes_first(runtime: Runtime, clock: MovableClock) -> None:
    """A timer that takes an item away does not hide that the item was overdue before."""
    files = boundary("PT1H", interrupting="true")
    task = f'<userTask id="do_errand">{properties(due="PT30M")}</userTask>'
    deploy(runtime, {"errand.bpmn": files["errand.bpmn"].replace(b'<userTask id="do_errand"/>', task.encode())})
    start(runtime, "errand")
    clock.advance(HOUR * 2)
    (timer,) = rows(runtime, due, due.c.kind == "timer")
    handlers.run(runtime, "fire_due", "late", {"due_id": timer.id})
    assert event_types(runtime)[-2:] == ["work_item.overdue", "timer.fired"]
    handlers.run(runtime, "fire_due", "late again", {"due_id": timer.id})
    assert rows(runtime, due) == []


def test_two_at_once_fire_a_row_once(runtime: Runtime, clock: MovableClock) -> None:
    """The second finds the row gone after it has waited for the first."""
    deploy(runtime, due_item(due="PT1H"))
    start(runtime, "errand")
    (row,) = rows(runtime, due)
    clock.advance(HOUR)
    with UnitOfWork(runtime.database) as slow:
        slow.reading.execute(due.select()).all()
        assert fire(runtime, row.id)
        assert not timers.fire(runtime, slow, row.id)
        slow.commit()
    assert event_types(runtime).count("work_item.overdue") == 1


# ---------------------------------------------------------------- the diagram's timers

def test_an_interrupting_timer_takes_the_item_away(runtime: Runtime, clock: MovableClock) -> None:
    """At its very moment."""
    deploy(runtime, boundary("PT1H", interrupting="true"))
    start(runtime, "errand")
    assert rows(runtime, due)[0].due_at == MONDAY_MORNING + HOUR
    inline.advance(runtime, clock, HOUR - timedelta(seconds=1))
    assert live_elements(runtime) == ["do_errand"]
    inline.advance(runtime, clock, timedelta(seconds=1))
    assert live_elements(runtime) == ["remind"]
    assert rows(runtime, due) == []


def test_a_cycle_fires_each_time_at_its_own_time(runtime: Runtime, clock: MovableClock) -> None:
    """However far the clock is moved at once."""
    deploy(runtime, boundary("R3/PT1H", interrupting="false"))
    start(runtime, "errand")
    inline.advance(runtime, clock, timedelta(days=1))
    assert live_elements(runtime) == ["do_errand", "remind", "remind", "remind"]
    created = [row.created_at for row in rows(runtime, work_item, work_item.c.element_id == "remind")]
    assert created == [MONDAY_MORNING + HOUR * number for number in (1, 2, 3)]
    assert clock.now() == MONDAY_MORNING + timedelta(days=1)


def test_due_times_of_several_cases_come_in_their_order(runtime: Runtime, clock: MovableClock) -> None:
    """Across instances and kinds."""
    deploy(runtime, boundary("PT1H", interrupting="true"))
    later = start(runtime, "errand")
    deploy(runtime, due_item(due="PT20M"))
    sooner = start(runtime, "errand")
    inline.advance(runtime, clock, timedelta(hours=3))
    fired = [(row.instance_id, row.at - MONDAY_MORNING) for row in sorted(rows(runtime, history_event), key=lambda row: row.at)
             if row.type in ("timer.fired", "work_item.overdue")]
    assert fired == [(sooner.id, timedelta(minutes=20)), (later.id, HOUR)]


def test_a_timer_of_a_suspended_case_waits_for_it(runtime: Runtime, clock: MovableClock) -> None:
    """And fires when it goes on, without stopping others meanwhile."""
    deploy(runtime, boundary("PT1H", interrupting="true"))
    sleeping, waking = start(runtime, "errand"), start(runtime, "errand")
    instances.run_step(runtime, lambda uow: instances.suspend(runtime, uow, SYSTEM, sleeping.id, "等料"))
    inline.advance(runtime, clock, timedelta(hours=2))
    found = {(row.instance_id, row.element_id) for row in rows(runtime, work_item, work_item.c.is_live)}
    assert found == {(waking.id, "remind")}
    instances.run_step(runtime, lambda uow: instances.resume(runtime, uow, SYSTEM, sleeping.id, "料到"))
    inline.run_due(runtime)
    assert live_elements(runtime) == ["remind", "remind"]


def test_a_timer_that_lay_while_its_case_could_not_move_fires_with_the_next_step(runtime: Runtime, clock: MovableClock) -> None:
    """Whatever made the case move again: every step looks at its timers."""
    body = (f'<startEvent id="start"/><userTask id="do_errand"/><userTask id="remind"/><endEvent id="finish"/><endEvent id="reminded"/>'
            f'<boundaryEvent id="late" attachedToRef="do_errand">{timed("PT1H")}</boundaryEvent><parallelGateway id="fork"/>'
            f'<userTask id="elsewhere"/><parallelGateway id="join"/>')
    flows = "start>fork fork>do_errand fork>elsewhere do_errand>join elsewhere>join join>finish late>remind remind>reminded"
    deploy(runtime, process(body, flows))
    start(runtime, "errand")
    clock.advance(HOUR)
    with UnitOfWork(runtime.database) as uow:
        assert len(timers.hand_over(runtime, uow, 10)) == 1
        uow.commit()
        assert timers.next_pending_at(uow) is None
    (item,) = rows(runtime, work_item, work_item.c.element_id == "elsewhere")
    instances.run_step(runtime, lambda uow: work_items.complete(runtime, uow, SYSTEM, item.id, {}))
    assert live_elements(runtime) == ["remind"]
    assert rows(runtime, due) == []


def test_a_timer_of_a_case_that_is_over_is_dropped(runtime: Runtime, clock: MovableClock) -> None:
    """A row that should not be there does no harm."""
    deploy(runtime, boundary("PT1H", interrupting="true"))
    started = start(runtime, "errand")
    instances.run_step(runtime, lambda uow: instances.cancel(runtime, uow, SYSTEM, started.id, "業戶取消"))
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="timer", due_at=clock.now(), instance_id=started.id, subject=""))
    assert inline.run_due(runtime) == 0
    assert rows(runtime, due) == []


# ---------------------------------------------------------------- timer starts

def starts(runtime: Runtime) -> list[datetime]:
    """When instances were started."""
    return [row.started_at for row in rows(runtime, instance)]


@pytest.mark.parametrize(("text", "kind", "expected"), [
    ("PT1H", "timeDuration", [1]),
    ("2026-03-02T11:00:00+08:00", "timeDate", [2]),
    ("2026-03-02T05:00:00+08:00", "timeDate", []),
    ("R2/PT3H", "timeCycle", [3, 6]),
    ("R/2026-03-02T08:00:00+08:00/PT12H", "timeCycle", [11, 23]),
])
def test_a_timer_starts_cases_at_its_times(
    runtime: Runtime, clock: MovableClock, text: str, kind: str, expected: list[int]
) -> None:
    """Each once, at its own time, none for what lay before the deployment."""
    deploy(runtime, starting(text, kind))
    inline.advance(runtime, clock, timedelta(days=1))
    assert starts(runtime) == [MONDAY_MORNING + HOUR * number for number in expected]


@pytest.mark.parametrize(("rule", "expected"), [({}, 4), ({"catch_up": "latest"}, 1)])
def test_times_missed_while_nothing_ran_are_made_up_for(
    runtime: Runtime, clock: MovableClock, rule: dict[str, str], expected: int
) -> None:
    """Every one, or only the latest; the next comes at its own time either way."""
    deploy(runtime, starting("R/PT1H", "timeCycle", **rule))
    clock.advance(HOUR * 4.5)
    inline.run_due(runtime)
    assert len(starts(runtime)) == expected
    claimed = [row.claimed_at for row in rows(runtime, history_event) if row.type == "instance.started"]
    assert claimed[-1] == MONDAY_MORNING + HOUR * 4
    assert [row.due_at for row in rows(runtime, due)] == [MONDAY_MORNING + HOUR * 5]


def test_a_new_version_takes_the_rhythm_over(runtime: Runtime, clock: MovableClock) -> None:
    """A timer that says the same goes on; one that says another thing begins anew; one that is gone is gone."""
    deploy(runtime, starting("R/PT10H", "timeCycle"))
    inline.advance(runtime, clock, HOUR * 4)
    deploy(runtime, starting("R/PT10H", "timeCycle", note="2"))
    assert [row.due_at for row in rows(runtime, due)] == [MONDAY_MORNING + HOUR * 10]
    inline.advance(runtime, clock, HOUR * 6)
    assert [row.due_at for row in rows(runtime, due)] == [MONDAY_MORNING + HOUR * 20]
    deploy(runtime, starting("R/PT2H", "timeCycle"))
    assert [row.due_at for row in rows(runtime, due)] == [MONDAY_MORNING + HOUR * 12]
    deploy(runtime, boundary("PT1H", interrupting="true"))
    assert rows(runtime, due) == []


def test_a_case_that_cannot_start_does_not_hold_up_the_next_time(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """An administrator is told, and the rhythm goes on."""
    deploy(runtime, starting("R/PT1H", "timeCycle"))
    with runtime.database.writing() as connection:
        connection.execute(update(due).values(due_at=MONDAY_MORNING))
    monkeypatch.setattr(timers.instances, "start", refuse)
    assert inline.run_due(runtime) == 1
    assert starts(runtime) == []
    assert [row.due_at for row in rows(runtime, due)] == [MONDAY_MORNING + HOUR]
    assert [(row.kind, row.role) for row in rows(runtime, notification)] == [("start_failed", "administrator")]


def refuse(*_arguments: Any, **_options: Any) -> None:
    """A start that never works."""
    from engine.errors import StepFailedError

    raise StepFailedError(element_id="start", reason="沒有這樣的單元")


def test_a_start_row_of_a_version_that_is_gone_is_dropped(runtime: Runtime, clock: MovableClock) -> None:
    """Should one be left, it starts nothing."""
    with runtime.database.writing() as connection:
        connection.execute(insert(due).values(kind="start_timer", due_at=clock.now(), subject="99:start:1700000000"))
    assert inline.run_due(runtime) == 0
    assert rows(runtime, due) == []


# ---------------------------------------------------------------- looking ahead

def test_the_scheduler_is_told_what_is_next_and_what_is_pending(runtime: Runtime, clock: MovableClock) -> None:
    """A row that was handed over is pending again only with another due time."""
    deploy_simple(runtime)
    started = start(runtime, "errand", actor=make_user(runtime, "manager").actor)
    later = clock.now() + HOUR
    with runtime.database.writing() as connection:
        connection.execute(delete(due))
        for number, moment in enumerate((clock.now(), later)):
            connection.execute(insert(due).values(kind="timer", due_at=moment, instance_id=started.id, subject=str(number)))
    with UnitOfWork(runtime.database) as uow:
        assert timers.next_due_at(uow) == timers.next_pending_at(uow) == clock.now()
        assert timers.next_due_at(uow, after=clock.now()) == later
        (handed,) = timers.hand_over(runtime, uow, 10)
        uow.commit()
        assert handed.due_at == clock.now()
        assert timers.hand_over(runtime, uow, 10) == []
        assert timers.next_pending_at(uow) == later
        uow.writing.execute(update(due).where(due.c.id == handed.id).values(due_at=clock.now() - HOUR))
        uow.commit()
        assert [row.id for row in timers.hand_over(runtime, uow, 10)] == [handed.id]
