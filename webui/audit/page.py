"""The log as a page."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.queries import audit
from webui import session
from webui.audit import words
from webui.audit.narrowing import narrowing
from webui.unit_of_work import current


def overview() -> ResponseReturnValue:
    """Latest first, as the address narrows it."""
    narrow, actor = narrowing(flask.request.args), session.actor()
    found = audit.page(current(), actor, narrow.filters(), after=flask.request.args.get("after"))
    return flask.render_template(
        "audit/overview.html", lines=[words.line(row) for row in found.rows], after=found.after, narrow=narrow, kinds=words.kinds(actor),
        people=audit.people_named(current(), actor),
    )
