"""Coordinates for files that have none."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from lxml import etree

from engine.layout import lay_out

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DD = "{http://www.omg.org/spec/DD/20100524/DI}"
PROCEDURES = sorted((Path(__file__).parents[3] / "bpmn").glob("*/*.bpmn"))

Box = tuple[float, float, float, float]

MODEL = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t" id="d">
  <collaboration id="c"><participant id="ours" processRef="p"/><participant id="theirs" name="業戶"/>
    <messageFlow id="m" sourceRef="ask" targetRef="theirs"/></collaboration>
  <process id="p" isExecutable="true">
    <laneSet id="ls"><lane id="front"><flowNodeRef>s</flowNodeRef><flowNodeRef>ask</flowNodeRef><flowNodeRef>g</flowNodeRef></lane>
      <lane id="back"><flowNodeRef>works</flowNodeRef><flowNodeRef>late</flowNodeRef><flowNodeRef>e</flowNodeRef></lane></laneSet>
    <startEvent id="s"/><sequenceFlow id="f1" sourceRef="s" targetRef="ask"/>
    <userTask id="ask"/><sequenceFlow id="f2" sourceRef="ask" targetRef="works"/>
    <subProcess id="works"><startEvent id="s2"/><sequenceFlow id="i1" sourceRef="s2" targetRef="t2"/><task id="t2"/>
      <sequenceFlow id="i2" sourceRef="t2" targetRef="e2"/><endEvent id="e2"/></subProcess>
    <boundaryEvent id="late" attachedToRef="works"><timerEventDefinition id="td"/></boundaryEvent>
    <sequenceFlow id="f3" sourceRef="late" targetRef="e"/>
    <sequenceFlow id="f4" sourceRef="works" targetRef="g"/>
    <exclusiveGateway id="g" name="滿意？" default="f5"/><sequenceFlow id="f5" sourceRef="g" targetRef="e" name="是"/>
    <sequenceFlow id="f6" sourceRef="g" targetRef="ask" name="否"/>
    <endEvent id="e"/>
  </process>
</definitions>"""


def boxes(xml: bytes) -> dict[str, Box]:
    """Where each element stands."""
    found = {}
    for shape in etree.fromstring(xml).iter(f"{DI}BPMNShape"):
        bounds = shape.find(f"{DC}Bounds")
        assert bounds is not None
        found[shape.get("bpmnElement", "")] = tuple(float(bounds.get(name, "")) for name in ("x", "y", "width", "height"))
    return found  # type: ignore[return-value]


def edges(xml: bytes) -> dict[str, list[tuple[float, float]]]:
    """The corners of each flow."""
    root = etree.fromstring(xml)
    return {
        edge.get("bpmnElement", ""): [(float(point.get("x", "")), float(point.get("y", ""))) for point in edge.iter(f"{DD}waypoint")]
        for edge in root.iter(f"{DI}BPMNEdge")
    }


def inside(inner: Box, outer: Box) -> bool:
    """Whether one box lies in another."""
    return (
        inner[0] >= outer[0]
        and inner[1] >= outer[1]
        and inner[0] + inner[2] <= outer[0] + outer[2]
        and inner[1] + inner[3] <= outer[1] + outer[3]
    )


def apart(one: Box, other: Box) -> bool:
    """Whether two boxes don't touch."""
    return one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0] or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]


def without_drawing(xml: bytes) -> bytes:
    """The model of a file alone."""
    root = etree.fromstring(xml)
    for drawing in root.findall(f"{DI}BPMNDiagram"):
        root.remove(drawing)
    return etree.tostring(root)


def test_everything_has_its_place() -> None:
    """Pools, lanes, nodes, the inside of sub-processes, flows and message flows."""
    laid_out = lay_out(MODEL.encode())
    assert set(boxes(laid_out)) == {"ours", "theirs", "front", "back", "s", "ask", "g", "works", "late", "e", "s2", "t2", "e2"}
    assert set(edges(laid_out)) == {"m", "f1", "f2", "f3", "f4", "f5", "f6", "i1", "i2"}


def test_nodes_lie_in_their_lane_and_sub_process() -> None:
    """Nothing sticks out of the band that it belongs to."""
    place = boxes(lay_out(MODEL.encode()))
    assert all(inside(place[name], place["front"]) for name in ("s", "ask", "g"))
    assert all(inside(place[name], place["back"]) for name in ("works", "late", "e"))
    assert all(inside(place[name], place["works"]) for name in ("s2", "t2", "e2"))
    assert all(inside(place[lane], place["ours"]) for lane in ("front", "back"))


def test_time_runs_from_left_to_right() -> None:
    """A flow that isn't a way back leads to the right."""
    place = boxes(lay_out(MODEL.encode()))
    assert place["s"][0] < place["ask"][0] < place["works"][0] < place["g"][0] < place["e"][0]


def test_the_model_stays_as_it_is() -> None:
    """Only the drawing changes, however often."""
    once = lay_out(MODEL.encode())
    after, before = (etree.tostring(etree.fromstring(each), method="c14n") for each in (without_drawing(once), MODEL.encode()))
    assert after == before
    assert boxes(lay_out(once)) == boxes(once)


@pytest.mark.parametrize("path", PROCEDURES, ids=lambda path: path.stem)
def test_nothing_lies_upon_another(path: Path) -> None:
    """Our own procedures, stripped of their drawing: no two nodes touch and no flow ends beside its node."""
    root = etree.fromstring(path.read_bytes())
    laid_out = lay_out(path.read_bytes())
    place, ways = boxes(laid_out), edges(laid_out)
    bands = {node.get("id") for node in root.iter(f"{BPMN}participant", f"{BPMN}lane")}
    hosts = {node.get("id"): node.get("attachedToRef") for node in root.iter(f"{BPMN}boundaryEvent")}
    nodes = [name for name in place if name not in bands]
    for one, other in combinations(nodes, 2):
        # a boundary event sits on the border of its own host, and on nothing else
        if hosts.get(one) != other and hosts.get(other) != one:
            assert apart(place[one], place[other]), (one, other)
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        way = ways[flow.get("id", "")]
        for end, node in ((way[0], flow.get("sourceRef", "")), (way[-1], flow.get("targetRef", ""))):
            x, y, wide, high = place[node]
            assert x - 1 <= end[0] <= x + wide + 1
            assert y - 1 <= end[1] <= y + high + 1






def test_flows_run_through_nothing_and_cross_nothing() -> None:
    """Of what is drawn in our own files: no flow runs through a node or across another."""
    crossings = 0
    for path in PROCEDURES:
        xml = path.read_bytes()
        root, place, ways = etree.fromstring(xml), boxes(xml), edges(xml)
        ends = {flow.get("id", ""): {flow.get("sourceRef", ""), flow.get("targetRef", "")} for flow in root.iter(f"{BPMN}sequenceFlow")}
        kinds = ("Task", "Gateway", "Event", "callActivity")
        nodes = {node.get("id", "") for node in root.iter() if isinstance(node.tag, str) and node.tag.endswith(kinds)}
        for flow, between in ends.items():
            for name in (nodes & set(place)) - between:
                x, y, wide, high = place[name]
                assert not any(
                    min(x1, x2) < x + wide and max(x1, x2) > x and min(y1, y2) < y + high and max(y1, y2) > y
                    for (x1, y1), (x2, y2) in pairwise(ways[flow])
                ), (path.stem, flow, name)
        for one, other in combinations(ends, 2):
            crossings += sum(cross(mine, theirs) for mine in pairwise(ways[one]) for theirs in pairwise(ways[other]))
    assert crossings == 0


Segment = tuple[tuple[float, float], tuple[float, float]]


def cross(one: Segment, other: Segment) -> bool:
    """Whether a level and an upright piece cross in their middles."""
    level, upright = (one, other) if abs(one[0][1] - one[1][1]) < 1 else (other, one)
    if abs(upright[0][0] - upright[1][0]) >= 1 or abs(level[0][1] - level[1][1]) >= 1:
        return False
    x, y = upright[0][0], level[0][1]
    (x1, _), (x2, _) = sorted(level)
    low, high = sorted((upright[0][1], upright[1][1]))
    return x1 + 1 < x < x2 - 1 and low + 1 < y < high - 1
