"""Two packages side by side: every kind of change, what cannot be seen in the picture included, each by the element or place it is at."""

from __future__ import annotations

import pytest

from engine.comparison import Change, Comparison, compare
from engine.comparison.comparing import touched
from tests.builders import ROOT, read_folder
from tests.engine.spiff.xml import bpmn, chain, flow, message, node, timer

_DI = (
    '<bpmndi:BPMNDiagram xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">'
    '<bpmndi:BPMNPlane id="plane" bpmnElement="p"><bpmndi:BPMNShape id="a_di" bpmnElement="a">'
    '<dc:Bounds x="{x}" y="10" width="100" height="80"/></bpmndi:BPMNShape></bpmndi:BPMNPlane></bpmndi:BPMNDiagram></definitions>'
)


def diagram(body: str, *, before: str = "", x: int = 0) -> dict[str, bytes]:
    """A package of one diagram in which the step `a` is drawn."""
    return {"p.bpmn": bpmn(body, before=before).replace(b"</definitions>", _DI.format(x=x).encode())}


def properties(text: str) -> str:
    """Extension elements with our properties, written `name=value`."""
    each = "".join(f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, _, value in (
        part.partition("=") for part in text.split()))  # fmt: skip
    return f"<extensionElements><spiffworkflow:properties>{each}</spiffworkflow:properties></extensionElements>"


def told(comparison: Comparison) -> dict[str, tuple[str, dict[str, tuple[str | None, str | None]]]]:
    """Element → what became of it, and each property's before and after."""
    return {
        each.element_id: (each.change.value, {part.name: (part.before, part.after) for part in each.properties})
        for each in comparison.elements
    }


BASE = chain("s:start a:user e:end")


def test_the_same_is_the_same() -> None:
    """Also where the file is written otherwise."""
    written = {"p.bpmn": diagram(BASE)["p.bpmn"].replace(b"><", b">\n  <")}
    assert compare(diagram(BASE), diagram(BASE)).is_same
    assert compare(diagram(BASE), written).is_same


def test_moved_is_only_drawn_elsewhere() -> None:
    """And concerns no case."""
    comparison = compare(diagram(BASE), diagram(BASE, x=40))
    assert told(comparison) == {"a": ("moved", {})}
    assert touched(comparison) == set()


def test_added_removed_and_changed_flows() -> None:
    """A step put in between: the flow around it is gone, and the step before is what the difference is met at."""
    after = chain("s:start a:user b:user e:end")
    comparison = compare(diagram(BASE), diagram(after))
    assert {key: change for key, (change, _) in told(comparison).items()} == {
        "b": "added", "a_b": "added", "b_e": "added", "a_e": "removed"}  # fmt: skip
    assert ("p", "a") in touched(comparison)
    assert ("p", "s") not in touched(comparison)


@pytest.mark.parametrize(("before", "after", "name", "was", "now"), [
    (node("a", "user", name="Sign"), node("a", "user", name="Check"), "name", "Sign", "Check"),
    (node("a", "user", properties("due=PT1H")), node("a", "user", properties("due=PT2H")), "property:due", "PT1H", "PT2H"),
    (node("a", "user"), node("a", "user", properties("signers=x")), "property:signers", None, "x"),
    (node("a", "user"), node("a", "manual"), "kind", "userTask", "manualTask"),
    (node("a", "script", "<script>x = 1</script>"), node("a", "script", "<script>x = 2</script>"), "script", "x = 1", "x = 2"),
    (node("a", "catch", timer("Duration", "PT1H")), node("a", "catch", timer("Duration", "PT3H")), "event:timer", "PT1H", "PT3H"),
    (node("a", "user", "<documentation>x</documentation>"), node("a", "user"), "documentation", "x", None),
    (node("a", "service", '<extensionElements><spiffworkflow:serviceTaskOperator id="x"/></extensionElements>'),
     node("a", "service", '<extensionElements><spiffworkflow:serviceTaskOperator id="y"/></extensionElements>'),
     "extension:serviceTaskOperator", "x", "y"),
    (node("a", "user", '<standardLoopCharacteristics loopMaximum="2"/>'), node("a", "user"), "repeated", "standard loopMaximum=2", None),
], ids=["name", "due", "signers", "kind", "script", "timer", "documentation", "operator", "repeated"])  # fmt: skip
def test_each_property_with_its_before_and_after(before: str, after: str, name: str, was: str | None, now: str | None) -> None:
    """What the picture doesn't show is told like what it does."""
    rest = node("s", "start") + flow("s", "a") + chain("a e:end")
    comparison = compare(diagram(rest + before), diagram(rest + after))
    assert told(comparison)["a"] == ("changed", {name: (was, now)})


def test_a_message_is_told_by_its_name() -> None:
    """Not by the id under which the file has it."""
    body = node("s", "start") + flow("s", "a") + node("a", "catch", message("m")) + chain("a e:end")
    comparison = compare(diagram(body, before='<message id="m" name="go"/>'), diagram(body, before='<message id="m" name="come"/>'))
    assert told(comparison)["a"][1] == {"event:message": ("go", "come")}


def test_forms_decisions_limits_and_texts() -> None:
    """Structured files by their places, texts by their lines, files that come and go as a whole."""
    before = {
        "forms/call.json": b'{"title": "Call", "properties": {"plate": {"type": "string", "title": "Plate"}}, "required": ["plate"]}',
        "limits.toml": b'[[limit]]\nid = "on_site"\ntarget = "PT20M"\n',
        "records/slip.html": b"<p>one</p>\n<p>two</p>\n", "scenarios/old.yaml": b"x: 1\n",
        "decisions/who.dmn": b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"><decision id="d" name="who">'
        b'<decisionTable><input id="i" label="sum"/><output id="o" name="role"/><rule id="r1">'
        b'<inputEntry id="x"><text>&gt; 5</text></inputEntry>'
        b'<outputEntry id="y"><text>"manager"</text></outputEntry></rule></decisionTable></decision></definitions>',
    }
    after = {
        "forms/call.json": b'{"title": "Call", "properties": {"plate": {"type": "string", "title": "Number"}, "color": {"type": "string"}},'
        b' "required": ["plate"]}',
        "limits.toml": b'[[limit]]\nid = "on_site"\ntarget = "PT30M"\n',
        "records/slip.html": b"<p>one</p>\n<p>three</p>\n",
        "decisions/who.dmn": before["decisions/who.dmn"].replace(b"&gt; 5", b"&gt; 9"),
    }
    found = {each.path: each for each in compare(before, after).files}
    said = {path: {part.name: (part.before, part.after) for part in each.properties} for path, each in found.items()}
    assert said["forms/call.json"] == {"plate › title": ("Plate", "Number"), "color › type": (None, "string")}
    assert said["limits.toml"] == {"on_site › target": ("PT20M", "PT30M")}
    assert said["decisions/who.dmn"] == {"who › r1": ('> 5 → "manager"', '> 9 → "manager"')}
    assert found["records/slip.html"].lines == ("@", " <p>one</p>", "-<p>two</p>", "+<p>three</p>")
    assert (found["scenarios/old.yaml"].change, found["scenarios/old.yaml"].area) == (Change.REMOVED, "scenario")


def test_each_of_our_procedures_is_the_same_as_itself_and_differs_from_the_next() -> None:
    """Every file of ours can be read, and a whole package that comes anew is all additions."""
    for folder in sorted(path for path in (ROOT / "bpmn").iterdir() if any(path.glob("*.bpmn"))):
        files = read_folder(folder)
        assert compare(files, files).is_same
        added = compare({}, files)
        assert {each.change for each in (*added.elements, *added.files)} == {Change.ADDED}
