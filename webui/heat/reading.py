"""What a heat map's page reads from its address, and how its figures are shown on the diagram and in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import SequenceMatcher
from itertools import groupby
from math import ceil, sqrt
from typing import Any

from markupsafe import Markup

from engine import definitions, heat_flows
from engine.drawing import ElementMark, Status, draw
from engine.heat import LONGEST, Heat, StepHeat
from engine.permissions import may
from engine.queries.heat import Figure
from engine.queries.ways import Way, Ways
from webui import session
from webui.display import duration, local, zone
from webui.language import gettext
from webui.limits.reading import Period
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded

#: what colours the diagram, source language
MEASURES = {
    "standing": "現有案件", "passed": "經過次數", "median": "用時中位數", "ninetieth": "用時九成內", "returned": "退回再辦",
    "missed": "未達時限",
}  # fmt: skip
#: of the table, in order
COLUMNS = {"step": "步驟", **MEASURES}
#: in how many cases a manager did what, by the history's word for it
KINDS = {
    "work_item.moved": "移動步驟", "instance.intervened": "管理干預", "instance.suspended": "暫停", "instance.cancelled": "取消",
    "instance.migrated": "換版本", "variable.corrected": "更正欄位", "work_item.due_changed": "改期限", "incident.resolved": "排除異常",
}  # fmt: skip
_FIGURES = {
    Figure.STANDING: "停在「{step}」的案件", Figure.PASSED: "經過「{step}」的案件", Figure.RETURNED: "再次回到「{step}」的案件",
    Figure.STEPPED_IN: "管理人員介入的案件",
}  # fmt: skip
_VALUES: dict[str, Callable[[StepHeat], float]] = {
    "standing": lambda step: step.standing, "passed": lambda step: step.now.passed, "median": lambda step: step.now.median or 0,
    "ninetieth": lambda step: step.now.ninetieth or 0, "returned": lambda step: step.now.returned, "missed": lambda step: step.missed,
}  # fmt: skip
_LEVELS = (Status.HEAT_1, Status.HEAT_2, Status.HEAT_3, Status.HEAT_4)
#: how wide the ways between steps are drawn
_THIN, _WIDE = 3.0, 16.0
#: days of the periods that are offered
_LENGTHS = {7: "近 7 天", 30: "近 30 天", 90: "近 90 天", 365: "近一年"}
_USUAL = 30


@dataclass(frozen=True, slots=True)
class Wish:
    """What of a heat map a person asked to see."""

    #: both included
    since: date
    until: date
    site_id: int | None
    #: what colours the diagram
    by: str
    #: column, with `-` before it descending
    sort: str

    def span(self) -> tuple[datetime, datetime]:
        """The moments from the beginning of the first day to the end of the last."""
        return datetime.combine(self.since, time(), zone()), datetime.combine(self.until + timedelta(days=1), time(), zone())

    def address(self, **changes: Any) -> dict[str, Any]:
        """Parameters of an address with some changed."""
        mine = {"since": self.since.isoformat(), "until": self.until.isoformat(), "site": self.site_id, "by": self.by, "sort": self.sort}
        return {name: value for name, value in (mine | changes).items() if value not in (None, "")}


@dataclass(frozen=True, slots=True)
class Row:
    """A step of the table."""

    step: StepHeat
    name: str


@dataclass(frozen=True, slots=True)
class ToldStep:
    """A step of a way."""

    name: str
    #: how often running
    times: int
    #: beside the way that most cases took: `same`, `other` (not there in it) or `skipped` (only there)
    look: str = "same"


@dataclass(frozen=True, slots=True)
class ToldWay:
    """A way that cases took."""

    way: Way
    steps: tuple[ToldStep, ...]
    #: of all cases, in hundredths
    percent: int


@dataclass(frozen=True, slots=True)
class ToldWays:
    """All of them."""

    found: Ways
    rows: tuple[ToldWay, ...]


def told_ways(found: Ways) -> ToldWays:
    """The ways with the names of their steps, each beside the one that most cases took."""
    latest = {info.key: info.id for info in definitions.list_latest(runtime_of(), current())}

    def name(step: tuple[str, str]) -> str:
        key, element_id = step
        element = content(latest[key]).diagram.elements.get(element_id) if key in latest else None
        return (worded(element.name, latest[key]) if element is not None else "") or element_id

    rows: list[ToldWay] = []
    for way in found.ways:
        steps = [ToldStep(name(step), len(list(run))) for step, run in groupby(way.steps)]
        told = beside(rows[0].steps, steps) if rows else steps
        rows.append(ToldWay(way, tuple(told), round(100 * way.cases / found.cases)))
    return ToldWays(found, tuple(rows))


def beside(usual: Sequence[ToldStep], taken: Sequence[ToldStep]) -> list[ToldStep]:
    """A way as it differs from the usual one, with what was left out; of two rounds the second is what is more."""
    agreed = next((n for n, (one, other) in enumerate(zip(usual, taken, strict=False)) if one != other), min(len(usual), len(taken)))
    told, usual, taken = list(taken[:agreed]), usual[agreed:], taken[agreed:]
    names, taken_names = ([step.name for step in steps] for steps in (usual, taken))
    for what, from_usual, to_usual, first, end in SequenceMatcher(None, names, taken_names, autojunk=False).get_opcodes():
        if what == "equal":
            # as often as there, or it is something else
            told += [step if step == there else replace(step, look="other")
                     for step, there in zip(taken[first:end], usual[from_usual:to_usual], strict=True)]
            continue
        told += [replace(each, look="skipped") for each in usual[from_usual:to_usual]]
        told += [replace(each, look="other") for each in taken[first:end]]
    return told


def wish_of(args: Mapping[str, str]) -> Wish:
    """From the address; what makes no sense is passed over."""
    today = local(runtime_of().clock.now()).date()
    until = min(day_of(args, "until") or today, today)
    since = min(day_of(args, "since") or until - timedelta(days=_USUAL - 1), until)
    by, sort = args.get("by", ""), args.get("sort", "")
    return Wish(
        max(since, until - LONGEST + timedelta(days=2)), until, id_of(args, "site"), by if by in MEASURES else "standing",
        sort if sort.removeprefix("-") in COLUMNS else "",
    )  # fmt: skip


def may_see() -> bool:
    """Whether the reader has heat maps at all."""
    return may(session.actor(), "process-heat:read")


def figure_of(args: Mapping[str, str]) -> Figure:
    """Which figure's cases are asked for."""
    return Figure(args["figure"]) if args.get("figure") in list(Figure) else Figure.STANDING


def periods(wish: Wish) -> list[Period]:
    """The periods to choose from; all of them end today."""
    today = local(runtime_of().clock.now()).date()
    spans = [(label, today - timedelta(days=days - 1)) for days, label in _LENGTHS.items()]
    kept = {name: str(value) for name, value in wish.address(since=None, until=None).items()}
    return [
        Period(label, {"since": since.isoformat(), "until": today.isoformat(), **kept}, (since, today) == (wish.since, wish.until))
        for label, since in spans
    ]  # fmt: skip


def rows(heat: Heat, wish: Wish) -> list[Row]:
    """The table's rows: in the diagram's order, or by a column."""
    found = [Row(step, worded(step.element.name, heat.info.id) or step.element.id) for step in heat.steps if step.is_shown]
    column = wish.sort.removeprefix("-")
    if column:
        value = _VALUES.get(column)
        found.sort(key=(lambda row: (value(row.step), "")) if value else (lambda row: (0, row.name)), reverse=wish.sort.startswith("-"))
    return found


def picture(heat: Heat, wish: Wish) -> Markup:
    """The diagram, coloured and numbered by the chosen measure."""
    value = _VALUES[wish.by]
    most = max((value(step) for step in heat.steps), default=0)
    marks = {
        step.element.id: ElementMark(_LEVELS[max(0, ceil(4 * value(step) / most) - 1)], _told(wish.by, value(step)),
                                     "\n".join(_card(step, heat.info.id)))
        for step in heat.steps if value(step)
    }  # fmt: skip
    if wish.by == "passed":
        marks |= _flows(heat)
    svg = draw(heat.content.xml, heat.info.key, marks, lambda text: worded(text, heat.info.id))
    return Markup(svg)  # noqa: S704 - `draw` escapes what it takes from the file


def _flows(heat: Heat) -> dict[str, ElementMark]:
    """The ways between the steps, the wider the more often they were taken."""
    times = heat_flows.taken(heat.content.diagram, {step.element.id: step.now.passed for step in heat.steps})
    most = max(times.values(), default=0)
    return {
        flow_id: ElementMark(_LEVELS[max(0, ceil(4 * count / most) - 1)], title=gettext("約 {n} 次", n=count),
                             width=_THIN + (_WIDE - _THIN) * sqrt(count / most))
        for flow_id, count in times.items() if count
    }  # fmt: skip


def cases_title(key: str, figure: Figure, step: str) -> str:
    """What a list of cases is of."""
    held = content(definitions.latest(runtime_of(), current(), key).id)
    if figure is Figure.STEPPED_IN:
        kind = KINDS.get(step)
        return gettext(_FIGURES[figure]) + (f" · {gettext(kind)}" if kind else "")
    element = held.diagram.elements.get(step)
    name = worded(element.name, definitions.latest(runtime_of(), current(), key).id) if element is not None else ""
    return gettext(_FIGURES[figure], step=name or step)


def _told(measure: str, value: float) -> str:
    return duration(value) if measure in ("median", "ninetieth") else f"{value:g}"


def _card(step: StepHeat, definition_id: int) -> list[str]:
    """What is told of an element on hover, and read aloud."""
    lines = [worded(step.element.name, definition_id) or step.element.id]
    for measure, label in MEASURES.items():
        value = _VALUES[measure](step)
        if value:
            lines.append(f"{gettext(label)}: {_told(measure, value)}")
    return lines
