"""Where the bars and lines of a role's load by week stand: coordinates for an SVG that the template writes. Knows no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from engine.what_if.telling import Both, Spread

WIDTH, HEIGHT = 340, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 8, 10, 24


@dataclass(frozen=True, slots=True)
class Bar:
    """One week of one side."""

    x: float
    y: float
    width: float
    height: float
    #: from where to where four of five plays lie
    low: float
    high: float
    #: `now` or `changed`
    side: str
    week: int
    #: in hundredths
    percent: int

    @property
    def middle(self) -> float:
        """Where the line of its range stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing."""

    width: float
    height: float
    left: float
    right: float
    bottom: float
    #: (height, hundredths)
    ticks: tuple[tuple[float, int], ...]
    #: (middle, number)
    weeks: tuple[tuple[float, int], ...]
    bars: tuple[Bar, ...]


def draw(load: Sequence[Both]) -> Chart:
    """A bar a week, two beside each other where something else was asked; the scale ends at 100% or above."""
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM
    most = max([1.0, *(side.high for both in load for side in (both.now, both.changed) if side is not None)])
    top = ceil(most * 4) / 4
    step = (right - _LEFT) / max(len(load), 1)

    def y(value: float) -> float:
        return round(bottom - value / top * (bottom - _TOP), 1)

    bars: list[Bar] = []
    for week, both in enumerate(load):
        sides: list[tuple[str, Spread]] = [("now", both.now), *([("changed", both.changed)] if both.changed is not None else [])]
        width = min(step * 0.7, 44) / len(sides)
        left = _LEFT + step * (week + 0.5) - width * len(sides) / 2
        for place, (side, spread) in enumerate(sides):
            at = y(spread.median)
            bars.append(Bar(round(left + width * place, 1), at, round(width - 1, 1), round(bottom - at, 1), y(spread.low), y(spread.high),
                            side, week + 1, round(spread.median * 100)))  # fmt: skip
    ticks = tuple((y(part * top / 4), round(part * top * 25)) for part in range(5))
    weeks = tuple((round(_LEFT + step * (week + 0.5), 1), week + 1) for week in range(len(load)))
    return Chart(WIDTH, HEIGHT, _LEFT, right, bottom, ticks, weeks, tuple(bars))
