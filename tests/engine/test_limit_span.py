"""Which elements lie between a limit's start and its stop."""

from __future__ import annotations

import pytest

from engine.diagram import Diagram, read_diagram
from engine.limit_reading import read_limits
from engine.limit_rules import Limit
from engine.limit_span import elements_between

#: register → assign → [work (boundary: wait → chase) | talk → hear] → finish; work is a sub-process around call and fix
DIAGRAM = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="urn:t">
<process id="p" isExecutable="true">
  <startEvent id="start"/><userTask id="register"/><userTask id="assign"/><parallelGateway id="fork"/>
  <subProcess id="work"><startEvent id="begin"/><callActivity id="ask" calledElement="quote"/><userTask id="fix"/><endEvent id="done"/>
    <sequenceFlow id="w1" sourceRef="begin" targetRef="ask"/><sequenceFlow id="w2" sourceRef="ask" targetRef="fix"/>
    <sequenceFlow id="w3" sourceRef="fix" targetRef="done"/></subProcess>
  <boundaryEvent id="late" attachedToRef="work"/><userTask id="chase"/>
  <userTask id="talk"/><userTask id="hear"/><parallelGateway id="join"/><endEvent id="finish"/><endEvent id="given_up"/>
  <sequenceFlow id="f1" sourceRef="start" targetRef="register"/><sequenceFlow id="f2" sourceRef="register" targetRef="assign"/>
  <sequenceFlow id="f3" sourceRef="assign" targetRef="fork"/><sequenceFlow id="f4" sourceRef="fork" targetRef="work"/>
  <sequenceFlow id="f5" sourceRef="fork" targetRef="talk"/><sequenceFlow id="f6" sourceRef="talk" targetRef="hear"/>
  <sequenceFlow id="f7" sourceRef="work" targetRef="join"/><sequenceFlow id="f8" sourceRef="hear" targetRef="join"/>
  <sequenceFlow id="f9" sourceRef="join" targetRef="finish"/><sequenceFlow id="f10" sourceRef="late" targetRef="chase"/>
  <sequenceFlow id="f11" sourceRef="chase" targetRef="given_up"/>
</process></definitions>"""


@pytest.fixture(scope="module")
def diagram() -> Diagram:
    """The diagram above."""
    return read_diagram(DIAGRAM.encode())["p"]


def limit(start: str, stop: str) -> Limit:
    """A limit from one happening to another."""
    raw = f'[[limit]]\nid = "x"\nname = "x"\nclause = "x"\nfrom = "{start}"\nto = "{stop}"\ntarget = "PT1H"'
    return read_limits(raw.encode(), "p")[0]


@pytest.mark.parametrize(("start", "stop", "inside", "outside"), [
    ("register:completed", "fix:completed", {"assign", "fork", "work", "ask", "fix"}, {"register", "talk", "hear", "chase", "done"}),
    ("register:created", "assign:created", {"register"}, {"assign", "start"}),
    ("assign:completed", "hear:completed", {"talk", "hear"}, {"assign", "fix", "work"}),
    ("begin:completed", "join:completed", {"ask", "fix", "join"}, {"talk", "assign"}),
    ("late:completed", "chase:completed", {"chase"}, {"fix", "hear"}),
    ("work:created", "given_up:completed", {"fix", "chase", "late"}, {"talk", "join"}),
    ("quote/price:completed", "fix:completed", {"ask", "fix"}, {"assign"}),
    ("register:completed", "quote/price:completed", {"assign", "ask"}, {"fix"}),
    ("instance:started", "fix:completed", {"start", "register", "fix"}, {"talk", "chase"}),
    ("talk:completed", "instance:ended", {"hear", "join", "finish"}, {"talk", "fix"}),
])
def test_only_elements_on_the_way_count(diagram: Diagram, start: str, stop: str, inside: set[str], outside: set[str]) -> None:
    """A branch beside the way isn't escalated; sub-processes, calls and boundary events are followed."""
    between = elements_between(diagram, limit(start, stop))
    assert inside <= between
    assert not outside & between
