"""All limits over a period; one limit with its parts and its cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine import permissions
from engine.errors import NotFoundError
from engine.queries import limits as queries
from engine.queries import sites as site_queries
from engine.queries.limits import LimitFilters, Outcome, Split
from webui import session
from webui.display import local, zone
from webui.limits.named import NamedLimit, named_limits
from webui.periods import day_of, id_of
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every limit of the deployed procedures, also those that nothing was measured for."""
    permissions.require(session.actor(), "process-instance:read")
    filters, days = _filters()
    found = {each.name: each for each in queries.figures(current(), session.actor(), filters)}
    limits = named_limits()
    rows = [(limit, found.get(limit.id)) for limit in limits.values()]
    # what is deployed no longer was still measured
    rows += [(NamedLimit.unknown(name), each) for name, each in found.items() if name is not None and name not in limits]
    return flask.render_template("limits/overview.html", rows=rows, **_around(filters, days))


def show(limit_id: str) -> ResponseReturnValue:
    """One limit: its figures, by building or person, and the clocks behind them."""
    permissions.require(session.actor(), "process-instance:read")
    filters, days = _filters()
    filters = replace(filters, limit_id=limit_id)
    limit = named_limits().get(limit_id) or NamedLimit.unknown(limit_id)
    args = flask.request.args
    split = Split(args["by"]) if args.get("by") in list(Split) else Split.BUILDING
    found = queries.figures(current(), session.actor(), filters)
    if not found and not limit.is_known:
        raise NotFoundError(kind="時限", id=limit_id)
    outcome = Outcome(args["outcome"]) if args.get("outcome") in list(Outcome) else None
    page = queries.clocks(current(), session.actor(), replace(filters, outcome=outcome), after=args.get("after"))
    parts = queries.figures(current(), session.actor(), filters, split, limit.stops)
    return flask.render_template(
        "limits/show.html", limit=limit, figures=found[0] if found else None, parts=parts, split=split, splits=list(Split), page=page,
        outcome=outcome, outcomes=list(Outcome), **_around(filters, days),
    )  # fmt: skip


def _filters() -> tuple[LimitFilters, tuple[date, date]]:
    """From the address; without a period the current month."""
    args = flask.request.args
    today = local(runtime_of().clock.now()).date()
    since, until = day_of(args, "since") or today.replace(day=1), day_of(args, "until") or today
    begins, ends = (datetime.combine(day, time(), zone()) for day in (since, until + timedelta(days=1)))
    filters = LimitFilters(since=begins, until=ends, site_id=id_of(args, "site"), building_id=id_of(args, "building"))
    return filters, (since, until)


def _around(filters: LimitFilters, days: tuple[date, date]) -> dict[str, object]:
    address = {"since": days[0].isoformat(), "until": days[1].isoformat(), "site": filters.site_id, "building": filters.building_id}
    return {
        "filters": filters, "days": days, "places": site_queries.places(current(), session.actor()),
        "address": {name: value for name, value in address.items() if value is not None},
    }  # fmt: skip
