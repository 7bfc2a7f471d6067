"""All limits over a period; one limit with its parts, its cases and their file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import groupby

import flask
from flask.typing import ResponseReturnValue

from engine import limit_figures, limit_files
from engine.limit_gaps import Gap
from engine.queries import limits as queries
from engine.queries import sites as site_queries
from engine.queries.limits import LimitFilters, Outcome, Split
from webui import session
from webui.display import local, moment, zone
from webui.language import gettext
from webui.limits.named import named
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of

#: what is kept in memory of a file that is being written
_IN_MEMORY = 2**20
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
    split = Split(args["by"]) if args.get("by") in list(Split) else Split.BUILDING
    outcome = _outcome()
    page = queries.clocks(current(), session.actor(), replace(filters, outcome=outcome), after=args.get("after"))
    parts = limit_figures.parts(runtime_of(), current(), session.actor(), filters, split, measured.gaps)
    return flask.render_template(
        "limits/show.html", limit=named([measured])[0], parts=parts, split=split, splits=list(Split), page=page, outcome=outcome,
        outcomes=list(Outcome), gaps=_lacking(measured.gaps, outcome)[:_GAPS],
        later=queries.later(current(), session.actor(), filters) if measured.later else (), **_around(filters, days),
    )  # fmt: skip


def download(limit_id: str) -> ResponseReturnValue:
    """Every case behind the figure as CSV; written aside first, so that nothing of it stays in memory."""
    filters, _ = _filters(limit_id)
    measured = limit_figures.measure(runtime_of(), current(), session.actor(), filters)
    outcome = _outcome()
    rows = queries.stream(current(), session.actor(), replace(filters, outcome=outcome))
    target = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - sent after this function, closed with the answer
    limit_files.write_csv(rows, _lacking(measured.gaps, outcome), target, gettext, moment)
    target.seek(0)
    name = f"{named([measured])[0].name}.csv"
    response = flask.send_file(target, mimetype="text/csv; charset=utf-8", as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _outcome() -> Outcome | None:
    text = flask.request.args.get("outcome")
    return Outcome(text) if text in list(Outcome) else None


def _lacking(gaps: tuple[Gap, ...], outcome: Outcome | None) -> tuple[Gap, ...]:
    return gaps if outcome in (None, Outcome.MISSED) else ()


def _filters(limit_id: str = "") -> tuple[LimitFilters, tuple[date, date]]:
    """From the address; without a period the current month."""
    args = flask.request.args
    today = local(runtime_of().clock.now()).date()
    since, until = day_of(args, "since") or today.replace(day=1), day_of(args, "until") or today
    begins, ends = (datetime.combine(day, time(), zone()) for day in (since, until + timedelta(days=1)))
    filters = LimitFilters(
        since=begins, until=ends, site_id=id_of(args, "site"), building_id=id_of(args, "building"), limit_id=limit_id
    )
    return filters, (since, until)


def _around(filters: LimitFilters, days: tuple[date, date]) -> dict[str, object]:
    address = {"since": days[0].isoformat(), "until": days[1].isoformat(), "site": filters.site_id, "building": filters.building_id}
    return {
        "filters": filters, "days": days, "places": site_queries.places(current(), session.actor()),
        "address": {name: value for name, value in address.items() if value is not None},
    }  # fmt: skip
