"""Where the nodes of a process stand: columns along the flow, rows inside lanes, sub-processes within. Writes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from engine.layout.choice import Drawn
from engine.layout.labels import label_size
from engine.layout.routes import BESIDE_ROW, COLUMN_GAP, Place, Point, bottom_of, ways_back, ways_forward

_ROW_GAP = 30


@dataclass(slots=True, kw_only=True, eq=False)
class Node(Place):
    """A flow node on its way to a place."""

    element: etree._Element
    #: id of its lane; None where there are no lanes
    lane: str | None = None
    column: int = 0
    row: int = 0
    #: what lies in an embedded sub-process
    inside: Scope | None = None

    @property
    def name_beside(self) -> Place:
        """Room that a gateway's name takes above it, and an event's below."""
        width, height = label_size(self.element.get("name", ""))
        y = self.y - height - 4 if self.kind.endswith("Gateway") else bottom_of(self) + 4
        return Place(kind="label", width=width, height=height, x=self.x + (self.width - width) / 2, y=y)


@dataclass(slots=True)
class Scope:
    """One process or embedded sub-process: its nodes, their flows, and the room that they take."""

    nodes: dict[str, Node]
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

    def _drawable(self) -> Iterator[tuple[str, tuple[str, str]]]:
        return ((flow, ends) for flow, ends in self.flows.items() if set(ends) <= set(self.nodes))

    def _plainness(self, entry: tuple[str, tuple[str, str]]) -> tuple[bool, bool, float]:
        """Straight ways are drawn first, ways back last, long ones after short ones: each sees what it would cross."""
        flow, ends = entry
        source, target = (self.nodes[each] for each in ends)
        (sx, sy), (tx, ty) = source.middle, target.middle
        return flow in self.back, abs(sy - ty) >= 1, abs(sx - tx) + abs(sy - ty)

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
        before: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for flow, source, target in self._leads():
            if flow not in self.back:
                # What a boundary event leads to stands one row lower, so that the way on stays straight.
                before[target].append((source, int(self.nodes[self.flows[flow][0]].host is not None)))
        rows: dict[str | None, int] = {}
        taken: set[tuple[str | None, int, int]] = set()
        for lane in self._bands():
            members = [(name, node) for name, node in self.nodes.items() if node.lane == lane and node.host is None]
            rows[lane] = 1
            for name, node in sorted(members, key=lambda member: member[1].column):
                near = [(self.nodes[source], lower) for source, lower in before[name] if self.nodes[source].lane == lane]
                row = min((source.row + lower for source, lower in near), default=0)
                first = min((source.column for source, _ in near), default=node.column - 1)
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
            # a way back may run above the first row
            y += _ROW_GAP / 2 if top or not self.back else _ROW_GAP
            for row in range(rows.get(lane, 1)):
                here = [node for node in placed if node.lane == lane and node.row == row]
                high = max([80.0, *(node.height for node in here)])
                for node in here:
                    left = sum(columns[: node.column]) + node.column * COLUMN_GAP + 30
                    node.x, node.y = left + (columns[node.column] - node.width) / 2, y + (high - node.height) / 2
                y += high + _ROW_GAP
            y -= _ROW_GAP / 2
            self.lane_tops[lane] = (top, y - top)
        self._hang_boundary_events()
        self.width = sum(columns) + (len(columns) - 1) * COLUMN_GAP + 60
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

    def route(self) -> Iterator[tuple[str, list[Point]]]:
        """The corners of every flow, those of embedded sub-processes included."""
        boxes = [node for node in self.nodes.values() if node.host is None]
        hanging = [node for node in self.nodes.values() if node.host is not None]
        named = [node for node in boxes if node.kind.endswith(("Gateway", "Event")) and node.element.get("name")]
        floor = max((node.y + node.height for node in boxes), default=0) + 18
        end = max((node.x + node.width for node in boxes), default=0) + 16
        levels = sorted({bottom_of(node) + BESIDE_ROW for node in boxes} | {node.y - BESIDE_ROW for node in boxes})
        drawn = Drawn()
        for flow, (source_id, target_id) in sorted(self._drawable(), key=self._plainness):
            source, target = self.nodes[source_id], self.nodes[target_id]
            in_the_way = [node for node in boxes if node not in (source, target)]
            # a name of the flow's own ends gives way to it
            names = [node.name_beside for node in named if node not in (source, target)]
            beside = [*(node for node in hanging if node is not source), *names]
            is_back = flow in self.back
            ways = ways_back(source, target, levels, floor, end) if is_back else ways_forward(source, target)
            yield flow, drawn.choose(flow, (source_id, target_id), list(ways), in_the_way, beside)
            floor += 8 * is_back
        for node in self.nodes.values():
            if node.inside is not None:
                yield from node.inside.route()
