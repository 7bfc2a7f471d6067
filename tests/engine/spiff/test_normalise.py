"""What an import puts right, and that it tells every change; files from Camunda's modelers deploy."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from engine.diagram import Diagram, read_diagram
from engine.settings import Settings
from engine.spiff.reading import ReadPackage, read_package
from engine.spiff.translate import translate
from tests.engine.spiff.xml import bpmn, chain, definitions, flow, node, timer

FILES = Path(__file__).parent / "files"
FORM = b'{"title": "x", "type": "object", "properties": {"plate": {"type": "string", "title": "Plate"}}}'


def normalised(xml: bytes) -> tuple[Diagram, ReadPackage]:
    """What runs, and what was said."""
    package = read_package({"p.bpmn": xml}, Settings())
    assert not package.is_refused, package.findings
    return next(iter(read_diagram(package.normalised.get("p.bpmn", xml)).values())), package


def rules(package: ReadPackage) -> set[str]:
    """Rules of what was said."""
    return {finding.rule for finding in package.findings}


def imported(name: str) -> tuple[Diagram, ReadPackage]:
    """A modeler's file with a form of ours beside it."""
    content = (FILES / name).read_bytes()
    package = read_package({name: content, "forms/application.json": FORM}, Settings())
    assert not package.is_refused, [(finding.rule, finding.element_id, finding.source_text()) for finding in package.findings]
    return next(iter(read_diagram(package.normalised[name]).values())), package


def test_file_of_camunda_7_deploys() -> None:
    """Simple settings are taken over, the others are named in warnings."""
    diagram, package = imported("camunda7.bpmn")
    apply = diagram.elements["Activity_0apply1"]
    assert apply.form == "application"
    # several groups: an item lies in one role's list, so the author has to choose
    assert apply.candidate_roles is None
    assert apply.assignee == '_["started_by"]'
    assert apply.due == "PT4H"
    assert apply.documentation == "Ask for the plate."
    assert apply.role == "Front desk"
    assert {flow.id: flow.condition for flow in diagram.flows}["Flow_0a00003"] == "kind == 'visitor' and days < 3"
    assert diagram.elements["Event_0late111"].events[0].expression == '"P1D"'
    assert diagram.elements["Activity_0check1"].multi_instance
    assert {"vendor-translated", "vendor-ignored", "generic-task", "timer-quoted", "expression-translated", "generated-id"} <= rules(
        package
    )
    ignored = {finding.element_id: finding.data["names"] for finding in package.findings if finding.rule == "vendor-ignored"}
    assert ignored == {"StartEvent_1": "formData、initiator", "Activity_0apply1": "candidateGroups、taskListener"}


def test_file_of_camunda_8_deploys() -> None:
    """FEEL is translated, and the fork that modeler leaves implicit becomes a gateway that is drawn."""
    diagram, package = imported("camunda8.bpmn")
    sign = diagram.elements["Activity_1sign11"]
    assert (sign.form, sign.due, sign.assignee, sign.candidate_roles) == ("application", "PT2H", "owner", '"customer_service"')
    assert {flow.id: flow.condition for flow in diagram.flows}["Flow_1dddddd"] == 'keys["count"] >= 2 and not (lost)'
    assert diagram.elements["fork_Activity_1sign11"].kind == "parallelGateway"
    assert b'bpmnElement="fork_Activity_1sign11"' in package.normalised["camunda8.bpmn"]
    assert "vendor-ignored" in rules(package)


def test_what_is_right_is_left_alone() -> None:
    """A file that needs nothing is not rewritten."""
    package = read_package({"p.bpmn": bpmn(chain("s:start a:user e:end"))}, Settings())
    assert package.normalised == {}


def test_normalising_twice_changes_nothing() -> None:
    """What was normalised is right."""
    xml = (FILES / "camunda8.bpmn").read_bytes()
    once = read_package({"p.bpmn": xml}, Settings()).normalised["p.bpmn"]
    twice = read_package({"p.bpmn": once}, Settings())
    assert {"implicit-fork", "flow-without-id", "timer-quoted", "expression-translated"}.isdisjoint(rules(twice))


def test_normalising_is_repeatable() -> None:
    """The same file gives the same ids: they live in saved state."""
    xml = bpmn(chain("s:start a:user b:user e:end").replace('id="s_a" ', "") + chain("a c:user e"))
    assert read_package({"p.bpmn": xml}, Settings()).normalised == read_package({"p.bpmn": xml}, Settings()).normalised


def test_invented_ids_avoid_those_that_are_taken() -> None:
    """A gateway called as ours would be stays what it is."""
    diagram, _ = normalised(bpmn(chain("s:start a:user fork_a:xor b:user e:end") + chain("a c:user e")))
    assert diagram.elements["fork_a"].kind == "exclusiveGateway"
    assert diagram.elements["fork_a_2"].kind == "parallelGateway"


def test_a_fork_stays_in_its_lane_and_sub_process() -> None:
    """The gateway lies where the task lies."""
    lane = '<laneSet id="ls"><lane id="desk"><flowNodeRef>x</flowNodeRef></lane></laneSet>'
    inner = chain("xs:start xa:user xe:end") + chain("xa xb:user xe")
    diagram, _ = normalised(bpmn(lane + node("s", "start") + node("x", "sub", inner) + chain("s x e:end")))
    assert diagram.elements["fork_xa"].parent_id == "x"
    assert diagram.elements["fork_xa"].role == "desk"


def test_normalised_file_is_valid_bpmn() -> None:
    """Whatever was put in keeps to the schema."""
    for name in ("camunda7.bpmn", "camunda8.bpmn"):
        _, package = imported(name)
        again = read_package({name: package.normalised[name], "forms/application.json": FORM}, Settings())
        assert "bpmn-schema" not in rules(again)
        etree.fromstring(package.normalised[name])


@pytest.mark.parametrize(
    ("kind", "text", "result"),
    [
        ("Duration", "PT5M", '"PT5M"'),
        ("Duration", '"PT5M"', '"PT5M"'),
        ("Duration", "wait", "wait"),
        ("Duration", "${PT5M}", '"PT5M"'),
        ("Duration", "${delay}", "delay"),
        ("Duration", "= delay", "delay"),
        ("Date", "2026-11-23T09:00:00+08:00", '"2026-11-23T09:00:00+08:00"'),
    ],
)
def test_timers(kind: str, text: str, result: str) -> None:
    """Plain ISO is quoted, quoted stays, names stay, foreign expressions are translated."""
    diagram, _ = normalised(bpmn(node("s", "start") + node("c", "catch", timer(kind, text)) + chain("s c e:end")))
    assert diagram.elements["c"].events[0].expression == result


def test_cycles_are_quoted_too() -> None:
    """At the border of an activity."""
    late = node("b", "boundary", timer("Cycle", "R3/PT10M"), attachedToRef="a", cancelActivity="false")
    diagram, _ = normalised(bpmn(chain("s:start a:user e:end") + late + chain("b f:end")))
    assert diagram.elements["b"].events[0].expression == '"R3/PT10M"'


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        ("${x == 'y'}", "x == 'y'"),
        ("#{amount gt 5 && !paid}", "amount > 5 and not paid"),
        ('${empty list || order.customer.name ne "a"}', 'not list or order["customer"]["name"] != "a"'),
        ("${(a + 2) * 3 <= b}", "(a + 2) * 3 <= b"),
        ("${approved}", "approved"),
        ('= x = "y"', 'x == "y"'),
        ("=not(a) or b != null", "not (a) or b != None"),
        ("= 費用 > 100.5", "費用 > 100.5"),
        ("${order.isPaid()}", None),
        ("${execution.getVariable('x')}", None),
        ("${a ? b : c}", None),
        ("${a = b}", None),
        ("= if a then b else c", None),
        ("= a == b", None),
        ("= count(list) > 1", None),
        ("= [1..5]", None),
        ("${}", None),
        ("${a", None),
        ("${__import__('os')}", None),
        ("x > 1", None),
    ],
)
def test_translation(foreign: str, ours: str | None) -> None:
    """Comparisons, boolean operators, arithmetic and dotted names; nothing that calls."""
    assert translate(foreign) == ours


def test_what_cannot_be_translated_is_refused() -> None:
    """At its flow."""
    body = chain("s:start") + node("g", "xor", default="g_b") + chain("s g") + flow("g", "a", "${order.isPaid()}") + flow("g", "b")
    package = read_package({"p.bpmn": bpmn(body + chain("a:user e:end") + chain("b:user e"))}, Settings())
    assert ("bad-expression", "g_a") in {(finding.rule, finding.element_id) for finding in package.findings}


def test_vendor_form_key_without_the_form_is_ignored() -> None:
    """A form of another system cannot be shown; the task still deploys."""
    xml = bpmn(
        node("s", "start")
        + "<userTask xmlns:c='http://camunda.org/schema/1.0/bpmn' id='a' c:formKey='embedded:app:x.html'/>"
        + chain("s a e:end")
    )
    diagram, package = normalised(xml)
    assert diagram.elements["a"].form is None
    assert "vendor-ignored" in rules(package)


def test_black_box_pool_is_left_alone() -> None:
    """A participant that is only drawn does not become executable."""
    xml = definitions(
        '<collaboration id="c"><participant id="p1" processRef="p"/><participant id="p2" name="Tenant"/></collaboration>'
        f'<process id="p" isExecutable="true">{chain("s:start a:user e:end")}</process><process id="q"/>'
    )
    package = read_package({"p.bpmn": xml}, Settings())
    assert [process.process_id for process in package.processes] == ["p"]
