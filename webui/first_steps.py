"""A company that is not set up yet: what templates ask to say what comes next instead of "nothing here"."""

from __future__ import annotations

import flask

from engine import definitions
from engine.permissions import may
from webui import session
from webui.unit_of_work import current, runtime_of


def register(app: flask.Flask) -> None:
    """Give templates the questions; asked only where a page has nothing to show."""
    app.jinja_env.globals.update(is_unset=is_unset, may_set_up=may_set_up)


def is_unset() -> bool:
    """Whether no procedure is in use yet."""
    return not definitions.list_latest(runtime_of(), current())


def may_set_up() -> bool:
    """Whether the reader is who sets the company up."""
    return may(session.actor(), "directory:write")
