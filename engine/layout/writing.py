"""Reads the model of a file, has it arranged, and writes the diagram interchange.

The model stays as it is; what was drawn before is replaced. Pools stand under each other, lanes are bands, flows run from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from engine.diagram import BPMN, FLOW_NODE_KINDS, local_name, parse_xml
from engine.layout import labels
from engine.layout.arrangement import Node, Scope
from engine.layout.routes import Point, between_pools

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"

_BAND = 30
_POOL_GAP = 60
_LEFT, _TOP = 160.0, 80.0
CONTAINERS = ("subProcess", "transaction", "adHocSubProcess")


def lay_out(xml: bytes) -> bytes:
    """The same file with coordinates for everything in it. etree.XMLSyntaxError for what isn't XML."""
    root = parse_xml(xml, remove_comments=False)
    for drawing in root.findall(f"{{{_DI}}}BPMNDiagram"):
        root.remove(drawing)
    collaboration = root.find(_tag("collaboration"))
    processes = {node.get("id", ""): node for node in root.iterfind(_tag("process")) if node.get("id")}
    shown = collaboration if collaboration is not None else next(iter(processes.values()), None)
    if shown is None:
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    drawing = etree.SubElement(root, f"{{{_DI}}}BPMNDiagram", id="laid_out_diagram", nsmap={"bpmndi": _DI, "dc": _DC, "di": _DD})
    plane = etree.SubElement(drawing, f"{{{_DI}}}BPMNPlane", id="laid_out_plane", bpmnElement=shown.get("id", ""))
    pools = list(collaboration.iterfind(_tag("participant"))) if collaboration is not None else []
    scopes = {process_id: _scope(process) for process_id, process in processes.items()}
    for each in scopes.values():
        each.arrange()
    width = max((scope.width for scope in scopes.values()), default=600)
    places: dict[str, labels.Box] = {}
    y = _TOP
    for scope, pool in _bands(pools, scopes):
        indent = (_BAND if pool is not None else 0) + (_BAND if scope is not None and scope.lanes else 0)
        high = scope.height if scope is not None else 60.0
        if pool is not None:
            places[pool.get("id", "")] = (_LEFT, y, width + 2 * _BAND, high)
        if scope is not None:
            scope.move(_LEFT + indent, y)
            for lane in scope.lanes:
                top, lane_high = scope.lane_tops[lane]
                places[lane] = (_LEFT + _BAND, top, width + _BAND, lane_high)
            places.update(_node_places(scope))
        y += high + _POOL_GAP
    # parameters of our own have ids too, which may be those of a lane
    elements = {node.get("id", ""): node for node in root.iter(_tag("*")) if node.get("id")}
    ways = {flow: points for each in scopes.values() for flow, points in each.route()}
    shown_names = labels.of_nodes(elements, places, ways)
    for element_id, place in places.items():
        _write_shape(plane, elements[element_id], place, shown_names.get(element_id))
    ways |= dict(_messages(collaboration, places)) if collaboration is not None else {}
    solid = [place for element_id, place in places.items() if local_name(elements[element_id]) not in ("participant", "lane", *CONTAINERS)]
    borders = [place for element_id, place in places.items() if local_name(elements[element_id]) in ("participant", "lane")]
    flow_names = labels.of_flows(elements, ways, [*solid, *shown_names.values()], borders)
    for flow, points in ways.items():
        _write_edge(plane, elements[flow], points, flow_names.get(flow))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _messages(collaboration: etree._Element, places: Mapping[str, labels.Box]) -> Iterator[tuple[str, list[Point]]]:
    for message in collaboration.iterfind(_tag("messageFlow")):
        ends = places.get(message.get("sourceRef", "")), places.get(message.get("targetRef", ""))
        if ends[0] is not None and ends[1] is not None and message.get("id"):
            yield message.get("id", ""), between_pools(ends[0], ends[1])


def _bands(pools: list[etree._Element], scopes: dict[str, Scope]) -> Iterator[tuple[Scope | None, etree._Element | None]]:
    """What stands under each other: pools with or without a process, then processes that no pool shows."""
    shown = set()
    for pool in pools:
        process_id = pool.get("processRef", "").rpartition(":")[2]
        shown.add(process_id)
        yield scopes.get(process_id), pool
    for process_id, scope in scopes.items():
        if process_id not in shown:
            yield scope, None


def _scope(container: etree._Element) -> Scope:
    lanes: list[str] = []
    lane_of: dict[str, str] = {}
    for lane in container.iterfind(f"{_tag('laneSet')}/{_tag('lane')}"):
        lanes.append(lane.get("id", ""))
        for reference in lane.iter(_tag("flowNodeRef")):
            lane_of[(reference.text or "").strip()] = lane.get("id", "")
    nodes = {}
    for element in container:
        if local_name(element) in FLOW_NODE_KINDS and element.get("id"):
            wide, high = _size(local_name(element))
            inside = _scope(element) if _is_open(element) else None
            band = lane_of.get(element.get("id", ""), lanes[0] if lanes else None)
            nodes[element.get("id", "")] = Node(
                kind=local_name(element), width=wide, height=high, host=element.get("attachedToRef"), element=element, lane=band,
                inside=inside,
            )
    for node in nodes.values():
        if node.host not in nodes:
            # it hangs on nothing that is here
            node.host = None
    flows = {}
    for flow in container.iterfind(_tag("sequenceFlow")):
        if flow.get("id"):
            flows[flow.get("id", "")] = (flow.get("sourceRef", ""), flow.get("targetRef", ""))
    return Scope(nodes, flows, lanes)


def _is_open(element: etree._Element) -> bool:
    """Whether it is a sub-process with something in it to be shown."""
    return local_name(element) in CONTAINERS and any(local_name(child) in FLOW_NODE_KINDS for child in element)


def _size(kind: str) -> tuple[float, float]:
    if kind.endswith("Event"):
        return 36, 36
    return (50, 50) if kind.endswith("Gateway") else (100, 80)


def _node_places(scope: Scope) -> dict[str, tuple[float, float, float, float]]:
    places = {}
    for name, node in scope.nodes.items():
        places[name] = (node.x, node.y, node.width, node.height)
        if node.inside is not None:
            places.update(_node_places(node.inside))
    return places


def _write_shape(plane: etree._Element, element: etree._Element, place: labels.Box, name: labels.Box | None) -> None:
    kind = local_name(element)
    shape = etree.SubElement(plane, f"{{{_DI}}}BPMNShape", id=f"{element.get('id')}_shape", bpmnElement=element.get("id", ""))
    if kind in ("participant", "lane"):
        shape.set("isHorizontal", "true")
    if kind == "exclusiveGateway":
        shape.set("isMarkerVisible", "true")
    if kind in CONTAINERS:
        shape.set("isExpanded", "true" if _is_open(element) else "false")
    _write_bounds(shape, *place)
    if name is not None:
        _write_bounds(etree.SubElement(shape, f"{{{_DI}}}BPMNLabel"), *name)


def _write_edge(plane: etree._Element, flow: etree._Element, points: list[Point], name: labels.Box | None) -> None:
    edge = etree.SubElement(plane, f"{{{_DI}}}BPMNEdge", id=f"{flow.get('id')}_edge", bpmnElement=flow.get("id", ""))
    for x, y in points:
        etree.SubElement(edge, f"{{{_DD}}}waypoint", x=f"{x:g}", y=f"{y:g}")
    if name is not None:
        _write_bounds(etree.SubElement(edge, f"{{{_DI}}}BPMNLabel"), *name)


def _write_bounds(owner: etree._Element, x: float, y: float, width: float, height: float) -> None:
    etree.SubElement(owner, f"{{{_DC}}}Bounds", x=f"{x:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}")


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
