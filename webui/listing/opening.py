"""The filters that a person keeps for a list, and what it opens with."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import flask
from flask.typing import ResponseReturnValue

from engine import saved_filters
from engine.saved_filters import SavedFilter
from webui import session
from webui.unit_of_work import current

#: list → its page
PAGES = {"todo": "inbox.todo", "done": "inbox.done", "started": "inbox.started", "copied": "inbox.copied", "cases": "cases.overview"}


def listed(name: str) -> tuple[SavedFilter, ...]:
    """The filters of a list that the person may use; asked once a page."""
    if "saved_filters" not in flask.g:
        flask.g.saved_filters = saved_filters.listed(current(), session.actor(), name)
    found: tuple[SavedFilter, ...] = flask.g.saved_filters
    return found


def opening(name: str) -> ResponseReturnValue | None:
    """Where a list that was opened without saying more goes to; None: it opens plainly."""
    if flask.request.query_string:
        return None
    chosen = next((each for each in listed(name) if each.is_default), None)
    return flask.redirect(address(chosen)) if chosen is not None else None


def address(saved: SavedFilter) -> str:
    """The list as the filter shows it."""
    values: dict[str, Any] = dict(parse_qsl(saved.query))
    return flask.url_for(PAGES[saved.list], **{**values, "view": saved.id})
