"""Running cases that are being read before their impact can be told: begun by the page, and how far it is."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import definitions, proposals, standings
from engine.permissions import require
from webui import session, unit_of_work
from webui.addresses import safe_next
from webui.unit_of_work import current, runtime_of


def begin() -> ResponseReturnValue:
    """Let them be read in the background."""
    keys = _keys()
    unit_of_work.step(lambda uow: standings.begin(runtime_of(), uow, keys))
    if "HX-Request" in flask.request.headers:
        return _part(keys)
    return flask.redirect(safe_next(flask.request.form.get("back"), flask.url_for("rollouts.overview")), 303)


def progress() -> ResponseReturnValue:
    """How far it is, as a part of the page; once it is over the page is drawn anew."""
    return _part(_keys())


def _part(keys: list[str]) -> flask.Response:
    found = standings.reading(runtime_of(), current(), keys)
    response = flask.make_response(flask.render_template(
        "rollouts/counting.html", keys=keys, done=found.done, total=found.total, is_begun=True))
    if found.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


def _keys() -> list[str]:
    """Those of the processes that are deployed."""
    require(session.actor(), proposals.PERMISSION)
    wanted = set(flask.request.values.getlist("key"))
    return sorted(info.key for info in definitions.list_latest(runtime_of(), current()) if info.key in wanted)
