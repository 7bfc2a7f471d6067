"""The heat map of a procedure, and the cases behind a figure."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import definitions, event_logs, heat
from engine.event_logs import LogKind
from engine.permissions import require
from engine.queries import heat as queries
from engine.queries import sites as site_queries
from engine.queries import today_lists, ways
from webui import event_log_files, session
from webui.heat import reading
from webui.unit_of_work import current, runtime_of


def choose() -> ResponseReturnValue:
    """On to the procedure that was chosen, or the one whose cases moved last."""
    require(session.actor(), "process-heat:read")
    known = [info.key for info in definitions.list_latest(runtime_of(), current())]
    if not known:
        return flask.render_template("heat/none.html")
    address = reading.wish_of(flask.request.args).address()
    wished = (flask.request.args.get("key", ""), site_queries.last_procedure(current(), session.actor()))
    key = next((each for each in wished if each in known), known[0])
    return flask.redirect(flask.url_for("heat.show", key=key, **address))


def show(key: str) -> ResponseReturnValue:
    """The diagram, and the same figures as a table."""
    wish = reading.wish_of(flask.request.args)
    looked = heat.look(runtime_of(), current(), session.actor(), key, *wish.span(), wish.site_id)
    found = heat.read(runtime_of(), current(), session.actor(), looked)
    procedures = definitions.list_latest(runtime_of(), current())
    return flask.render_template(
        "heat/show.html", heat=found, rows=reading.rows(found, wish), picture=reading.picture(found, wish), wish=wish,
        measures=reading.MEASURES, columns=reading.COLUMNS, places=site_queries.places(current(), session.actor()), procedures=procedures,
        periods=reading.periods(wish), kinds=reading.KINDS, ways=reading.told_ways(ways.taken(current(), looked)),
        may_name=event_logs.may_name(session.actor()),
    )  # fmt: skip


def cases(key: str) -> ResponseReturnValue:
    """The cases behind a figure, page by page."""
    args, wish = flask.request.args, reading.wish_of(flask.request.args)
    looked = heat.look(runtime_of(), current(), session.actor(), key, *wish.span(), wish.site_id)
    figure, step = reading.figure_of(args), args.get("step", "")[:120]
    page = queries.cases(current(), looked, figure, step, after=args.get("after"))
    return flask.render_template(
        "heat/cases.html", page=page, wish=wish, key=key, figure=figure, step=step, title=reading.cases_title(key, figure, step),
        standing=today_lists.standing(current(), {row.id for row in page.rows}),
    )  # fmt: skip


def download(key: str, kind: str) -> ResponseReturnValue:
    """What happened in the cases as a file for other tools."""
    wish = reading.wish_of(flask.request.args)
    looked = heat.look(runtime_of(), current(), session.actor(), key, *wish.span(), wish.site_id)
    is_named = flask.request.args.get("persons") == "names"
    return event_log_files.answer(runtime_of(), current(), session.actor(), looked, LogKind(kind), is_named=is_named)
