"""First hints of a role at the page where they help, until the person puts them away."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import hints
from engine.errors import NotFoundError
from webui import session
from webui.addresses import safe_next
from webui.help.guides import GUIDES, Guide, of_roles
from webui.unit_of_work import current, runtime_of

#: of the session: names of the hints that were put away
_AWAY = "hints_away"


def first_hints(at: str) -> Guide | None:
    """What the person is to be told at this page now: one guide at a time, the role's own before what concerns everybody."""
    if session.session_actor() is None:
        return None
    wanted = [guide for guide in of_roles(session.actor().roles()) if guide.at == at]
    return next((guide for guide in wanted if guide.name not in _away()), None)


def _away() -> list[str]:
    """What the person has put away: asked for once a session, so that pages cost nothing more."""
    if _AWAY not in flask.session:
        flask.session[_AWAY] = sorted(hints.dismissed(current(), session.actor()))
    away: list[str] = flask.session[_AWAY]
    return away


def dismiss(name: str) -> ResponseReturnValue:
    """Put a hint away, on every device."""
    if name not in {guide.name for guide in GUIDES}:
        raise NotFoundError(kind="提示", id=name)
    hints.dismiss(runtime_of(), current(), session.actor(), name)
    flask.session.pop(_AWAY, None)
    if "HX-Request" in flask.request.headers:
        return ""
    return flask.redirect(safe_next(flask.request.form.get("next"), flask.url_for("inbox.todo")), 303)


def show_again() -> ResponseReturnValue:
    """Bring them all back, and go where the first is."""
    hints.show_again(current(), session.actor())
    flask.session.pop(_AWAY, None)
    return flask.redirect(flask.url_for("inbox.todo"), 303)
