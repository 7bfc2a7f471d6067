"""The draft of an item's form: kept by the page's script while somebody types, forgotten when they say so or send the form."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import drafts
from engine.errors import GuichengError
from engine.queries import work_items as queries
from webui import session, unit_of_work
from webui.display import short_moment
from webui.error_pages import status
from webui.language import describe_error
from webui.unit_of_work import current, runtime_of


def save(work_item_id: int) -> ResponseReturnValue:
    """Keep it: `{"saved": when, as people read it}`, or `{"problem"}`."""
    queries.get(current(), session.actor(), work_item_id)
    # what begins with an underscore is the page's own
    fields = [(name, value) for name, value in flask.request.form.items(multi=True) if name != "csrf_token" and not name.startswith("_")]
    try:
        kept = unit_of_work.step(lambda uow: drafts.save(runtime_of(), uow, session.actor(), work_item_id, fields))
    except GuichengError as error:
        unit_of_work.let_go()
        return {"problem": describe_error(error)}, status(error)
    return {"saved": short_moment(kept.saved_at), "at": int(kept.saved_at.timestamp() * 1000)}


def discard(work_item_id: int) -> ResponseReturnValue:
    """Forget it."""
    queries.get(current(), session.actor(), work_item_id)
    drafts.discard(current(), session.actor(), work_item_id)
    return "", 204
