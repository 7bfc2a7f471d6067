"""How a flow runs from one place to another: candidates in order of plainness, and what they would run through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]
#: between two columns; vertical pieces of flows run here
COLUMN_GAP = 50
#: how far a way along a row keeps from it: clear of the lane's border, which runs in the middle of the gap
BESIDE_ROW = 10
#: an activity is the tallest that stands in a row
_HALF_ROW = 40


@dataclass(slots=True, kw_only=True, eq=False)
class Place:
    """Room that a node takes."""

    #: BPMN local name
    kind: str
    width: float
    height: float
    #: of the upper left corner
    x: float = 0
    y: float = 0
    #: activity that a boundary event hangs on
    host: str | None = None

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2


def ways_forward(source: Place, target: Place) -> Iterator[list[Point]]:
    """Ways from left to right, the plainest first."""
    (sx, sy), (tx, ty) = source.middle, target.middle
    right = source.x + source.width
    if source.host is not None:
        below, turn = bottom_of(source) + 14, target.x - COLUMN_GAP / 2
        yield [(sx, bottom_of(source)), (sx, ty), (target.x, ty)] if ty > sy + 20 else round_below(source, target, below)
        yield [(sx, bottom_of(source)), (sx, below), (turn, below), (turn, ty), (target.x, ty)]
        return
    if abs(sy - ty) < 1:
        yield [(right, sy), (target.x, ty)]
    elif source.kind.endswith("Gateway"):
        yield [(sx, bottom_of(source) if ty > sy else source.y), (sx, ty), (target.x, ty)]
        if ty > sy:
            # below its whole row: its neighbours may be taller
            yield round_below(source, target, max(bottom_of(target), ty + _HALF_ROW) + 14)
        if target.kind.endswith("Gateway"):
            yield [(right, sy), (tx, sy), (tx, bottom_of(target) if sy > ty else target.y)]
    elif target.kind.endswith("Gateway"):
        yield [(right, sy), (tx, sy), (tx, bottom_of(target) if sy > ty else target.y)]
    for turn in (target.x - COLUMN_GAP / 2, right + COLUMN_GAP / 2):
        yield [(right, sy), (turn, sy), (turn, ty), (target.x, ty)]
    # Between two rows nothing stands: once beside the source's row, once beside the target's.
    for between in (source.y - BESIDE_ROW, bottom_of(source) + BESIDE_ROW, target.y - BESIDE_ROW, bottom_of(target) + BESIDE_ROW):
        leave, arrive = right + 12, target.x - 16
        yield [(right, sy), (leave, sy), (leave, between), (arrive, between), (arrive, ty), (target.x, ty)]


def ways_back(source: Place, target: Place, levels: Iterable[float], floor: float, end: float) -> Iterator[list[Point]]:
    """Ways back, along one of the levels between the rows or along the floor. `end`: right of everything."""
    (sx, sy), (tx, ty) = source.middle, target.middle
    low, high = max(bottom_of(source), bottom_of(target)) + BESIDE_ROW, min(source.y, target.y) - BESIDE_ROW
    yield round_below(source, target, low)
    if source.host is None:
        yield [(sx, source.y), (sx, high), (tx, high), (tx, target.y)]
    for level in levels:
        if any(each.y < level < bottom_of(each) for each in (source, target)):
            continue
        # out of the top or the bottom, whichever the level is nearer to, and in likewise
        leave = bottom_of(source) if level > sy else source.y
        arrive = bottom_of(target) if level > ty else target.y
        if source.host is None or level > sy:
            yield [(sx, leave), (sx, level), (tx, level), (tx, arrive)]
            yield [(sx, leave), (sx, level), (target.x - 14, level), (target.x - 14, ty), (target.x, ty)]
        if source.host is None:
            right = source.x + source.width
            for turn in (right + 16, end):
                yield [(right, sy), (turn, sy), (turn, level), (tx, level), (tx, arrive)]
    yield by_gutters(source, target, floor)


def by_gutters(source: Place, target: Place, floor: float) -> list[Point]:
    """Back along the bottom, up and down only between columns."""
    (_, sy), (_, ty) = source.middle, target.middle
    leave, arrive = source.x + source.width + 16, target.x - 14
    return [(source.x + source.width, sy), (leave, sy), (leave, floor), (arrive, floor), (arrive, ty), (target.x, ty)]


def round_below(source: Place, target: Place, y: float) -> list[Point]:
    """Down from the middle of one, along `y`, up into the middle of the other."""
    (sx, _), (tx, _) = source.middle, target.middle
    return [(sx, bottom_of(source)), (sx, y), (tx, y), (tx, bottom_of(target))]


def bottom_of(node: Place) -> float:
    """Where it ends below."""
    return node.y + node.height


def hits(way: list[Point], node: Place) -> int:
    """How many pieces of a way run through a node."""
    return sum(
        min(x1, x2) < node.x + node.width and max(x1, x2) > node.x and min(y1, y2) < bottom_of(node) and max(y1, y2) > node.y
        for (x1, y1), (x2, y2) in pairwise(way)
    )


def between_pools(source: tuple[float, float, float, float], target: tuple[float, float, float, float]) -> list[Point]:
    """A message flow's way; the ends are (x, y, width, height) of nodes or pools."""
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
