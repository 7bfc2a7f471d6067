"""Gives a BPMN file coordinates: pools under each other, lanes as bands, flows from left to right, loops back along the bottom.

It writes diagram interchange and nothing else: the model stays as it is, what was drawn before is replaced. Meant for files that come
without coordinates; a person may move things afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.diagram import BPMN, FLOW_NODE_KINDS, local_name, parse_xml

_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
_DC = "http://www.omg.org/spec/DD/20100524/DC"
_DD = "http://www.omg.org/spec/DD/20100524/DI"

_BAND = 30
_COLUMN_GAP = 50
_ROW_GAP = 30
_POOL_GAP = 60
_LEFT, _TOP = 160.0, 80.0
#: a label is about this wide a character, and this high a line
_CHARACTER, _LINE = 12.5, 15.0
_CONTAINERS = ("subProcess", "transaction", "adHocSubProcess")

_Point = tuple[float, float]


@dataclass(slots=True)
class _Node:
    """A flow node on its way to a place."""

    element: etree._Element
    width: float
    height: float
    lane: str | None = None
    column: int = 0
    row: int = 0
    #: of its upper left corner
    x: float = 0
    y: float = 0
    #: activity that a boundary event hangs on
    host: str | None = None
    #: what lies in an embedded sub-process
    inside: _Scope | None = None

    @property
    def kind(self) -> str:
        return local_name(self.element)

    @property
    def middle(self) -> _Point:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(slots=True)
class _Scope:
    """One process or embedded sub-process: its nodes, their flows, and the room that they take."""

    nodes: dict[str, _Node]
    #: flow id → source, target
    flows: dict[str, tuple[str, str]]
    lanes: list[str] = field(default_factory=list)
    #: flows that lead back to an earlier node
    back: set[str] = field(default_factory=set)
    lane_tops: dict[str | None, tuple[float, float]] = field(default_factory=dict)
    width: float = 0
    height: float = 0

    def arrange(self) -> None:
        """Give every node a column, a row and a place counted from the scope's own corner."""
        for node in self.nodes.values():
            if node.inside is not None:
                node.inside.arrange()
                node.width, node.height = max(120.0, node.inside.width + 40), max(90.0, node.inside.height + 50)
        self.back = self._find_loops()
        self._choose_columns()
        rows = self._choose_rows()
        self._measure(rows)

    def _leads(self) -> Iterator[tuple[str, str, str]]:
        """Flows between the nodes that stand in the grid: a boundary event counts as its activity."""
        for flow, (source, target) in self.flows.items():
            if source in self.nodes and target in self.nodes:
                yield flow, self.nodes[source].host or source, target

    def _find_loops(self) -> set[str]:
        following: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for flow, source, target in self._leads():
            following[source].append((flow, target))
        has_way_in = {target for _, _, target in self._leads()}
        loops: set[str] = set()
        state: dict[str, int] = {}
        starts = [node for node in self.nodes if node not in has_way_in]
        for start in [*starts, *self.nodes]:
            if start in state:
                continue
            state[start] = 1
            stack = [(start, iter(following[start]))]
            while stack:
                current, rest = stack[-1]
                step = next(rest, None)
                if step is None:
                    state[current] = 2
                    stack.pop()
                elif state.get(step[1]) == 1:
                    loops.add(step[0])
                elif step[1] not in state:
                    state[step[1]] = 1
                    stack.append((step[1], iter(following[step[1]])))
        return loops

    def _choose_columns(self) -> None:
        """Each node one column after the last of those that lead to it."""
        following: dict[str, list[str]] = defaultdict(list)
        waiting: dict[str, int] = defaultdict(int)
        for flow, source, target in self._leads():
            if flow not in self.back:
                following[source].append(target)
                waiting[target] += 1
        ready = [name for name in self.nodes if not waiting[name]]
        while ready:
            name = ready.pop(0)
            for target in following[name]:
                self.nodes[target].column = max(self.nodes[target].column, self.nodes[name].column + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)

    def _choose_rows(self) -> dict[str | None, int]:
        """Each node in the row of one that leads to it where that is free, else in the next free row of its lane; rows by lane."""
        before: dict[str, list[str]] = defaultdict(list)
        for flow, source, target in self._leads():
            if flow not in self.back:
                before[target].append(source)
        rows: dict[str | None, int] = {}
        taken: set[tuple[str | None, int, int]] = set()
        for lane in self._bands():
            members = [(name, node) for name, node in self.nodes.items() if node.lane == lane and node.host is None]
            rows[lane] = 1
            for name, node in sorted(members, key=lambda member: member[1].column):
                near = [self.nodes[source] for source in before[name] if self.nodes[source].lane == lane]
                row = min((source.row for source in near), default=0)
                first = min((source.column for source in near), default=node.column - 1)
                while any((lane, column, row) in taken for column in range(first + 1, node.column + 1)):
                    row += 1
                node.row = row
                taken |= {(lane, column, row) for column in range(first + 1, node.column + 1)}
                rows[lane] = max(rows[lane], row + 1)
        return rows

    def _bands(self) -> tuple[str | None, ...]:
        return tuple(self.lanes) or (None,)

    def _measure(self, rows: dict[str | None, int]) -> None:
        placed = [node for node in self.nodes.values() if node.host is None]
        last = max((node.column for node in placed), default=0)
        columns = [max((node.width for node in placed if node.column == column), default=0) for column in range(last + 1)]
        y = 0.0
        for lane in self._bands():
            top = y
            y += _ROW_GAP / 2
            for row in range(rows.get(lane, 1)):
                here = [node for node in placed if node.lane == lane and node.row == row]
                high = max([80.0, *(node.height for node in here)])
                for node in here:
                    left = sum(columns[: node.column]) + node.column * _COLUMN_GAP + 30
                    node.x, node.y = left + (columns[node.column] - node.width) / 2, y + (high - node.height) / 2
                y += high + _ROW_GAP
            y -= _ROW_GAP / 2
            self.lane_tops[lane] = (top, y - top)
        self._hang_boundary_events()
        self.width = sum(columns) + (len(columns) - 1) * _COLUMN_GAP + 60
        self.height = y + (10 + 8 * len(self.back) if self.back else 0)
        if self.lanes and self.back:
            top, high = self.lane_tops[self.lanes[-1]]
            self.lane_tops[self.lanes[-1]] = (top, high + self.height - y)

    def _hang_boundary_events(self) -> None:
        count: dict[str, int] = defaultdict(int)
        for node in self.nodes.values():
            if node.host is not None and node.host in self.nodes:
                host = self.nodes[node.host]
                node.x, node.y = host.x + host.width - 28 - 42 * count[node.host], host.y + host.height - 18
                count[node.host] += 1

    def move(self, x: float, y: float) -> None:
        """Shift everything inside."""
        for node in self.nodes.values():
            node.x += x
            node.y += y
            if node.inside is not None:
                node.inside.move(node.x + 20, node.y + 35)
        self.lane_tops = {lane: (top + y, high) for lane, (top, high) in self.lane_tops.items()}

    def route(self) -> Iterator[tuple[str, list[_Point]]]:
        """The corners of every flow, those of embedded sub-processes included."""
        bottom = max((node.y + node.height for node in self.nodes.values()), default=0) + 16
        for flow, (source, target) in self.flows.items():
            if source not in self.nodes or target not in self.nodes:
                continue
            if flow in self.back:
                yield flow, _round_below(self.nodes[source], self.nodes[target], bottom)
                bottom += 8
            else:
                yield flow, _forward(self.nodes[source], self.nodes[target])
        for node in self.nodes.values():
            if node.inside is not None:
                yield from node.inside.route()


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
    places: dict[str, tuple[float, float, float, float]] = {}
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
    elements = {node.get("id", ""): node for node in root.iter(etree.Element) if node.get("id")}
    for element_id, place in places.items():
        _write_shape(plane, elements[element_id], place)
    for each in scopes.values():
        for flow, points in each.route():
            _write_edge(plane, elements[flow], points)
    if collaboration is not None:
        for message in collaboration.iterfind(_tag("messageFlow")):
            ends = places.get(message.get("sourceRef", "")), places.get(message.get("targetRef", ""))
            if ends[0] is not None and ends[1] is not None and message.get("id"):
                _write_edge(plane, message, _between_pools(ends[0], ends[1]))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _bands(pools: list[etree._Element], scopes: dict[str, _Scope]) -> Iterator[tuple[_Scope | None, etree._Element | None]]:
    """What stands under each other: pools with or without a process, then processes that no pool shows."""
    shown = set()
    for pool in pools:
        process_id = pool.get("processRef", "").rpartition(":")[2]
        shown.add(process_id)
        yield scopes.get(process_id), pool
    for process_id, scope in scopes.items():
        if process_id not in shown:
            yield scope, None


def _scope(container: etree._Element) -> _Scope:
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
            nodes[element.get("id", "")] = _Node(element, wide, high, lane=band, host=element.get("attachedToRef"), inside=inside)
    flows = {}
    for flow in container.iterfind(_tag("sequenceFlow")):
        if flow.get("id"):
            flows[flow.get("id", "")] = (flow.get("sourceRef", ""), flow.get("targetRef", ""))
    return _Scope(nodes, flows, lanes)


def _is_open(element: etree._Element) -> bool:
    """Whether it is a sub-process with something in it to be shown."""
    return local_name(element) in _CONTAINERS and any(local_name(child) in FLOW_NODE_KINDS for child in element)


def _size(kind: str) -> tuple[float, float]:
    if kind.endswith("Event"):
        return 36, 36
    return (50, 50) if kind.endswith("Gateway") else (100, 80)


def _node_places(scope: _Scope) -> dict[str, tuple[float, float, float, float]]:
    places = {}
    for name, node in scope.nodes.items():
        places[name] = (node.x, node.y, node.width, node.height)
        if node.inside is not None:
            places.update(_node_places(node.inside))
    return places


def _forward(source: _Node, target: _Node) -> list[_Point]:
    (sx, sy), (tx, ty) = source.middle, target.middle
    if source.host is not None:
        if ty > sy + 20:
            return [(sx, source.y + source.height), (sx, ty), (target.x, ty)]
        return _round_below(source, target, source.y + source.height + 14)
    if abs(sy - ty) < 1:
        return [(source.x + source.width, sy), (target.x, ty)]
    if source.kind.endswith("Gateway"):
        return [(sx, source.y + source.height if ty > sy else source.y), (sx, ty), (target.x, ty)]
    if target.kind.endswith("Gateway"):
        return [(source.x + source.width, sy), (tx, sy), (tx, target.y + target.height if sy > ty else target.y)]
    turn = target.x - _COLUMN_GAP / 2
    return [(source.x + source.width, sy), (turn, sy), (turn, ty), (target.x, ty)]


def _round_below(source: _Node, target: _Node, y: float) -> list[_Point]:
    (sx, _), (tx, _) = source.middle, target.middle
    return [(sx, source.y + source.height), (sx, y), (tx, y), (tx, target.y + target.height)]


def _between_pools(source: tuple[float, float, float, float], target: tuple[float, float, float, float]) -> list[_Point]:
    upward = source[1] > target[1]
    x1, x2 = source[0] + source[2] / 2, target[0] + target[2] / 2
    # A whole pool is met where the other end stands, not in its middle.
    if source[2] > 600:
        x1 = x2
    elif target[2] > 600:
        x2 = x1
    y1, y2 = (source[1], target[1] + target[3]) if upward else (source[1] + source[3], target[1])
    turn = (y1 + y2) / 2
    return [(x1, y1), (x2, y2)] if x1 == x2 else [(x1, y1), (x1, turn), (x2, turn), (x2, y2)]


def _write_shape(plane: etree._Element, element: etree._Element, place: tuple[float, float, float, float]) -> None:
    kind = local_name(element)
    shape = etree.SubElement(plane, f"{{{_DI}}}BPMNShape", id=f"{element.get('id')}_shape", bpmnElement=element.get("id", ""))
    if kind in ("participant", "lane"):
        shape.set("isHorizontal", "true")
    if kind == "exclusiveGateway":
        shape.set("isMarkerVisible", "true")
    if kind in _CONTAINERS:
        shape.set("isExpanded", "true" if _is_open(element) else "false")
    _write_bounds(shape, *place)
    name = element.get("name", "")
    if name and (kind.endswith(("Event", "Gateway"))):
        x, y, wide, high = place
        room = min(100.0, _CHARACTER * len(name) + 4)
        label_high = _LINE * -(-len(name) * _CHARACTER // room)
        label = etree.SubElement(shape, f"{{{_DI}}}BPMNLabel")
        _write_bounds(label, x + wide / 2 - room / 2, y - label_high - 4 if kind.endswith("Gateway") else y + high + 4, room, label_high)


def _write_edge(plane: etree._Element, flow: etree._Element, points: list[_Point]) -> None:
    edge = etree.SubElement(plane, f"{{{_DI}}}BPMNEdge", id=f"{flow.get('id')}_edge", bpmnElement=flow.get("id", ""))
    for x, y in points:
        etree.SubElement(edge, f"{{{_DD}}}waypoint", x=f"{x:g}", y=f"{y:g}")
    name = flow.get("name", "")
    if name:
        (x1, y1), (_, y2) = points[0], points[1]
        across = abs(y1 - y2) < 1
        label = etree.SubElement(edge, f"{{{_DI}}}BPMNLabel")
        _write_bounds(label, x1 + 6, y1 - 18 if across else (y1 + 5 if y2 > y1 else y1 - 20), _CHARACTER * len(name) + 4, _LINE)


def _write_bounds(owner: etree._Element, x: float, y: float, width: float, height: float) -> None:
    etree.SubElement(owner, f"{{{_DC}}}Bounds", x=f"{x:g}", y=f"{y:g}", width=f"{width:g}", height=f"{height:g}")


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
