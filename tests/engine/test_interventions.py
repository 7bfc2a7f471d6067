"""A manager steps in: each verb on real cases, what it would do said before, what it did on record, and taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import data_corrections, instances, intervention_runs, work_items
from engine.clock import MovableClock
from engine.errors import ForbiddenError, FormInvalidError, InvalidError, NotFoundError
from engine.instances import run_step
from engine.intervention_runs import AT_ONCE, Intervention, Outcome, TooManyCasesError
from engine.interventions import Order, Verb
from engine.jobs import handlers, inline
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, Started, deploy, deploy_simple, make_site, make_user, rows, start

FORM = b"""{"title": "Errand", "type": "object", "required": ["what"], "properties": {
 "what": {"type": "string", "title": "What", "maxLength": 20, "index": true},
 "cost": {"type": "number", "title": "Cost", "minimum": 0, "index": true}}}"""
TWO_STEPS = b"""<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="x">
<process id="errand" name="errand" isExecutable="true"><laneSet id="lanes"><lane id="customer_service" name="customer_service">
<flowNodeRef>begin</flowNodeRef><flowNodeRef>ask</flowNodeRef><flowNodeRef>do_it</flowNodeRef><flowNodeRef>over</flowNodeRef></lane></laneSet>
<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="ask"/>
<userTask id="ask" name="Ask"><extensionElements><s:properties><s:property name="form" value="errand"/></s:properties></extensionElements>
</userTask>
<sequenceFlow id="f2" sourceRef="ask" targetRef="do_it"/>
<userTask id="do_it" name="Do it"><extensionElements><s:properties>
<s:property name="due" value="PT1H"/><s:property name="warn" value="PT15M"/>
</s:properties></extensionElements></userTask>
<sequenceFlow id="f3" sourceRef="do_it" targetRef="over"/><endEvent id="over"/></process></definitions>"""


@pytest.fixture
def boss(runtime: Runtime) -> Person:
    """The manager."""
    return make_user(runtime, "manager", "customer_service")


@pytest.fixture
def case(runtime: Runtime, boss: Person) -> Started:
    """A case at its second step, its first form filled in."""
    deploy(runtime, {"errand.bpmn": TWO_STEPS, "forms/errand.json": FORM})
    started = start(runtime, "errand")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, boss.actor, started.work_item_ids[0], {"what": "Tap", "cost": 5}))
    return started


def order(runtime: Runtime, who: Person, what: Order, *ids: int) -> tuple[Intervention, tuple[Outcome, ...]]:
    """Carry an order out."""
    made = run_step(runtime, lambda uow: intervention_runs.begin(runtime, uow, who.actor, what, ids))
    intervention_runs.carry_out(runtime, made, who.actor if len(ids) <= AT_ONCE else None)
    return look(runtime, who, made)


def look(runtime: Runtime, who: Person, made: int) -> tuple[Intervention, tuple[Outcome, ...]]:
    """How it stands."""
    with UnitOfWork(runtime.database) as uow:
        found = intervention_runs.get(uow, who.actor, made)
        return found, intervention_runs.cases(uow, who.actor, made, limit=200).rows


def take_back(runtime: Runtime, who: Person, made: int) -> tuple[Intervention, tuple[Outcome, ...]]:
    """Undo it."""
    if not run_step(runtime, lambda uow: intervention_runs.undo(runtime, uow, who.actor, made)):
        intervention_runs.carry_back(runtime, made, who.actor)
    return look(runtime, who, made)


def item(runtime: Runtime, case: Started) -> Any:
    """The open item."""
    (found,) = rows(runtime, tables.work_item, tables.work_item.c.instance_id == case.id, tables.work_item.c.is_live)
    return found


def events(runtime: Runtime, case: Started, *types: str) -> list[Any]:
    """Events of the case of some types."""
    return rows(runtime, tables.history_event, tables.history_event.c.instance_id == case.id, tables.history_event.c.type.in_(types))


def test_a_trial_says_what_would_be_done_and_why_not_and_does_nothing(runtime: Runtime, boss: Person, case: Started) -> None:
    ben = make_user(runtime, "customer_service", display_name="Ben")
    ended = start(runtime, "errand")
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, boss.actor, ended.id, "x"))
    before = [rows(runtime, table) for table in (tables.work_item, tables.instance, tables.history_event, tables.notification)]
    asked: list[tuple[Verb, dict[str, Any]]] = [
        (Verb.REASSIGN, {"assignee_id": ben.id}), (Verb.SUSPEND, {}), (Verb.CANCEL, {}), (Verb.REMIND, {}), (Verb.DUE, {"hours": 2}),
        (Verb.REPEAT, {"step": "Ask"}), (Verb.CORRECT, {"variable": "errand.what", "value": "Pipe"})]
    for verb, more in asked:
        open_one, over = intervention_runs.preview(runtime, boss.actor, Order(verb, "why", **more), [case.id, ended.id])
        assert (open_one.state, over.state) == ("done", "refused"), verb
        assert open_one.effects
        assert over.problem
    with UnitOfWork(runtime.database) as uow:
        (field,) = [each for each in data_corrections.correctable(runtime, uow, case.id) if each.name == "errand.what"]
    assert field.value == "Tap"
    assert [rows(runtime, table) for table in (tables.work_item, tables.instance, tables.history_event, tables.notification)] == before


def test_items_go_to_somebody_else_and_back(runtime: Runtime, boss: Person, case: Started) -> None:
    ben, cook = make_user(runtime, "customer_service"), make_user(runtime, "cashier")
    found, (outcome,) = order(runtime, boss, Order(Verb.REASSIGN, "Ben knows it", assignee_id=ben.id), case.id)
    assert (found.state, found.done, outcome.state) == ("finished", 1, "done")
    assert item(runtime, case).assignee_id == ben.id
    assert len(events(runtime, case, "work_item.assigned", "instance.intervened")) == 2
    undone, _ = take_back(runtime, boss, found.id)
    assert (undone.state, undone.undone, item(runtime, case).assignee_id) == ("undone", 1, None)
    refused, (why,) = order(runtime, boss, Order(Verb.REASSIGN, "x", assignee_id=cook.id), case.id)
    assert (refused.refused, item(runtime, case).assignee_id) == (1, None)
    assert why.problem is not None
    assert not refused.can_be_undone


def test_a_due_time_moves_with_its_reminder_and_is_not_taken_back_once_it_moved_again(
    runtime: Runtime, clock: MovableClock, boss: Person, case: Started
) -> None:
    was = item(runtime, case)
    found, _ = order(runtime, boss, Order(Verb.DUE, "parts are late", hours=3), case.id)
    now = item(runtime, case)
    assert now.due_at - was.due_at == now.warn_at - was.warn_at == timedelta(hours=3)
    clock.advance(timedelta(hours=2))
    inline.run_due(runtime)
    assert events(runtime, case, "work_item.overdue") == []
    order(runtime, boss, Order(Verb.DUE, "again", hours=1), case.id)
    kept, (outcome,) = take_back(runtime, boss, found.id)
    assert (kept.kept, outcome.state) == (1, "kept")
    clock.advance(timedelta(hours=4))
    inline.run_due(runtime)
    assert len(events(runtime, case, "work_item.overdue")) == 1
    with pytest.raises(InvalidError):
        intervention_runs.preview(runtime, boss.actor, Order(Verb.DUE, "x"), [case.id])
    (past,) = intervention_runs.preview(runtime, boss.actor, Order(Verb.DUE, "x", due_at=clock.now()), [case.id])
    assert past.state == "refused"


def test_a_field_is_put_right_by_its_forms_rules_everywhere_and_put_back(runtime: Runtime, boss: Person, case: Started) -> None:
    _, (refused,) = order(runtime, boss, Order(Verb.CORRECT, "typo", variable="errand.cost", value=-1), case.id)
    assert refused.state == "refused"
    found, _ = order(runtime, boss, Order(Verb.CORRECT, "typo", variable="errand.cost", value=7.5), case.id)
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, case.id).variables["errand"] == {"what": "Tap", "cost": 7.5}
    (number,) = rows(runtime, tables.instance_variable, tables.instance_variable.c.name == "errand.cost")
    assert float(number.number) == 7.5
    assert item(runtime, case).element_id == "do_it"
    take_back(runtime, boss, found.id)
    # as another process reads it
    runtime.live.take(case.id, rows(runtime, tables.instance)[0].version)
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, case.id).variables["errand"]["cost"] == 5
        with pytest.raises(FormInvalidError):
            data_corrections.correct(runtime, uow, boss.actor, case.id, "errand.what", "x" * 30, "x")
        with pytest.raises(InvalidError):
            data_corrections.correct(runtime, uow, boss.actor, case.id, "errand.nothing", "x", "x")
    (told, _) = events(runtime, case, "variable.corrected")
    assert "7.5" not in (told.detail or "")


def test_a_case_stands_at_an_earlier_step_anew_and_goes_back(runtime: Runtime, boss: Person, case: Started) -> None:
    found, (outcome,) = order(runtime, boss, Order(Verb.REPEAT, "wrong unit", step="Ask"), case.id)
    assert item(runtime, case).element_id == "ask"
    assert [each.data.get("step") for each in outcome.effects] == ["Do it", "Ask"]
    take_back(runtime, boss, found.id)
    assert item(runtime, case).element_id == "do_it"


def test_many_are_done_in_the_background_each_by_itself_and_taken_back(runtime: Runtime, boss: Person, case: Started) -> None:
    others = [start(runtime, "errand").id for _ in range(AT_ONCE + 2)]
    run_step(runtime, lambda uow: instances.suspend(runtime, uow, boss.actor, others[0], "x"))
    made = run_step(runtime, lambda uow: intervention_runs.begin(runtime, uow, boss.actor, Order(Verb.SUSPEND, "water is off"), others))
    # begun again by another worker, nothing happens twice
    for _ in range(2):
        handlers.run(runtime, intervention_runs.JOB, "k", {"intervention_id": made})
    found, outcomes = look(runtime, boss, made)
    assert (found.state, found.done, found.refused, found.looked_at) == ("finished", AT_ONCE + 1, 1, AT_ONCE + 2)
    assert (outcomes[0].state, outcomes[0].instance_id) == ("refused", others[0])
    run_step(runtime, lambda uow: instances.resume(runtime, uow, boss.actor, others[1], "needed"))
    assert run_step(runtime, lambda uow: intervention_runs.undo(runtime, uow, boss.actor, made))
    handlers.run(runtime, intervention_runs.UNDO_JOB, "k", {"intervention_id": made})
    found, outcomes = look(runtime, boss, made)
    assert (found.state, found.undone, found.kept) == ("undone", AT_ONCE, 1)
    states = rows(runtime, tables.instance, tables.instance.c.id.in_(others))
    assert [row.state for row in states].count("suspended") == 1


def test_a_stopped_order_leaves_the_rest_alone(runtime: Runtime, boss: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    ids = [start(runtime, "errand").id for _ in range(AT_ONCE + 1)]
    made = run_step(runtime, lambda uow: intervention_runs.begin(runtime, uow, boss.actor, Order(Verb.CANCEL, "x"), ids))
    run_step(runtime, lambda uow: intervention_runs.stop(runtime, uow, boss.actor, made))
    handlers.run(runtime, intervention_runs.JOB, "k", {"intervention_id": made})
    found, _ = look(runtime, boss, made)
    assert (found.state, found.looked_at) == ("stopped", 0)
    assert {row.state for row in rows(runtime, tables.instance)} == {"active"}


def test_only_at_ones_sites_and_by_ones_rights(runtime: Runtime, case: Started) -> None:
    clerk = make_user(runtime, "customer_service")
    with pytest.raises(ForbiddenError):
        order(runtime, clerk, Order(Verb.CANCEL, "x"), case.id)
    here, there = make_site(runtime), make_site(runtime)
    chief = make_user(runtime, "manager", site_id=here)
    other = start(runtime, "errand", site_id=there)
    (hidden,) = intervention_runs.preview(runtime, chief.actor, Order(Verb.CANCEL, "x"), [other.id])
    assert (hidden.state, hidden.title, hidden.effects) == ("refused", "", ())
    found, (outcome,) = order(runtime, chief, Order(Verb.CANCEL, "x"), other.id)
    assert (found.refused, outcome.title) == (1, "")
    with pytest.raises(TooManyCasesError):
        order(runtime, chief, Order(Verb.CANCEL, "x"))
    with pytest.raises(NotFoundError):
        order(runtime, chief, Order(Verb.CANCEL, "x"), 9999)
    with pytest.raises(InvalidError):
        order(runtime, chief, Order(Verb.CANCEL, " "), case.id)
