"""The lists of the inbox; a request by the page's own script gets the list alone."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.model import LIVE_WORK_ITEM_STATES, StandIn
from engine.queries import approvals, inbox, instances
from webui import session
from webui.inbox.narrowing import Narrowing, narrowing
from webui.unit_of_work import current, runtime_of


def todo() -> ResponseReturnValue:
    """What the person has, and what their roles may take."""
    narrow = narrowing(flask.request.args)
    page = inbox.todo(
        current(), session.actor(), filters=narrow.filters(), sort=narrow.sort, after=narrow.after, limit=narrow.limit
    )
    return _list("inbox/todo.html", narrow, page=page)


def done() -> ResponseReturnValue:
    """What the person has completed."""
    narrow = narrowing(flask.request.args)
    page = inbox.done(current(), session.actor(), filters=narrow.filters(), after=narrow.after, limit=narrow.limit)
    return _list("inbox/done.html", narrow, page=page)


def started() -> ResponseReturnValue:
    """Cases that the person has started."""
    narrow = narrowing(flask.request.args)
    actor = session.actor()
    filters = instances.InstanceFilters(started_by=actor.user_id, definition_key=narrow.key, q=narrow.q)
    page = instances.page(current(), actor, filters=filters, after=narrow.after, limit=narrow.limit)
    return _list("inbox/started.html", narrow, page=page)


def copied() -> ResponseReturnValue:
    """Cases that colleagues copied to the person, read and unread."""
    narrow = narrowing(flask.request.args)
    page = approvals.copies(current(), session.actor(), after=narrow.after, limit=narrow.limit)
    return _list("inbox/copied.html", narrow, page=page)


def _list(template: str, narrow: Narrowing, **values: Any) -> str:
    is_part = "HX-Request" in flask.request.headers
    procedures = [] if is_part else definitions.list_latest(runtime_of(), current())
    roles = sorted({grant.role for grant in session.actor().reach()})
    return flask.render_template(template, narrow=narrow, is_part=is_part, procedures=procedures, my_roles=roles, **values)


def on_behalf(item: inbox.InboxRow) -> StandIn | None:
    """The colleague for whom the reader would do the item; None where it is the reader's own."""
    if item.state not in LIVE_WORK_ITEM_STATES:
        return None
    return session.actor().in_place_of((item.role, item.escalated_role), item.site_id, item.definition_key, item.assignee_id)
