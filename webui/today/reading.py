"""What of the day a person asked to see, read from the address, and its words for the page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import definitions
from engine.queries.today_conditions import Figure, When
from engine.queries.today_lists import WorkFilters
from engine.today import DAYS, HOURS, LimitLine, StepLine, Today, Wish
from webui import session
from webui.clauses import clause_words
from webui.language import current_locale, gettext
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of
from webui.wording import limit_name, worded

#: for so long a page is the same where its figures are: lengths of time on it grow with the minutes
_STEADY = 300
FIGURES = {
    Figure.LATE: "逾期", Figure.SOON: "即將逾期", Figure.FAILED: "異常", Figure.STILL: "停滯", Figure.SUSPENDED: "已暫停",
    Figure.STARTED: "今天發起", Figure.ENDED: "今天結束",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table of what is held against the manual."""

    name: str
    #: `§5.1`, or with the name of the procedure that it is of
    clauses: tuple[str, ...]
    procedure: str
    late: int
    soon: int
    #: where the lists behind the numbers lie
    endpoint: str
    address: dict[str, str]
    due_at: Any


def wish_of(args: Mapping[str, str]) -> Wish:
    """From the address; what makes no sense there is passed over."""
    hours, days = id_of(args, "hours"), id_of(args, "days")
    return Wish(id_of(args, "site"), hours if hours in HOURS else HOURS[0], days if days in DAYS else DAYS[0])


def address_of(wish: Wish) -> dict[str, Any]:
    """The address's parameters; those at their defaults are left out."""
    values = {"site": wish.site_id, "hours": wish.hours, "days": wish.days}
    usual = {"site": None, "hours": HOURS[0], "days": DAYS[0]}
    return {name: value for name, value in values.items() if value != usual[name]}


def work_filters(args: Mapping[str, str]) -> WorkFilters:
    """Which work a list shows."""
    person = args.get("person", "")
    return WorkFilters(
        when=when_of(args), role=args.get("role") or None, definition_key=args.get("key") or None, element_id=args.get("step") or None,
        person_id=0 if person == "none" else id_of(args, "person"),
    )  # fmt: skip


def when_of(args: Mapping[str, str], otherwise: When = When.OPEN) -> When:
    """Late, soon, or all that is open."""
    return When(args["when"]) if args.get("when") in list(When) else otherwise


def tag(today: Today, wish: Wish) -> str:
    """Differs whenever the page would: its figures, who reads it and how, and every few minutes."""
    told = (today.totals, sorted(today.sites.items(), key=str), today.limits, today.steps, today.roles, today.people)
    parts = (repr(told), wish, int(today.moments.now.timestamp()) // _STEADY, session.actor().user_id, current_locale())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


def lines(today: Today) -> list[Line]:
    """Limits and steps that are late or soon will be, each with its clause; most late first."""
    names = {info.key: worded(info.name, info.id) for info in definitions.list_latest(runtime_of(), current())}
    found = [_limit_line(each, names) for each in today.limits] + [_step_line(each, names) for each in today.steps]
    return sorted(found, key=lambda line: (-line.late, line.due_at))


def limit_words(limit_id: str) -> str:
    """What people call a limit, by its id alone."""
    key = limit_id.partition(".")[0]
    home = next((info.id for info in definitions.list_latest(runtime_of(), current()) if info.key == key), None)
    return limit_name(limit_id, home) if home is not None else limit_id


def _limit_line(each: LimitLine, names: Mapping[str, str]) -> Line:
    limit_id, known = each.count.limit_id, each.known
    key = known.limit.process_key if known is not None else limit_id.partition(".")[0]
    name = worded(known.limit.name, known.definition_id) if known is not None else limit_id
    clauses = clause_words(known.limit.clauses, key, names) if known is not None else ()
    return Line(
        name, clauses, names.get(key, gettext("不再使用的時限")), each.count.late, each.count.soon, "today.clocks", {"limit_id": limit_id},
        each.count.due_at,
    )  # fmt: skip


def _step_line(each: StepLine, names: Mapping[str, str]) -> Line:
    clauses = clause_words(each.clauses, each.definition_key, names)
    address = {"key": each.definition_key, "step": each.element_id}
    name = gettext("步驟「{step}」", step=worded(each.name, each.definition_id))
    return Line(name, clauses, names.get(each.definition_key, ""), each.late, each.soon, "today.work", address, each.due_at)
