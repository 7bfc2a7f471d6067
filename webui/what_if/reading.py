"""What the pages of what-ifs read from addresses and forms, and how figures are said there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import flask

from engine import definitions
from engine.errors import FieldError, FormInvalidError
from engine.i18n import describe_field_error
from engine.queries import what_if as queries
from engine.queries.what_if import PlayView
from engine.what_if import runs
from engine.what_if.asking import Offer
from engine.what_if.durations import Source
from engine.what_if.order import LONGEST, Order
from engine.what_if.telling import Rule, Told
from webui import session
from webui.clauses import clause_words
from webui.display import local, zone
from webui.language import current_locale
from webui.limits.reading import Period
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of
from webui.what_if.chart import Chart, draw
from webui.wording import worded

#: days of the periods that are offered
_LENGTHS = {30: "近 30 天", 90: "近 90 天", 365: "近一年"}
_USUAL = 90
_WEEKS, _REPLICATIONS = 4, 5
#: where a step's length was taken from, source language
SOURCES = {
    Source.TAKEN: "由領取到辦結", Source.BETWEEN: "由到達（或同一人上一件辦結）到辦結", Source.OUTSIDE: "由到達到辦結",
    Source.ROLE: "改用該角色全部步驟的用時", Source.LIMIT: "改用流程圖所給期限的一半", Source.ASSUMED: "沒有任何記錄，假定 15 分鐘",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wish:
    """From what a play is to learn."""

    #: both included
    since: date
    until: date
    site_id: int | None
    #: an earlier play that is asked again
    of: int | None = None

    def span(self) -> tuple[datetime, datetime]:
        """The moments from the beginning of the first day to the end of the last."""
        return datetime.combine(self.since, time(), zone()), datetime.combine(self.until + timedelta(days=1), time(), zone())

    def address(self) -> dict[str, Any]:
        """Parameters of an address."""
        found = {"since": self.since.isoformat(), "until": self.until.isoformat(), "site": self.site_id, "of": self.of}
        return {name: value for name, value in found.items() if value is not None}


def wish_of(args: Mapping[str, str]) -> Wish:
    """From the address or the form; what makes no sense is passed over."""
    today = local(runtime_of().clock.now()).date()
    until = min(day_of(args, "until") or today, today)
    since = min(day_of(args, "since") or until - timedelta(days=_USUAL - 1), until)
    return Wish(max(since, until - LONGEST + timedelta(days=2)), until, id_of(args, "site"), id_of(args, "of"))


def periods(wish: Wish) -> list[Period]:
    """The periods to choose from; all of them end today."""
    today = local(runtime_of().clock.now()).date()
    kept = {name: str(value) for name, value in wish.address().items() if name not in ("since", "until")}
    found = []
    for days, label in _LENGTHS.items():
        since = today - timedelta(days=days - 1)
        address = {"since": since.isoformat(), "until": today.isoformat(), **kept}
        found.append(Period(label, address, (since, today) == (wish.since, wish.until)))
    return found


def order_of(form: Mapping[str, str], wish: Wish) -> Order:
    """What was filled in. FormInvalidError for what is no number; what can't be played says who plays."""
    problems: list[FieldError] = []

    def number(name: str, usual: float, *, is_whole: bool = True) -> float:
        text = form.get(name, "").strip()
        try:
            return (int(text) if is_whole else float(text)) if text else usual
        except ValueError:
            sentence = "請輸入整數。" if is_whole else "請輸入數字。"
            problems.append(FieldError(name, "type", sentence, {}))
            return usual

    offer_keys = [name.removeprefix("use.") for name in form if name.startswith("use.")]
    arrivals = {key: number(f"arrivals.{key}", 1.0, is_whole=False) for key in offer_keys}
    staff = {name.removeprefix("staff."): int(number(name, -1)) for name in form if name.startswith("staff.") and form[name].strip()}
    since, until = wish.span()
    order = Order(
        since, until, int(number("weeks", _WEEKS)), arrivals, staff, int(number("replications", _REPLICATIONS)),
        int(number("seed", runs.any_seed())), with_open=form.get("with_open") == "on",
    )  # fmt: skip
    if problems:
        raise FormInvalidError(problems)
    return order


def typed(request: flask.Request, offer: Offer) -> dict[str, str]:
    """What stands in the form: what was sent, else what an earlier play asked, else how it is now."""
    if request.method == "POST":
        return {name: value for name, value in request.form.items() if name != "csrf_token"}
    usual = {"weeks": str(_WEEKS), "replications": str(_REPLICATIONS), "seed": str(runs.any_seed()), "with_open": "on", "name": ""}
    usual |= {f"use.{each.key}": "on" for each in offer.procedures if each.a_day or (each.is_timed and each.is_known)}
    usual |= {f"arrivals.{each.key}": "1" for each in offer.procedures}
    usual |= {f"staff.{role}": str(count) for role, count in offer.staff.items()}
    run_id = id_of(request.args, "of")
    if run_id is None:
        return usual
    found = queries.find(current(), session.actor(), run_id)
    order = Order.from_json(found.question)
    for each in offer.procedures:
        usual.pop(f"use.{each.key}", None)
    return usual | {
        "weeks": str(order.weeks), "replications": str(order.replications), "seed": str(order.seed), "name": found.name,
        "with_open": "on" if order.with_open else "",
        **{f"use.{key}": "on" for key in order.arrivals}, **{f"arrivals.{key}": f"{factor:g}" for key, factor in order.arrivals.items()},
        **{f"staff.{role}": str(count) for role, count in order.staff.items()},
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """An order in words that the page needs."""

    order: Order
    #: name of the procedure, factor
    arrivals: tuple[tuple[str, float], ...]
    #: role, people now, people asked, where they differ; known once it is finished
    staff: tuple[tuple[str, int, int], ...]
    #: the last day that it learns from
    until: datetime
    #: what it did learn from: not before there was a history; None until it is finished
    learned: tuple[datetime, datetime] | None
    address: dict[str, Any]


def asked(found: PlayView) -> Asked:
    """What a play was asked."""
    order = Order.from_json(found.question)
    latest = {info.key: info for info in definitions.list_latest(runtime_of(), current())}
    named = tuple(
        (worded(latest[key].name, latest[key].id) or key if key in latest else key, factor) for key, factor in order.arrivals.items()
    )
    until = order.until - timedelta(seconds=1)
    address = {"since": local(order.since).date().isoformat(), "until": local(until).date().isoformat(), "of": found.id}
    if found.sites is not None and len(found.sites) == 1:
        address["site"] = str(found.sites[0])
    learned = None
    if found.result is not None:
        learned = datetime.fromisoformat(found.result["since"]), datetime.fromisoformat(found.result["until"])
    present = found.result["people"] if found.result is not None else {}
    staff = tuple((role, present.get(role, 0), count) for role, count in order.staff.items() if present and count != present.get(role, 0))
    return Asked(order, named, staff, until, learned, address)


def charts(told: Told) -> dict[str, Chart]:
    """By role, the load of the weeks."""
    return {role.role: draw(role.load) for role in told.roles}


def clauses(rule: Rule) -> tuple[str, ...]:
    """The clauses of a rule as people say them."""
    latest = {info.key: worded(info.name, info.id) for info in definitions.list_latest(runtime_of(), current())}
    return clause_words(rule.clauses, rule.process_key, latest)


def worded_or_id(text: str, definition_id: int | None) -> str:
    """In the reader's language, as far as the procedure is still there."""
    return text if definition_id is None else worded(text, definition_id)


def problem(found: PlayView) -> str:
    """Why it failed."""
    if found.problem is None:
        return ""
    return describe_field_error(FieldError("", "", found.problem["sentence"], found.problem["data"]), current_locale())
