"""The board and the next cards of a column. A refresh of an unchanged board is answered 304."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import boards, permissions
from engine.queries import board as queries
from engine.queries import board_notes
from engine.queries import sites as site_queries
from webui import session
from webui.board.reading import Reading, column_of, read
from webui.unit_of_work import current, runtime_of


def show() -> ResponseReturnValue:
    """The whole board; a request by the page's own script gets what changes alone."""
    is_part = "HX-Request" in flask.request.headers
    if not is_part and not flask.request.args.get("board") and not _boards():
        return flask.render_template("board/none.html")
    reading = read(flask.request.args)
    tag = reading.tag()
    if flask.request.if_none_match.contains_weak(tag):
        return flask.Response(status=304, headers={"ETag": f'W/"{tag}"'})
    template = "board/live.html" if is_part else "board/show.html"
    body = flask.render_template(template, tag=tag, **_live(reading), **_around(reading, is_part))
    response = flask.make_response(body)
    response.set_etag(tag, weak=True)
    return response


def column(process: str, column: str) -> ResponseReturnValue:
    """The next cards of one column."""
    reading = read(flask.request.args, process)
    wanted, after = column_of(reading, column), flask.request.args.get("after")
    page = queries.cards(current(), session.actor(), reading.opened.board, wanted, reading.filters, after=after, limit=reading.limit)
    return flask.render_template("board/cards.html", reading=reading, column=wanted, page=page)


def _live(reading: Reading) -> dict[str, object]:
    uow, actor, board, now = current(), session.actor(), reading.opened.board, runtime_of().clock.now()
    workers = queries.workers(uow, actor, board, reading.filters.site_id, now)
    return {
        "reading": reading,
        "pages": {each.id: queries.cards(uow, actor, board, each, reading.filters, limit=reading.limit) for each in board.columns},
        "counts": queries.counts(uow, actor, board, reading.filters, now),
        "workers": workers,
        "absences": board_notes.absences(uow, board, [each.id for each in workers], now),
        "suspended": board_notes.suspended(uow, actor, board, reading.filters),
        "late_map": queries.late_map(uow, actor, board, reading.filters, now) if board.unit else (),
    }


def _around(reading: Reading, is_part: bool) -> dict[str, object]:
    if is_part:
        return {}
    return {"boards": _boards(), "places": site_queries.places(current(), session.actor())}


def _boards() -> list[boards.OpenBoard]:
    """Those that the person may open. ForbiddenError for whoever has nothing to do with boards."""
    return boards.listed(runtime_of(), current(), permissions.require(session.actor(), "board:read"))
