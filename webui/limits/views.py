"""All limits over a period, and over months; one limit with its parts, its cases and their file."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

import flask
from flask.typing import ResponseReturnValue

from engine import limit_figures, limit_files, limit_series, limit_setting
from engine.limit_gaps import Gap
from engine.queries import limits as queries
from engine.queries import sites as site_queries
from engine.queries.limits import LimitFilters, Outcome, Split
from webui import exports, session
from webui.display import local, moment, zone
from webui.language import gettext
from webui.limits import reading
from webui.limits.named import category_titles, named
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of

#: the first and the last day of a period; None for everything
Days = tuple[date, date] | None
#: of what was never begun the page shows the first; the file has all
_GAPS = 50


def overview() -> ResponseReturnValue:
    """Every limit of the deployed procedures, also those that nothing was measured for."""
    filters, days = _filters()
    rows = named(limit_figures.overview(runtime_of(), current(), session.actor(), filters))
    groups = [(procedure, list(group)) for procedure, group in groupby(rows, key=lambda row: row.procedure)]
    return flask.render_template("limits/overview.html", groups=groups, **_around(filters, days))


def show(limit_id: str) -> ResponseReturnValue:
    """One limit: its figures, by building, person or month, and the cases behind them."""
    filters, days = _filters(limit_id)
    measured = limit_figures.measure(runtime_of(), current(), session.actor(), filters)
    args = flask.request.args
    splits = [each for each in Split if each is not Split.CATEGORY or _category_of(measured)]
    split = Split(args["by"]) if args.get("by") in splits else Split.BUILDING
    outcome = _outcome()
    page = queries.clocks(current(), session.actor(), replace(filters, outcome=outcome), after=args.get("after"))
    parts = limit_figures.parts(runtime_of(), current(), session.actor(), filters, split, measured)
    over_time = None
    if measured.known is not None:
        over_time = reading.over_time(limit_series.series(runtime_of(), current(), session.actor(), filters, length())[0])
    return flask.render_template(
        "limits/show.html", limit=named([measured])[0], parts=parts, split=split, splits=splits, page=page, outcome=outcome,
        outcomes=list(Outcome), gaps=_lacking(measured.gaps, outcome)[:_GAPS], over_time=over_time, length=length(),
        may_set=measured.known is not None and limit_setting.may_set(session.actor(), measured.known.limit),
        titles=category_titles(measured.known), last_of=reading.last_of,
        later=queries.later(current(), session.actor(), filters) if measured.later else (), **_around(filters, days),
    )  # fmt: skip


def charts() -> ResponseReturnValue:
    """Every limit as a small chart, by procedure."""
    filters, days = _filters()
    found = limit_series.series(runtime_of(), current(), session.actor(), filters, length())
    rows = [reading.over_time(each, is_small=True) for each in found]
    groups = [(procedure, list(group)) for procedure, group in groupby(rows, key=lambda row: row.procedure)]
    return flask.render_template("limits/charts.html", groups=groups, length=length(), **_around(filters, days))


def download(limit_id: str) -> ResponseReturnValue:
    """Every case behind the figure as CSV; written aside first, so that nothing of it stays in memory."""
    filters, _ = _filters(limit_id)
    measured = limit_figures.measure(runtime_of(), current(), session.actor(), filters)
    outcome = _outcome()
    rows = queries.stream(current(), session.actor(), replace(filters, outcome=outcome))
    lacking = _lacking(measured.gaps, outcome)
    return exports.send_list(
        "limit", "csv", named([measured])[0].name, lambda target: limit_files.write_csv(rows, lacking, target, gettext, moment))


def length() -> int:
    """How many months charts show."""
    return limit_series.LENGTHS[1] if flask.request.args.get("months") == str(limit_series.LENGTHS[1]) else limit_series.LENGTHS[0]


def _category_of(measured: limit_figures.Measured) -> str | None:
    return measured.known.limit.category if measured.known is not None else None


def _outcome() -> Outcome | None:
    text = flask.request.args.get("outcome")
    return Outcome(text) if text in list(Outcome) else None


def _lacking(gaps: tuple[Gap, ...], outcome: Outcome | None) -> tuple[Gap, ...]:
    return gaps if outcome in (None, Outcome.MISSED) else ()


def _filters(limit_id: str = "") -> tuple[LimitFilters, Days]:
    """From the address; without a period the current month, with `period=all` everything that was ever measured."""
    args = flask.request.args
    today = local(runtime_of().clock.now()).date()
    found = LimitFilters(
        site_id=id_of(args, "site"), building_id=id_of(args, "building"), person_id=id_of(args, "person"), limit_id=limit_id
    )
    category = args.get("category")
    if limit_id and category is not None:
        known = limit_figures.known_limits(runtime_of(), current()).get(limit_id)
        if known is not None and known.limit.category:
            found = replace(found, category=(known.limit.category, category))
    if args.get("period") == "all":
        return found, None
    since, until = day_of(args, "since") or today.replace(day=1), day_of(args, "until") or today
    begins, ends = (datetime.combine(day, time(), zone()) for day in (since, until + timedelta(days=1)))
    return replace(found, since=begins, until=ends), (since, until)


def _around(filters: LimitFilters, days: Days) -> dict[str, object]:
    period = {"period": "all"} if days is None else {"since": days[0].isoformat(), "until": days[1].isoformat()}
    address = {
        "site": filters.site_id, "building": filters.building_id, "person": filters.person_id,
        "category": filters.category[1] if filters.category is not None else None,
    }  # fmt: skip
    places = {name: value for name, value in address.items() if value is not None}
    return {
        "filters": filters, "days": days, "places": site_queries.places(current(), session.actor()), "place": places,
        "address": {**period, **places}, "periods": reading.periods(local(runtime_of().clock.now()).date(), days),
        "person": reading.person(filters.person_id),
    }  # fmt: skip
