"""Where names stand that don't fit into what they name: beside events, gateways and flows, out of the way of lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from lxml import etree

from engine.diagram import local_name
from engine.layout.routes import Point

#: x, y, width, height
Box = tuple[float, float, float, float]

#: a label is about this wide a character, and this high a line
_CHARACTER, _LINE = 12.5, 15.0
#: a flow's name begins so far from where it leaves a node; farther where the mark of a default flow stands
_PLAIN, _MARKED = 6.0, 15.0
#: no wider than the room between two columns allows
_WIDEST, _BELOW, _BESIDE, _ON_THE_RIGHT = 100.0, 88.0, 56.0, 50.0


def label_size(name: str, widest: float = _WIDEST) -> tuple[float, float]:
    """Width and height of a name, in as many lines as it needs."""
    width = min(widest, _CHARACTER * len(name) + 4)
    return width, _LINE * -(-len(name) * _CHARACTER // width)


def of_nodes(elements: Mapping[str, etree._Element], places: Mapping[str, Box], ways: Mapping[str, list[Point]]) -> dict[str, Box]:
    """Places of the names of events and gateways."""
    from_above = {element_id for element_id, place in places.items() if _is_met_at(place[1], elements, element_id, ways)}
    from_below = {element_id for element_id, place in places.items() if _is_met_at(place[1] + place[3], elements, element_id, ways)}
    # a way that turns right away would run through a name on its side
    turning = {elements[flow].get("sourceRef") for flow, points in ways.items() if len(points) > 3 and 0 < points[1][1] - points[0][1] < 18}
    last: dict[str, tuple[str, float]] = {}
    for element_id, place in places.items():
        host = elements[element_id].get("attachedToRef")
        if host and place[0] > last.get(host, ("", -1.0))[1]:
            last[host] = (element_id, place[0])
    found = {}
    for element_id, place in places.items():
        element = elements[element_id]
        kind, name, host = local_name(element), element.get("name", ""), element.get("attachedToRef")
        if not name:
            continue
        if kind.endswith("Gateway"):
            found[element_id] = _upper_left(name, place) if element_id in from_above else _above(name, place)
        elif host:
            is_right = last[host][0] == element_id and element_id not in turning
            found[element_id] = _beside_the_way_down(name, place, is_right=is_right)
        elif kind.endswith("Event") and element_id in from_above and element_id in from_below:
            found[element_id] = _beside_the_way_down(name, place, is_right=True)
        elif kind.endswith("Event"):
            found[element_id] = _above(name, place) if element_id in from_below else _below(name, place)
    return found


def of_flows(
    elements: Mapping[str, etree._Element], ways: Mapping[str, list[Point]], taken: Iterable[Box], pools: Iterable[Box],
) -> dict[str, Box]:
    """Places of the names of flows, clear of what is `taken`, of lines and of each other as far as there is room."""
    together, full = _shared(elements, ways), list(taken)
    pieces = [piece for points in ways.values() for piece in pairwise(points)]
    pieces += [((x, edge), (x + width, edge)) for x, y, width, height in pools for edge in (y, y + height)]
    found = {}
    for flow, points in ways.items():
        name = elements[flow].get("name", "")
        if name:
            size = (_CHARACTER * len(name) + 4, _LINE)
            source = elements.get(elements[flow].get("sourceRef", ""))
            default = source.get("default") if source is not None else None
            from_mark = _MARKED if default == flow or (default and flow in together) else _PLAIN
            boxes = _beside_way(points, size, is_shared=flow in together, start=from_mark)
            found[flow] = min(boxes, key=lambda box: _clash(box, full, pieces))
            full.append(found[flow])
    return found


def _beside_way(points: list[Point], size: tuple[float, float], *, is_shared: bool, start: float) -> list[Box]:
    """Places along a way, the best to be read first: where it leaves its source, or, where others leave with it, where it is alone."""
    pieces = list(pairwise(points))
    if is_shared and len(pieces) > 1:
        # a trunk that runs up or down parts at its first turn; those that leave to the right run together until they arrive
        is_trunk = abs(points[0][1] - points[1][1]) >= 1
        pieces = pieces[1:] if is_trunk else pieces[:0:-1]
    return [box for one, other in pieces for box in _beside_piece(one, other, size, start)]


def _beside_piece(first: Point, last: Point, size: tuple[float, float], start: float) -> Iterator[Box]:
    (x1, y1), (x2, y2), (width, height) = first, last, size
    if abs(y1 - y2) < 1:
        left = x1 + start if x2 > x1 else x1 - start - width
        middle = (x1 + x2 - width) / 2
        yield from ((x, y, width, height) for x in (left, middle) for y in (y1 - 18, y1 + 3))
        return
    near = y1 + 5 if y2 > y1 else y1 - 5 - height
    for y in (near, (y1 + y2 - height) / 2):
        yield from ((x, y, width, height) for x in (x1 + 6, x1 - 6 - width))


def _clash(box: Box, full: list[Box], pieces: list[tuple[Point, Point]]) -> int:
    """How many boxes and lines a name would lie upon."""
    x, y, width, height = box
    boxes = sum(x < left + wide and left < x + width and y < top + high and top < y + height for left, top, wide, high in full)
    lines = sum(
        min(x1, x2) < x + width and max(x1, x2) > x and min(y1, y2) < y + height - 2 and max(y1, y2) > y + 2
        for (x1, y1), (x2, y2) in pieces
    )
    return 2 * boxes + lines


def _shared(elements: Mapping[str, etree._Element], ways: Mapping[str, list[Point]]) -> set[str]:
    """Flows that leave their source by the same line as another."""
    groups: dict[tuple[str, Point], list[str]] = defaultdict(list)
    for flow, points in ways.items():
        groups[elements[flow].get("sourceRef", ""), points[0]].append(flow)
    return {flow for flows in groups.values() if len(flows) > 1 for flow in flows}


def _is_met_at(y: float, elements: Mapping[str, etree._Element], element_id: str, ways: Mapping[str, list[Point]]) -> bool:
    """Whether a flow ends or begins at this height of an element."""
    ends = [(elements[flow].get("sourceRef"), points[0]) for flow, points in ways.items()]
    ends += [(elements[flow].get("targetRef"), points[-1]) for flow, points in ways.items()]
    return any(node == element_id and abs(point[1] - y) < 1 for node, point in ends)


def _above(name: str, place: Box) -> Box:
    width, height = label_size(name)
    return place[0] + (place[2] - width) / 2, place[1] - height - 4, width, height


def _upper_left(name: str, place: Box) -> Box:
    width, height = label_size(name, _BESIDE)
    return place[0] + place[2] / 2 - 5 - width, place[1] + 6 - height, width, height


def _below(name: str, place: Box) -> Box:
    # not wider than the first column is away from its lane's name
    width, height = label_size(name, _BELOW)
    return place[0] + (place[2] - width) / 2, place[1] + place[3] + 4, width, height


def _beside_the_way_down(name: str, place: Box, *, is_right: bool) -> Box:
    width, height = label_size(name, _ON_THE_RIGHT if is_right else _BESIDE)
    middle = place[0] + place[2] / 2
    return middle + 4 if is_right else middle - 4 - width, place[1] + place[3] + 2, width, height
