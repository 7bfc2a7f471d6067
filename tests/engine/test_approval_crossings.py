"""Signature chains where two things happen at once, or where the diagram around them moves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import pytest

from engine import approvals, attention, history, instances, timers, work_items
from engine.clock import MovableClock
from engine.errors import GuichengError
from engine.instances import run_step
from engine.jobs import inline
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests import builders
from tests.builders import Person
from tests.engine import chain_diagrams as chain
from tests.engine.pictures import signature_url

S, E, F, M = "security_supervisor", "engineering_supervisor", "fire_officer", "manager"


@pytest.fixture
def staff(runtime: Runtime) -> dict[str, Person]:
    return chain.people(runtime)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave, or the error that it raised; all begin together."""
    gate = threading.Barrier(len(acts))
    found: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait(10)
        try:
            found[number] = act()
        except GuichengError as error:
            found[number] = error

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


@contextmanager
def sound(runtime: Runtime, instance_id: int) -> Iterator[None]:
    """What must be true of a chain whatever happened."""
    yield
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, instance_id) is None
    parts = builders.rows(runtime, tables.approval, tables.approval.c.instance_id == instance_id)
    items = {row.id: row for row in builders.rows(runtime, tables.work_item, tables.work_item.c.instance_id == instance_id)}
    for part in parts:
        assert (part.state == "pending") == (part.work_item_id is not None and bool(items[part.work_item_id].is_live))


def test_of_three_who_are_first_at_once_exactly_one_decides(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, signature_rule="first")
    case = chain.applied(runtime, staff["customer_service"])
    items = {role: chain.item_of(runtime, case.id, role) for role in (S, E, F)}
    with sound(runtime, case.id):
        found = at_once(*(partial(chain.complete, runtime, staff[role], items[role], {"decision": "approve"}) for role in (S, E, F)))
    assert sum(not isinstance(each, GuichengError) for each in found) == 1
    assert sorted(state for _, _, state in chain.states(runtime, case.id)) == ["approved", "skipped", "skipped"]
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_all_three_at_once_move_the_token_once(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    items = {role: chain.item_of(runtime, case.id, role) for role in (S, E, F)}
    with sound(runtime, case.id):
        found = at_once(*(partial(chain.complete, runtime, staff[role], items[role], {"decision": "approve"}) for role in (S, E, F)))
    assert not [each for each in found if isinstance(each, GuichengError)]
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_taken_back_at_the_moment_of_the_last_signature_one_of_both_wins(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, '["security_supervisor", "engineering_supervisor"]')
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id)
    part = next(row.id for row in builders.rows(runtime, tables.approval) if row.role == S)
    theirs = chain.item_of(runtime, case.id, E)
    with sound(runtime, case.id):
        back, signed = at_once(
            lambda: run_step(runtime, lambda uow: approvals.withdraw(runtime, uow, staff[S].actor, part)),
            lambda: chain.complete(runtime, staff[E], theirs, {"decision": "approve"}),
        )
    assert not isinstance(signed, GuichengError)
    if isinstance(back, GuichengError):
        assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    else:
        assert chain.live(runtime, case.id) == [("sign_off", S)]
        chain.decide(runtime, staff[S], case.id)
        assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_sent_back_at_the_moment_of_a_signature_nobody_signs_for_nothing(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    items = {role: chain.item_of(runtime, case.id, role) for role in (S, E)}
    with sound(runtime, case.id):
        back, signed = at_once(
            lambda: run_step(runtime, lambda uow: work_items.return_to(runtime, uow, staff[S].actor, items[S], "apply", "缺圖")),
            lambda: chain.complete(runtime, staff[E], items[E], {"decision": "approve"}),
        )
    assert not isinstance(back, GuichengError)
    assert chain.live(runtime, case.id) == [("apply", "customer_service")]
    said = [row.decision for row in builders.rows(runtime, tables.approval) if row.role == E]
    assert said == ([None] if isinstance(signed, GuichengError) else ["approve"])


def test_a_signer_added_at_the_moment_of_the_last_signature(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, '["security_supervisor"]')
    case = chain.applied(runtime, staff["customer_service"])
    mine = chain.item_of(runtime, case.id, S)
    with sound(runtime, case.id):
        added, signed = at_once(
            lambda: run_step(runtime, lambda uow: approvals.add_signer(runtime, uow, staff[M].actor, mine, place="parallel", role=F)),
            lambda: chain.complete(runtime, staff[S], mine, {"decision": "approve"}),
        )
    assert not isinstance(signed, GuichengError)
    expected = [("file_it", "customer_service")] if isinstance(added, GuichengError) else [("sign_off", F)]
    assert chain.live(runtime, case.id) == expected


def _boundary(plain: bytes) -> bytes:
    """A deadline on the chain that leads back to `apply`."""
    timer = (
        b'<boundaryEvent id="too_late" attachedToRef="sign_off"><timerEventDefinition id="too_late_timer">'
        b"<timeDuration>&quot;P2D&quot;</timeDuration></timerEventDefinition></boundaryEvent>"
        b'<endEvent id="lapsed"/><sequenceFlow id="from_too_late" sourceRef="too_late" targetRef="lapsed"/>'
    )
    return plain.replace(b"</process>", timer + b"</process>")


def test_a_deadline_of_the_diagram_ends_the_chain(runtime: Runtime, staff: dict[str, Person], clock: MovableClock) -> None:
    files = {"fit_out.bpmn": _boundary(chain.process()), "forms/application.json": orjson.dumps(chain.APPLICATION)}
    builders.deploy(runtime, files)
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id)
    with sound(runtime, case.id):
        inline.advance(runtime, clock, timedelta(days=2, minutes=1))
    assert chain.live(runtime, case.id) == []
    assert [state for _, _, state in chain.states(runtime, case.id)] == ["approved", "superseded", "superseded"]
    assert builders.rows(runtime, tables.due) == []


def test_each_signers_item_falls_due_and_is_escalated(runtime: Runtime, staff: dict[str, Person], clock: MovableClock) -> None:
    chain.deploy(runtime, chain.IN_ORDER, due="PT4H", escalate_to="general_manager")
    case = chain.applied(runtime, staff["customer_service"])
    inline.advance(runtime, clock, timedelta(hours=3))
    chain.decide(runtime, staff[S], case.id)
    inline.advance(runtime, clock, timedelta(hours=3))
    late = [row.role for row in builders.rows(runtime, tables.work_item) if row.escalated_role == "general_manager"]
    assert late == []
    inline.advance(runtime, clock, timedelta(hours=2))
    late = [row.role for row in builders.rows(runtime, tables.work_item) if row.escalated_role == "general_manager"]
    assert late == [E]
    with UnitOfWork(runtime.database) as uow:
        assert timers.next_due_at(uow) is None


def test_a_step_that_fails_behind_the_chain_asks_nobody_to_sign_again(runtime: Runtime, staff: dict[str, Person]) -> None:
    plain = chain.process('["manager"]')
    broken = plain.replace(b'<userTask id="file_it" name="file_it"/>', chain.element("missing_table", ).replace(b"sign_off", b"file_it"))
    builders.deploy(runtime, {"fit_out.bpmn": broken, "forms/application.json": orjson.dumps(chain.APPLICATION)})
    case = chain.applied(runtime, staff["customer_service"])
    with sound(runtime, case.id):
        result = chain.decide(runtime, staff[M], case.id)
    incident_id = result.incident_id
    assert incident_id is not None
    assert chain.states(runtime, case.id) == [(1, M, "approved")]
    again = run_step(runtime, lambda uow: instances.retry(runtime, uow, staff[M].actor, incident_id))
    assert again.incident_id is not None
    assert chain.states(runtime, case.id) == [(1, M, "approved")]


def test_a_chain_inside_a_called_process(runtime: Runtime, staff: dict[str, Person]) -> None:
    builders.deploy(runtime, {"fit_out.bpmn": chain.process(), "forms/application.json": orjson.dumps(chain.APPLICATION)})
    outer = builders.simple_process("outer", ("before", "customer_service"), ("inner", "customer_service"), ("after", "manager"))
    outer = outer.replace(b'<userTask id="inner" name="inner"/>', b'<callActivity id="inner" name="inner" calledElement="fit_out"/>')
    builders.deploy(runtime, {"outer.bpmn": outer})
    clerk = staff["customer_service"]
    case = builders.start(runtime, "outer", actor=clerk.actor)
    chain.complete(runtime, clerk, case.work_item_ids[0], {})
    chain.complete(runtime, clerk, chain.item_of(runtime, case.id, "customer_service"), {"area": 70})
    chain.decide(runtime, staff[S], case.id)
    back = chain.item_of(runtime, case.id, E)
    with sound(runtime, case.id):
        run_step(runtime, lambda uow: work_items.return_to(runtime, uow, staff[E].actor, back, "apply", "重填"))
        assert chain.live(runtime, case.id) == [("apply", "customer_service")]
        chain.complete(runtime, clerk, chain.item_of(runtime, case.id, "customer_service"), {"area": 60})
        for role in (S, E, F):
            chain.decide(runtime, staff[role], case.id)
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    assert [number for number, _, _ in chain.states(runtime, case.id)] == [1, 1, 1, 2, 2, 2]


def test_a_chain_in_a_loop_has_a_round_each_time(runtime: Runtime, staff: dict[str, Person]) -> None:
    plain = chain.process('["manager"]').replace(
        b'sourceRef="sign_off" targetRef="file_it"/>', b'sourceRef="sign_off" targetRef="agreed"/>'
        b'<exclusiveGateway id="agreed" default="yes"/><sequenceFlow id="yes" sourceRef="agreed" targetRef="file_it"/>'
        b'<sequenceFlow id="no" sourceRef="agreed" targetRef="apply"><conditionExpression>sign_off["outcome"] == "refused"'
        b"</conditionExpression></sequenceFlow>",
    )
    builders.deploy(runtime, {"fit_out.bpmn": plain, "forms/application.json": orjson.dumps(chain.APPLICATION)})
    clerk = staff["customer_service"]
    case = chain.applied(runtime, clerk)
    for decision in ("refuse", "refuse", "approve"):
        chain.decide(runtime, staff[M], case.id, decision)
        if decision == "refuse":
            chain.complete(runtime, clerk, chain.item_of(runtime, case.id, "customer_service"), {"area": 50})
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    assert [(number, state) for number, _, state in chain.states(runtime, case.id)] == [(1, "refused"), (2, "refused"), (3, "approved")]


def test_a_signature_names_what_was_changed_after_it(runtime: Runtime, staff: dict[str, Person]) -> None:
    from engine import signatures

    chain.deploy(runtime, '["security_supervisor", "manager"]')
    case = chain.applied(runtime, staff["customer_service"], area=80)
    chain.decide(runtime, staff[S], case.id, signature={"image": signature_url(), "signer": staff[S].name})
    part = next(row for row in builders.rows(runtime, tables.approval) if row.role == S)
    assert part.signature_id is not None
    with UnitOfWork(runtime.database) as uow:
        data = instances.inspect(runtime, uow, case.id).variables
        assert signatures.changes_since(runtime, uow, case.id, data) == {part.signature_id: ()}
        changed = {**data, "application": {**data["application"], "area": 81}}
        assert signatures.changes_since(runtime, uow, case.id, changed) == {part.signature_id: ("application.area",)}


def test_people_are_asked_to_hurry_once_an_hour(runtime: Runtime, staff: dict[str, Person], clock: MovableClock) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    clerk, item = staff["customer_service"], chain.item_of(runtime, case.id, F)
    found = at_once(*(lambda: run_step(runtime, lambda uow: attention.nudge(runtime, uow, clerk.actor, item)) for _ in range(3)))
    assert sum(isinstance(each, attention.Nudged) for each in found) == 1
    clock.advance(timedelta(hours=1))
    run_step(runtime, lambda uow: attention.nudge(runtime, uow, clerk.actor, item))
    assert [event.type for event in builders.rows(runtime, tables.history_event)].count("work_item.nudged") == 2


def test_a_copy_is_given_once_and_read_once(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    clerk, reader = staff["customer_service"], staff[M]
    for expected in ([reader.id], []):
        given = run_step(runtime, lambda uow: attention.copy(runtime, uow, clerk.actor, case.id, [reader.id]))
        assert given == expected
    for expected_read in (True, False):
        assert run_step(runtime, lambda uow: attention.mark_read(runtime, uow, reader.actor, case.id)) is expected_read
    with pytest.raises(attention.ReaderUnsuitableError):
        run_step(runtime, lambda uow: attention.copy(runtime, uow, clerk.actor, case.id, [builders.make_user(runtime).id]))
