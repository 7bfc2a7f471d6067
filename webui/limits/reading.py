"""What the pages of limits show beside the figures: charts with their months as a table, periods to choose from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from engine.limit_rules import Kind
from engine.limit_series import Point, Series
from engine.queries import people
from engine.queries.months import next_month
from webui.clauses import clause_words
from webui.limits.chart import Chart, draw, told
from webui.limits.named import demand_words, name_of
from webui.unit_of_work import current
from webui.wording import worded


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month as a row of a table."""

    point: Point
    #: the value, the target and the value of the month in the period before, as they are read
    value: str
    target: str
    earlier: str
    reached: bool | None

    @property
    def address(self) -> dict[str, str]:
        """The period of the month."""
        last = next_month(self.point.month) - timedelta(days=1)
        return {"since": self.point.month.isoformat(), "until": last.isoformat()}


@dataclass(frozen=True, slots=True)
class OverTime:
    """A limit's chart with everything that stands around it."""

    id: str
    name: str
    procedure: str
    clauses: tuple[str, ...]
    kind: Kind
    chart: Chart
    months: tuple[MonthRow, ...]
    #: (day, before, after) of targets that changed or will
    changes: tuple[tuple[date, str, str], ...]

    @property
    def last(self) -> MonthRow:
        """The present month."""
        return self.months[-1]


@dataclass(frozen=True, slots=True)
class Period:
    """A period to choose."""

    #: source language
    label: str
    address: dict[str, str]
    is_chosen: bool


def over_time(series: Series, *, is_small: bool = False) -> OverTime:
    """A series as it is shown."""
    limit, kind, definition_id = series.known.limit, series.known.limit.kind, series.known.definition_id
    rows = []
    for point, before in zip_longest(series.points, series.earlier):
        value, former = point.value(kind), before.value(kind) if before is not None else None
        rows.append(MonthRow(
            point, "—" if value is None else told(value, kind), demand_words(limit, point.demand),
            "—" if former is None else told(former, kind), point.figures.is_reached(kind),
        ))  # fmt: skip
    procedure = worded(series.known.procedure, definition_id)
    changes = tuple((each.day, demand_words(limit, each.before), demand_words(limit, each.after)) for each in series.changes)
    clauses = clause_words(limit.clauses, limit.process_key, {limit.process_key: procedure})
    return OverTime(series.id, name_of(series.known), procedure, clauses, kind, draw(series, is_small=is_small), tuple(rows), changes)


def periods(today: date, days: tuple[date, date] | None) -> list[Period]:
    """The periods that people ask for, with the one that is shown marked."""
    this_month = today.replace(day=1)
    last_day = this_month - timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    year = today.replace(month=1, day=1)
    before = this_month.replace(year=today.year - 1)
    offered = [
        ("本月", (this_month, today)), ("上月", (last_day.replace(day=1), last_day)), ("本季", (quarter, today)), ("今年", (year, today)),
        ("近十二個月", (before, today)),
    ]  # fmt: skip
    found = [Period(label, {"since": span[0].isoformat(), "until": span[1].isoformat()}, span == days) for label, span in offered]
    return [*found, Period("全部期間", {"period": "all"}, days is None)]


def last_of(month: str) -> str:
    """The last day of `2026-11`."""
    return (next_month(date.fromisoformat(f"{month}-01")) - timedelta(days=1)).isoformat()


def person(user_id: int | None) -> str:
    """The name of a person whose figures are shown; empty where it is everybody's."""
    return "" if user_id is None else people.names(current(), {user_id}).get(user_id, "")
