"""Messages reach the one instance that waits, signals all that wait; either may start a process."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from engine import instances, messages
from engine.errors import NobodyWaitsError
from engine.model import SYSTEM
from engine.persistence.tables import event_subscription, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders

WAITS = """<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">
<{kind} id="goods_arrived" name="goods arrived"/>
<process id="delivery" name="delivery" isExecutable="true">
<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="await_goods"/>
<intermediateCatchEvent id="await_goods"><{kind}EventDefinition id="e1" {kind}Ref="goods_arrived"/></intermediateCatchEvent>
<sequenceFlow id="f2" sourceRef="await_goods" targetRef="over"/><endEvent id="over"/></process></definitions>"""

STARTS = """<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">
<message id="call_taken" name="call taken"/>
<process id="taken" name="taken" isExecutable="true">
<startEvent id="on_call"><messageEventDefinition id="e1" messageRef="call_taken"/></startEvent>
<sequenceFlow id="f1" sourceRef="on_call" targetRef="do_it"/><userTask id="do_it"/>
<sequenceFlow id="f2" sourceRef="do_it" targetRef="over"/><endEvent id="over"/></process></definitions>"""


def _states(runtime: Runtime) -> dict[int, str]:
    with runtime.database.reading() as connection:
        return {row.id: row.state for row in connection.execute(select(instance.c.id, instance.c.state))}


def _send(runtime: Runtime, name: str, correlation: dict[str, object], variables: dict[str, object]) -> list[int]:
    return run_step(runtime, lambda uow: messages.send_message(runtime, uow, SYSTEM, name, correlation, variables))


@pytest.fixture
def delivery(runtime: Runtime) -> Runtime:
    """A process that waits for a message."""
    builders.deploy(runtime, {"delivery.bpmn": WAITS.format(kind="message").encode()})
    return runtime


def test_a_message_moves_the_instance_that_waits(delivery: Runtime) -> None:
    started = builders.start(delivery, "delivery")
    assert _send(delivery, "goods arrived", {}, {"boxes": 3}) == [started.id]
    assert _states(delivery) == {started.id: "completed"}
    with UnitOfWork(delivery.database) as uow:
        assert instances.inspect(delivery, uow, started.id).variables == {"boxes": 3}
    with delivery.database.reading() as connection:
        assert connection.execute(select(event_subscription)).all() == []


def test_a_message_for_several_needs_to_say_which(delivery: Runtime) -> None:
    first = builders.start(delivery, "delivery", business_key="A")
    second = builders.start(delivery, "delivery", business_key="B")
    with pytest.raises(messages.AmbiguousMessageError):
        _send(delivery, "goods arrived", {}, {})
    assert _send(delivery, "goods arrived", {"business_key": "B"}, {}) == [second.id]
    assert _send(delivery, "goods arrived", {"instance_id": first.id}, {}) == [first.id]


def test_a_message_nobody_waits_for(delivery: Runtime) -> None:
    with pytest.raises(NobodyWaitsError):
        _send(delivery, "goods arrived", {}, {})
    with pytest.raises(NobodyWaitsError):
        _send(delivery, "no such", {}, {})


def test_a_suspended_instance_gets_no_message(delivery: Runtime) -> None:
    started = builders.start(delivery, "delivery")
    manager = builders.make_user(delivery, "manager").actor
    run_step(delivery, lambda uow: instances.suspend(delivery, uow, manager, started.id, "停"))
    with pytest.raises(NobodyWaitsError):
        _send(delivery, "goods arrived", {}, {})


def test_a_signal_moves_everything_that_waits(runtime: Runtime) -> None:
    builders.deploy(runtime, {"delivery.bpmn": WAITS.format(kind="signal").encode()})
    waiting = [builders.start(runtime, "delivery").id for _ in range(3)]
    told = run_step(runtime, lambda uow: messages.send_signal(runtime, uow, SYSTEM, "goods arrived", {}))
    assert told == waiting
    assert set(_states(runtime).values()) == {"completed"}
    assert run_step(runtime, lambda uow: messages.send_signal(runtime, uow, SYSTEM, "goods arrived", {})) == []


def test_a_message_starts_a_process(runtime: Runtime) -> None:
    builders.deploy(runtime, {"taken.bpmn": STARTS.encode()})
    [started] = _send(runtime, "call taken", {"business_key": "K1"}, {"caller": "王"})
    with UnitOfWork(runtime.database) as uow:
        view = instances.inspect(runtime, uow, started)
    assert view.variables["caller"] == "王"
    assert [token.element_id for token in view.tokens] == ["do_it"]


def test_the_version_before_starts_nothing_any_more(runtime: Runtime) -> None:
    builders.deploy(runtime, {"taken.bpmn": STARTS.encode()})
    builders.deploy(runtime, {"taken.bpmn": STARTS.replace("call taken", "call noted").encode()})
    with pytest.raises(NobodyWaitsError):
        _send(runtime, "call taken", {}, {})
    assert len(_send(runtime, "call noted", {}, {})) == 1


def test_a_message_finds_its_instance_by_a_value_of_its_data(delivery: Runtime) -> None:
    first = builders.start(delivery, "delivery", {"order": 17})
    second = builders.start(delivery, "delivery", {"order": 18})
    with pytest.raises(NobodyWaitsError):
        _send(delivery, "goods arrived", {"order": 19}, {})
    assert _send(delivery, "goods arrived", {"order": 18}, {}) == [second.id]
    assert _send(delivery, "goods arrived", {"order": 17}, {}) == [first.id]


def test_a_declared_correlation_must_be_carried(runtime: Runtime) -> None:
    declared = WAITS.format(kind="message").replace(
        '<intermediateCatchEvent id="await_goods">',
        '<intermediateCatchEvent id="await_goods"><extensionElements xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        "<spiffworkflow:properties><spiffworkflow:property name=\"correlation\" value='{&quot;order&quot;: slip[&quot;number&quot;]}'/>"
        "</spiffworkflow:properties></extensionElements>",
    )
    builders.deploy(runtime, {"delivery.bpmn": declared.encode()})
    started = builders.start(runtime, "delivery", {"slip": {"number": 5}})
    for carried in ({}, {"order": 6}):
        with pytest.raises(NobodyWaitsError):
            _send(runtime, "goods arrived", carried, {})
    assert _send(runtime, "goods arrived", {"order": 5}, {}) == [started.id]
