"""Where the lines, marks and words of a limit's chart stand: coordinates for an SVG that the template writes. Knows no page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor

from engine.limit_rules import Kind
from engine.limit_series import Point, Series
from engine.queries.months import next_month

#: of the drawing, and what its axes take of it on each side
WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 26, 30
#: of a small one, which has no axes
SMALL_WIDTH, SMALL_HEIGHT = 320, 96
_EDGE = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid, or a month below it."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One month's value."""

    x: float
    y: float
    month: date
    #: as it is read
    text: str
    reached: bool | None
    is_closed: bool

    @property
    def month_end(self) -> date:
        """Its last day."""
        return next_month(self.month) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Flag:
    """Where a target changed."""

    x: float
    day: date
    before: str
    after: str
    #: whether its words stand left of it: else they would leave the drawing
    is_left: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    ticks: tuple[Tick, ...]
    months: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    #: points of connected months, as SVG writes them
    lines: tuple[str, ...]
    earlier: tuple[str, ...]
    #: the target as steps
    target: str
    flags: tuple[Flag, ...]


def draw(series: Series, *, is_small: bool = False) -> Chart:
    """Place a series. A month in which nothing is decided has no mark and breaks the line."""
    kind = series.known.limit.kind
    width, height = (SMALL_WIDTH, SMALL_HEIGHT) if is_small else (WIDTH, HEIGHT)
    left, right = (_EDGE, width - _EDGE) if is_small else (_LEFT, width - _RIGHT)
    top, bottom = (_EDGE, height - _EDGE) if is_small else (_TOP, height - _BOTTOM)
    low, high = _range(series, kind)
    step = (right - left) / max(len(series.points), 1)

    def x(place: float) -> float:
        return round(left + (place + 0.5) * step, 1)

    def y(value: float) -> float:
        return round(bottom - (value - low) / (high - low) * (bottom - top), 1)

    marks = tuple(
        Mark(x(place), y(value), point.month, told(value, kind), point.figures.is_reached(kind), point.is_closed)
        for place, point in enumerate(series.points) if (value := point.value(kind)) is not None
    )  # fmt: skip
    target = []
    for place, point in enumerate(series.points):
        level = y(min(max(point.target(kind), low), high))
        target += [f"{x(place - 0.5)},{level}", f"{x(place + 0.5)},{level}"]
    return Chart(
        width, height, left, right, top, bottom,
        tuple(Tick(y(value), told(value, kind, is_tick=True)) for value in _ticks(low, high, kind)),
        tuple(Tick(x(place), _month(point.month, place)) for place, point in enumerate(series.points)
              if len(series.points) <= 12 or place % 2 == 0),
        marks, _lines(series.points, kind, x, y), _lines(series.earlier, kind, x, y), " ".join(target), _flags(series, x, step),
    )  # fmt: skip


def told(value: float, kind: Kind, *, is_tick: bool = False) -> str:
    """A value as it is read."""
    if kind is Kind.NEVER:
        return f"{value:.0f}"
    if kind is Kind.AVERAGE:
        return f"{value:.0f}" if is_tick else f"{value:.2f}"
    return f"{value * 100:.0f}%" if is_tick else f"{value * 100:.1f}%"


def _range(series: Series, kind: Kind) -> tuple[float, float]:
    """From where to where the scale goes: shares begin at nothing unless all of them are high, so that a fall is seen."""
    points = (*series.points, *series.earlier)
    values = [value for point in points if (value := point.value(kind)) is not None]
    aims = [point.target(kind) for point in series.points]
    if kind is Kind.NEVER:
        return 0, max(4, ceil(max(values, default=0)))
    if kind is Kind.AVERAGE:
        low, high = min([*values, *aims], default=0), max([*values, *aims], default=1)
        room = max((high - low) * 0.15, high * 0.05, 1)
        return max(0, floor(low - room)), ceil(high + room)
    least = min([*values, *aims], default=0)
    return (0.8 if least >= 0.85 else 0.5 if least >= 0.55 else 0), 1


def _ticks(low: float, high: float, kind: Kind) -> list[float]:
    if kind is Kind.NEVER:
        every = ceil(high / 4)
        return [float(value) for value in range(0, int(high) + 1, every)]
    parts = 5 if kind is not Kind.AVERAGE and low == 0.5 else 4
    return [low + (high - low) * part / parts for part in range(parts + 1)]


def _month(month: date, place: int) -> str:
    return f"{month:%Y-%m}" if place == 0 or month.month == 1 else f"{month.month}"


def _lines(points: tuple[Point, ...], kind: Kind, x: Callable[[float], float], y: Callable[[float], float]) -> tuple[str, ...]:
    found: list[list[str]] = [[]]
    for place, point in enumerate(points):
        value = point.value(kind)
        if value is None:
            found.append([])
        else:
            found[-1].append(f"{x(place)},{y(value)}")
    return tuple(" ".join(each) for each in found if len(each) > 1)


def _flags(series: Series, x: Callable[[float], float], step: float) -> tuple[Flag, ...]:
    places = {point.month: place for place, point in enumerate(series.points)}
    found = []
    for change in series.changes:
        place = places.get(change.day.replace(day=1))
        if place is not None:
            at = round(x(place - 0.5) + step * (change.day.day - 1) / 31, 1)
            found.append(Flag(at, change.day, change.before, change.after, is_left=place > len(places) / 2))
    return tuple(found)
