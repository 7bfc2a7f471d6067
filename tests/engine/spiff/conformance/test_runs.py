"""What each BPMN construct does here when it runs: one small diagram each, saved and loaded between any two steps."""

from __future__ import annotations

import pytest

from engine.diagram import read_diagram
from engine.errors import BudgetExceededError, ExpressionError
from engine.spiff.sandbox import Sandbox
from tests.engine.spiff.conformance import running_activities, running_combinations, running_events, running_gateways
from tests.engine.spiff.conformance.steps import MESSAGE, SIGNAL
from tests.engine.spiff.driving import Driven
from tests.engine.spiff.xml import bpmn, chain, definitions, extension, flow, message, node, operator, signal, timer

CASES = running_activities.CASES | running_gateways.CASES | running_events.CASES | running_combinations.CASES


@pytest.mark.parametrize("name", CASES)
def test_construct_runs_right(name: str, sandbox: Sandbox) -> None:
    """After each step exactly the expected items are open; at the end the expected end events were passed, in order."""
    xml, steps, ends = CASES[name]
    instance = Driven({"p.bpmn": xml}, sandbox)
    for (verb, *arguments), expected in steps:
        if verb == "advance":
            instance.advance(**arguments[0])
        else:
            getattr(instance, verb)(*arguments)
        assert instance.open() == expected, (verb, arguments)
    assert instance.is_completed
    end_events = _end_events(xml)
    assert [element for element in instance.passed if element in end_events] == ends


def _end_events(xml: bytes) -> set[str]:
    text = xml.replace(b'<process id="p">', b'<process id="p" isExecutable="true">')
    return {element.id for diagram in read_diagram(text).values() for element in diagram.elements.values() if element.kind == "endEvent"}


DECISION = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="urn:test">
  <decision id="visit_needed" name="visit needed"><decisionTable id="t" hitPolicy="FIRST">
    <input id="i" label="category"><inputExpression id="ie" typeRef="string"><text>category</text></inputExpression></input>
    <output id="o" label="visit" name="visit" typeRef="boolean"/>
    <rule id="r1"><inputEntry id="e1"><text>"water"</text></inputEntry><outputEntry id="o1"><text>True</text></outputEntry></rule>
    <rule id="r2"><inputEntry id="e2"><text></text></inputEntry><outputEntry id="o2"><text>False</text></outputEntry></rule>
  </decisionTable></decision>
</definitions>"""


@pytest.mark.parametrize(("category", "expected"), [("water", "a"), ("paint", "b")])
def test_decision_table_decides(category: str, expected: str, sandbox: Sandbox) -> None:
    """A business rule task reads its decision from a DMN file of the same deployment."""
    rule = node("x", "rule", extension("calledDecisionId", "visit_needed"))
    body = node("s", "start") + rule + node("g", "xor", default="g_b") + chain("s x g") + node("a", "user") + flow("g", "a", "visit")
    xml = bpmn(body + node("b", "user") + flow("g", "b") + chain("a e:end") + chain("b e"))
    instance = Driven({"p.bpmn": xml, "decisions/visit.dmn": DECISION}, sandbox)
    instance.start({"category": category})
    assert instance.open() == [expected]


def test_service_task_asks_for_its_operator(sandbox: Sandbox) -> None:
    """A service task leaves an effect with its parameters for the committing transaction."""
    xml = bpmn(node("s", "start") + node("x", "service", operator("notify", to='"manager"')) + chain("s x e:end"))
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert [(effect.operator, effect.element_id, dict(effect.parameters)) for effect in instance.effects] == [
        ("notify", "x", {"to": "manager"})
    ]
    assert "spiff__x_result" not in instance.data


def test_a_signal_reaches_all_that_wait(sandbox: Sandbox) -> None:
    """A catch event and an event sub-process alike."""
    inner = node("xs", "start", signal("sig"), isInterrupting="false") + chain("xs xa:user xe:end")
    body = (
        node("s", "start")
        + node("c", "catch", signal("sig"))
        + chain("s c a:user e:end")
        + node("x", "sub", inner, triggeredByEvent="true")
    )
    instance = Driven({"p.bpmn": bpmn(body, before=SIGNAL)}, sandbox)
    instance.start()
    instance.send("signal", "alarm")
    assert instance.open() == ["a", "xa"]


def test_too_many_instances_are_an_error(sandbox: Sandbox) -> None:
    """A hundred million items end the step, not the machine."""
    inner = "<multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality></multiInstanceLoopCharacteristics>"
    xml = bpmn(node("s", "start") + node("a", "user", inner) + chain("s a e:end"))
    instance = Driven({"p.bpmn": xml}, sandbox)
    with pytest.raises(BudgetExceededError) as caught:
        instance.start({"n": 100_000_000})
    assert caught.value.element_id == "a"


def test_timer_from_data_must_be_positive(sandbox: Sandbox) -> None:
    """What the linter cannot see is refused when the timer starts."""
    xml = bpmn(node("s", "start") + node("c", "catch", timer("Duration", "wait")) + chain("s c e:end"))
    instance = Driven({"p.bpmn": xml}, sandbox)
    with pytest.raises(ExpressionError):
        instance.start({"wait": "-PT5M"})


def test_thrown_message_leaves_the_instance(sandbox: Sandbox) -> None:
    """A message end event hands its message over to be sent."""
    xml = bpmn(node("s", "start") + node("e", "end", message("m")) + chain("s e"), before=MESSAGE)
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert [(event.kind, event.name) for event in instance.outgoing] == [("message", "paid")]


def test_order_of_flows_is_that_of_the_file(sandbox: Sandbox) -> None:
    """Of two conditions that hold the first in the file decides, wherever the shapes are drawn."""
    di = "".join(
        f'<s:BPMNShape xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI" id="{key}_di" bpmnElement="{key}"><b:Bounds '
        f'xmlns:b="http://www.omg.org/spec/DD/20100524/DC" x="0" y="{y}" width="9" height="9"/></s:BPMNShape>'
        for key, y in (("a", 900), ("b", 10))
    )
    drawing = (
        '<s:BPMNDiagram xmlns:s="http://www.omg.org/spec/BPMN/20100524/DI" id="di"><s:BPMNPlane id="pl" bpmnElement="p">'
        f"{di}</s:BPMNPlane></s:BPMNDiagram>"
    )
    body = (
        chain("s:start") + node("g", "xor", default="g_c") + chain("s g") + node("a", "user") + flow("g", "a", "True") + node("b", "user")
    )
    body += flow("g", "b", "True") + node("c", "user") + flow("g", "c") + chain("a e:end") + chain("b e") + chain("c e")
    xml = definitions(f'<process id="p" isExecutable="true">{body}</process>{drawing}')
    instance = Driven({"p.bpmn": xml}, sandbox)
    instance.start()
    assert instance.open() == ["a"]
