"""Which of the candidate ways each flow takes: the one that runs through nothing, crosses least and can be told from the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf

from engine.layout.routes import Place, Point, hits

#: what it costs to run through a node, along another flow, out of a gateway like another flow, over a boundary event, across a flow, round
#: a corner
_NODE, _ALONG, _SAME_START, _BOUNDARY, _ACROSS, _CORNER = 1000.0, 60.0, 12.0, 30.0, 25.0, 3.0

Way = list[Point]
Segment = tuple[Point, Point]
#: left, top, right, bottom
Span = tuple[float, float, float, float]


class Drawn:
    """The ways chosen so far."""

    def __init__(self) -> None:
        #: (way, what it spans, source, target)
        self._ways: list[tuple[Way, Span, str, str]] = []
        self._from: dict[str, list[Way]] = {}

    def choose(self, flow: str, ends: tuple[str, str], ways: Iterable[Way], nodes: Sequence[Place], hanging: Sequence[Place]) -> Way:
        """The cheapest of `ways` for a flow between two nodes. `nodes`, `hanging`: what it should not run through."""
        found: Way | None = None
        least = inf
        for way in ways:
            cost = self._cost(way, ends, nodes, hanging, least)
            if found is None or cost < least:
                found, least = way, cost
        if found is None:
            raise ValueError(flow)
        self._ways.append((found, _span(found), *ends))
        self._from.setdefault(ends[0], []).append(found)
        return found

    def _cost(self, way: Way, ends: tuple[str, str], nodes: Sequence[Place], hanging: Sequence[Place], least: float) -> float:
        """What it costs, or something above `least` as soon as that is clear: in a large diagram most ways are hopeless, and far away."""
        left, top, right, bottom = _span(way)
        total = _CORNER * len(way) + _length(way) / 500
        for cost, places in ((_NODE, nodes), (_BOUNDARY, hanging)):
            for node in places:
                if left < node.x + node.width and right > node.x and top < node.y + node.height and bottom > node.y:
                    total += cost * hits(way, node)
                    if total > least:
                        return total
        direction = _direction(way)
        total += _SAME_START * sum(direction == _direction(other) for other in self._from.get(ends[0], ()))
        for other, (left_of, top_of, right_of, bottom_of), source, target in self._ways:
            # pieces that lie on each other may be five points apart
            if left > right_of + 5 or right < left_of - 5 or top > bottom_of + 5 or bottom < top_of - 5:
                continue
            for mine in pairwise(way):
                for theirs in pairwise(other):
                    if _crosses(mine, theirs):
                        total += _ACROSS
                    elif _runs_along(mine, theirs) and target != ends[1]:
                        # flows that meet at their target read as one; any other pair would be mistaken for each other
                        total += _SAME_START if source == ends[0] else _ALONG
            if total > least:
                return total
        return total


def _span(way: Way) -> Span:
    return min(x for x, _ in way), min(y for _, y in way), max(x for x, _ in way), max(y for _, y in way)


def _length(way: Way) -> float:
    return sum(abs(x1 - x2) + abs(y1 - y2) for (x1, y1), (x2, y2) in pairwise(way))


def _direction(way: Way) -> tuple[int, int]:
    (x1, y1), (x2, y2) = way[0], way[1]
    return ((x2 > x1) - (x2 < x1), (y2 > y1) - (y2 < y1))


def _crosses(one: Segment, other: Segment) -> bool:
    """Whether a horizontal and a vertical piece cross in their middles."""
    if _is_level(one) == _is_level(other):
        return False
    level, upright = (one, other) if _is_level(one) else (other, one)
    x, y = upright[0][0], level[0][1]
    return _between(x, level[0][0], level[1][0]) and _between(y, upright[0][1], upright[1][1])


def _runs_along(one: Segment, other: Segment) -> bool:
    """Whether two pieces lie on each other for more than a point."""
    if _is_level(one) != _is_level(other):
        return False
    across, along = (1, 0) if _is_level(one) else (0, 1)
    if abs(one[0][across] - other[0][across]) > 5:
        return False
    low = max(min(one[0][along], one[1][along]), min(other[0][along], other[1][along]))
    high = min(max(one[0][along], one[1][along]), max(other[0][along], other[1][along]))
    return high - low > 1


def _is_level(piece: Segment) -> bool:
    return abs(piece[0][1] - piece[1][1]) < 1


def _between(value: float, one: float, other: float) -> bool:
    return min(one, other) + 0.5 < value < max(one, other) - 0.5
