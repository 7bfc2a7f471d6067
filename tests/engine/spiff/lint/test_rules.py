"""Each rule finds what it is for, at its element, and leaves a good diagram alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from engine.model import Parameter, Signature
from engine.settings import Settings
from engine.spiff.lint import rules
from engine.spiff.lint.rule import KnownProcess
from engine.spiff.reading import read_package
from tests.engine.spiff.conformance.refused import CASES as REFUSED
from tests.engine.spiff.conformance.refused import between
from tests.engine.spiff.xml import bpmn, chain, error, extension, flow, message, node, operator, properties, script, signal, timer

ROLES = frozenset({"customer_service", "manager"})
OPERATORS = {
    "notify": None,
    "ledger.balance": Signature((Parameter("unit", "reference"), Parameter("item", is_required=False)), is_reader=True),
}
FORM = b'{"title": "\xe7\x99\xbb\xe8\xa8\x98", "type": "object", "properties": {"note": {"type": "string", "title": "note"}}}'
LANE = '<laneSet id="ls"><lane id="customer_service" name="x"><flowNodeRef>a</flowNodeRef></lane></laneSet>'
PLAIN = "s:start a:user e:end"


def task(**values: str) -> bytes:
    """A process whose task `a` has the properties."""
    return bpmn(LANE + node("s", "start") + node("a", "user", properties(**values)) + chain("s a e:end"))


#: rule → (file, element, options)
OURS: dict[str, tuple[bytes, str | None, dict[str, Any]]] = {
    "service-parameter": (between(node("x", "service", operator("ledger.balance", item='"water"'))), "x", {}),
    "generated-id": (bpmn(LANE + chain("s:start Activity_0abc123:user e:end")), "Activity_0abc123", {}),
    "id-collision": (
        bpmn(node("s", "start") + node("x", "sub", chain("xs:start xe:end")) + chain("s x e:end")),
        "x",
        {"known_processes": {"q": KnownProcess(called=("p",), subprocesses=("x",))}},
    ),
    "decision-without-default": (
        bpmn(
            node("s", "start")
            + node("g", "xor")
            + chain("s g")
            + flow("g", "a", "x")
            + flow("g", "b", "not x")
            + chain("a:user e:end")
            + chain("b:user e")
        ),
        "g",
        {},
    ),
    "unknown-role": (bpmn(LANE.replace("customer_service", "plumber") + chain(PLAIN)), "plumber", {}),
    "user-task-without-role": (bpmn(chain(PLAIN)), "a", {}),
    "unknown-operator": (bpmn(node("s", "start") + node("x", "service", operator("launch")) + chain("s x e:end")), "x", {}),
    "timer-without-offset": (
        bpmn(node("s", "start") + node("c", "catch", timer("Date", "2026-03-02T12:00:00")) + chain("s c e:end")),
        "c",
        {},
    ),
    "bad-due": (task(due="PT0S"), "a", {}),
    "unknown-property-value": (task(calendar="sometimes"), "a", {}),
    "unknown-property": (task(calender="working"), "a", {}),
    "unknown-property-role": (task(escalate_to="emperor"), "a", {}),
    "unknown-form": (task(form="nothing"), "a", {}),
    "bad-signature-rule": (task(signers="[]", signature_rule="most"), "a", {}),
    "unknown-record": (task(record="nothing"), "a", {}),
    "unknown-signature-field": (task(form="registration", signature="nothing"), "a", {}),
    "fires-once": (
        bpmn(
            LANE + chain(PLAIN) + node("b", "boundary", message("m"), attachedToRef="a", cancelActivity="false") + chain("b f:end"),
            before='<message id="m" name="paid"/>',
        ),
        "b",
        {},
    ),
    "bad-expression": (task(require="a ="), "a", {}),
}

#: what no rule may object to: most of what there is, at once
GOOD = bpmn(
    '<laneSet id="ls"><lane id="customer_service" name="x"><flowNodeRef>a</flowNodeRef><flowNodeRef>sub</flowNodeRef></lane></laneSet>'
    + chain("s:start")
    + node(
        "a",
        "user",
        properties(
            form="registration",
            clause="repair 4.2",
            due="PT20M",
            warn="PT5M",
            escalate_to="manager",
            calendar="working",
            require='registration["note"] != ""',
            require_message="x",
            signature="note",
            outside="tenant",
            attended_by="manager",
        ),
    )
    + node("late", "boundary", timer("Duration", '"PT1H"'), attachedToRef="a", cancelActivity="false")
    + chain("late nudge")
    + node("nudge", "service", operator("notify", to='"manager"'))
    + chain("nudge e4:end")
    + node("g", "xor", default="g_n")
    + chain("s a g")
    + flow("g", "sub", 'registration["note"] == "x"')
    + flow("g", "n")
    + script("n", "n = 1")
    + node("sub", "sub", chain("xs:start f:and xa:user xj:and") + chain("f xb:user xj") + node("xe", "end", error("err")) + chain("xj xe"))
    + node("failed", "boundary", error("err"), attachedToRef="sub")
    + chain("failed e2:end")
    + chain("sub j:xor e:end")
    + chain("n j")
    + node(
        "side",
        "sub",
        node("ss", "start", message("m"), isInterrupting="false") + node("st", "throw", signal("sig")) + chain("ss st se:end"),
        triggeredByEvent="true",
    ),
    before='<message id="m" name="paid"/><signal id="sig" name="alarm"/><error id="err" errorCode="E1"/>',
)


def found_in(xml: bytes, **options: Any) -> Mapping[tuple[str, str | None], str]:
    """(rule, element) → severity."""
    given = {"roles": ROLES, "operators": OPERATORS, **options}
    package = read_package({"p.bpmn": xml, "forms/registration.json": FORM}, Settings(), given.pop("known_processes", None), **given)
    return {(finding.rule, finding.element_id): finding.severity for finding in package.findings}


@pytest.mark.parametrize("rule", OURS)
def test_rule_finds(rule: str) -> None:
    """The rule names the element."""
    xml, element_id, options = OURS[rule]
    assert (rule, element_id) in found_in(xml, **options)


def test_every_rule_has_an_example() -> None:
    """A new rule comes with a diagram that breaks it."""
    assert {rule.code for rule in rules()} == OURS.keys() | {code for _, code, _ in REFUSED.values()}


def test_good_diagram_passes() -> None:
    """Nothing is said of a diagram that is as it should be, even under the rules for our own."""
    assert found_in(GOOD, is_ours=True) == {}


def test_codes_are_file_names() -> None:
    """A rule is found by its code."""
    assert all(rule.check.__module__.rpartition(".")[2].replace("_", "-") == rule.code for rule in rules())


@pytest.mark.parametrize("rule", ["generated-id", "unknown-role", "user-task-without-role", "unknown-property"])
def test_own_files_are_held_to_more(rule: str) -> None:
    """What is a warning in an imported file is an error in ours."""
    xml, element_id, options = OURS[rule]
    assert found_in(xml, **options)[rule, element_id] == "warning"
    assert found_in(xml, is_ours=True, **options)[rule, element_id] == "error"


@pytest.mark.parametrize(
    ("values", "property_name"),
    [({"due": "-PT5M"}, "due"), ({"due": "20 minutes"}, "due"), ({"warn": "PT5M"}, "warn"), ({"due": "PT5M", "warn": "PT5M"}, "warn")],
)
def test_due_times_are_positive_and_in_order(values: dict[str, str], property_name: str) -> None:
    """Negative, unreadable, without `due`, not before it."""
    package = read_package({"p.bpmn": task(**values)}, Settings())
    assert [finding.data["property"] for finding in package.findings if finding.rule == "bad-due"] == [property_name]


def test_vendor_decision_is_found_in_the_deployment() -> None:
    """A business rule task whose decision is deployed beside it is content."""
    xml = bpmn(node("s", "start") + node("x", "rule", extension("calledDecisionId", "nowhere")) + chain("s x e:end"))
    assert ("decision-missing", "x") in found_in(xml)


def test_recursion_by_way_of_a_deployed_process() -> None:
    """A process that calls a deployed one which calls it back."""
    xml = bpmn(node("s", "start") + node("x", "call", calledElement="q") + chain("s x e:end"))
    assert ("recursive-call", "x") in found_in(xml, known_processes={"q": KnownProcess(called=("p",))})
    assert ("recursive-call", "x") not in found_in(xml, known_processes={"q": KnownProcess()})


def test_broken_companions_are_told() -> None:
    """A form, a record or limits that cannot be used refuse the deployment, each with its file."""
    files = {
        "p.bpmn": bpmn(LANE + chain(PLAIN)),
        "forms/bad.json": b"{",
        "records/bad.html": b"<script>",
        "limits.toml": b"[[limit]]\nid = 3",
    }
    found = {(finding.rule, finding.file) for finding in read_package(files, Settings()).findings if finding.severity == "error"}
    assert {("broken-form", "forms/bad.json"), ("broken-record", "records/bad.html")} <= found
    assert any(file == "limits.toml" for _, file in found)


def test_every_rule_is_explained() -> None:
    """The page for designers lists exactly the rules in force."""
    page = (Path(__file__).parents[4] / "diagrams" / "how-to" / "bpmn.md").read_text("utf-8")
    table = page.partition("## Refused")[2].partition("Before any rule")[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == [rule.code for rule in rules()]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"unit": "registration"}, []),
        ({"unit": "1", "item": '"water"'}, []),
        ({"item": '"water"'}, [("unit", "缺少必要參數")]),
        ({"unit": "1", "colour": '"red"'}, [("colour", "沒有這個參數")]),
        ({"unit": "True"}, [("unit", "參數值不合適")]),
        ({"unit": "1", "item": "5"}, [("item", "參數值不合適")]),
    ],
)
def test_parameters_are_those_of_the_operator(parameters: dict[str, str], found: list[tuple[str, str]]) -> None:
    """Missing, unknown, and constants of another kind; what an expression gives is seen when it is called."""
    xml = between(node("x", "service", operator("ledger.balance", **parameters)))
    package = read_package({"p.bpmn": xml, "forms/registration.json": FORM}, Settings(), roles=ROLES, operators=OPERATORS)
    findings = [finding for finding in package.findings if finding.rule == "service-parameter"]
    assert [(finding.data["parameter"], finding.data["problem"]) for finding in findings] == found


def test_a_reader_may_give_a_result() -> None:
    """It answers at once, into the data."""
    answering = operator("ledger.balance", unit="1").replace('id="ledger.balance"', 'id="ledger.balance" resultVariable="owed"')
    assert not any(rule == "service-result" for rule, _ in found_in(between(node("x", "service", answering))))


def test_sub_processes_of_processes_that_never_run_together_may_share_an_id() -> None:
    """Procedures grow by many hands: only what can be part of one instance has to differ."""
    diagram = bpmn(node("s", "start") + node("x", "sub", chain("xs:start xe:end")) + chain("s x e:end"))
    apart = read_package({"a.bpmn": diagram}, Settings(), {"q": KnownProcess(subprocesses=("x",))})
    assert "id-collision" not in {finding.rule for finding in apart.findings}


def test_a_caller_that_brings_two_of_them_together_is_told() -> None:
    """Neither of the called ones could know of the other."""
    caller = bpmn(node("s", "start") + node("x", "call", calledElement="q") + node("y", "call", calledElement="r") + chain("s x y e:end"))
    known = {"q": KnownProcess(subprocesses=("inner",)), "r": KnownProcess(subprocesses=("inner",))}
    found = read_package({"a.bpmn": caller}, Settings(), known).findings
    assert [(finding.rule, finding.element_id) for finding in found if finding.severity == "error"] == [("id-collision", "p")]
