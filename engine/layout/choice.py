"""Which of the candidate ways each flow takes: the one that runs through nothing, crosses least and can be told from the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from engine.layout.routes import Place, Point, hits

#: what it costs to run through a node, along another flow, out of a gateway like another flow, over a boundary event, across a flow, round
#: a corner
_NODE, _ALONG, _SAME_START, _BOUNDARY, _ACROSS, _CORNER = 1000.0, 60.0, 12.0, 30.0, 25.0, 3.0

Way = list[Point]
Segment = tuple[Point, Point]


class Drawn:
    """The ways chosen so far."""

    def __init__(self) -> None:
        self._ways: dict[str, Way] = {}
        self._ends: dict[str, tuple[str, str]] = {}

    def choose(self, flow: str, ends: tuple[str, str], ways: Iterable[Way], nodes: Sequence[Place], hanging: Sequence[Place]) -> Way:
        """The cheapest of `ways` for a flow between two nodes. `nodes`, `hanging`: what it should not run through."""
        found = min(ways, key=lambda way: self._cost(way, ends, nodes, hanging))
        self._ways[flow], self._ends[flow] = found, ends
        return found

    def _cost(self, way: Way, ends: tuple[str, str], nodes: Sequence[Place], hanging: Sequence[Place]) -> float:
        total = _NODE * sum(hits(way, node) for node in nodes) + _BOUNDARY * sum(hits(way, node) for node in hanging)
        total += _CORNER * len(way) + _length(way) / 500
        for flow, other in self._ways.items():
            source, target = self._ends[flow]
            for mine in pairwise(way):
                for theirs in pairwise(other):
                    if _crosses(mine, theirs):
                        total += _ACROSS
                    elif _runs_along(mine, theirs) and target != ends[1]:
                        # flows that meet at their target read as one; any other pair would be mistaken for each other
                        total += _SAME_START if source == ends[0] else _ALONG
            if source == ends[0] and _direction(way) == _direction(other):
                total += _SAME_START
        return total


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
