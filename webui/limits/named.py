"""What limits are called and what they ask for, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine import definitions
from engine.calendars import END_OF_DAY, parse_duration
from engine.limit_figures import KnownLimit, Measured
from engine.limit_rules import Kind, Limit
from webui.clauses import clause_words, reasons
from webui.display import duration
from webui.language import gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import content, worded


@dataclass(frozen=True, slots=True)
class NamedLimit:
    """A limit as the page shows it."""

    measured: Measured
    name: str
    procedure: str
    clauses: tuple[str, ...] = ()
    target: str = ""
    #: what the clauses say
    reason: str = ""

    @property
    def figure(self) -> str:
        """The one number that is held against the target; a dash where there is none yet."""
        figures, kind = self.measured.figures, self.measured.kind
        if kind is Kind.NEVER:
            return gettext("{n} 件", n=figures.missed)
        if kind is Kind.AVERAGE:
            return "—" if figures.average is None else f"{figures.average:.2f}"
        return "—" if figures.share is None else f"{figures.share * 100:.1f}%"


def named(measured: list[Measured]) -> list[NamedLimit]:
    """With names, clauses and targets."""
    names = {info.key: worded(info.name, info.id) for info in definitions.list_latest(runtime_of(), current())}
    return [_named(each, names) for each in measured]


def name_of(known: KnownLimit) -> str:
    """What people call it."""
    return worded(known.limit.name, known.definition_id)


def category_titles(known: KnownLimit | None) -> dict[str, str]:
    """What the values of its category are called; empty where it has none."""
    if known is None or not known.limit.category:
        return {}
    form_key, _, name = known.limit.category.partition(".")
    form = content(known.definition_id).forms.get(form_key)
    field = form.field(name) if form is not None else None
    return {} if field is None else {str(choice.value): worded(choice.title, known.definition_id) for choice in field.choices}


def demand_words(limit: Limit, demand: str) -> str:
    """What is asked for, written as `Limit.demand` gives it."""
    if demand.startswith("day "):
        return gettext("每月 {day} 日前", day=demand.removeprefix("day "))
    if limit.kind is Kind.NEVER:
        return gettext("{n} 件", n=0)
    if not demand:
        return "—"
    if limit.kind is Kind.CLOCK:
        now, calendar = runtime_of().clock.now(), runtime_of().organisation.calendar
        return gettext("當日") if demand == END_OF_DAY else duration(calendar.add(now, parse_duration(demand), "always") - now)
    goal = Decimal(demand)
    least = per_cent(goal) if limit.kind is Kind.SHARE else f"{goal.normalize():f}"
    return gettext("不低於 {least}", least=least) if least != "100%" else least


def per_cent(share: Decimal) -> str:
    """`0.95` → `95%`."""
    return f"{(share * 100).normalize():f}%"


def _named(each: Measured, names: Mapping[str, str]) -> NamedLimit:
    known = each.known
    if known is None:
        return NamedLimit(each, each.id, gettext("不再使用的時限"))
    key = known.limit.process_key
    clauses = clause_words(known.limit.clauses, key, names)
    return NamedLimit(each, worded(known.limit.name, known.definition_id), names[key], clauses, _target(each, known),
                      reasons(known.limit.clauses, known.definition_id))


def _target(each: Measured, known: KnownLimit) -> str:
    limit, goals = known.limit, each.figures.goals
    if limit.kind in (Kind.CLOCK, Kind.NEVER) or goals is None:
        return demand_words(limit, limit.demand)
    words = [per_cent(goal) if limit.kind is Kind.SHARE else f"{goal.normalize():f}" for goal in dict.fromkeys(goals)]
    least = "–".join(words)
    return gettext("不低於 {least}", least=least) if least != "100%" else least
