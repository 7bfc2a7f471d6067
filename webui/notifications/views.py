"""The bell's list, its number, and the stream behind it."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import notifications
from engine.errors import NotFoundError
from engine.notifications import WORDINGS, Kind
from engine.queries import inbox
from engine.queries import notifications as queries
from webui import session
from webui.display import capped
from webui.language import gettext
from webui.notifications.sentences import address, tell
from webui.streams import Streams
from webui.unit_of_work import current, runtime_of

#: milliseconds after which a page comes again whose stream ended
_RETRY = 5_000


def overview() -> ResponseReturnValue:
    """The list, newest first."""
    args = flask.request.args
    kind = Kind(args["kind"]) if args.get("kind") in list(Kind) else None
    unread = bool(args.get("unread"))
    found = queries.page(current(), session.actor(), kind=kind, unread=unread, after=args.get("after"))
    lines = [tell(row) for row in found.rows]
    is_part = "HX-Request" in flask.request.headers
    template = "overview" if not is_part else "rows" if args.get("after") else "list"
    return flask.render_template(
        f"notifications/{template}.html", lines=lines, after=found.after, kind=kind, unread=unread,
        kinds=[(each.value, gettext(wording.name)) for each, wording in WORDINGS.items()],
        newest=found.rows[0].id if found.rows else 0,
    )


def news() -> ResponseReturnValue:
    """The numbers of the frame, as a page asks for them when there is news."""
    counts = inbox.counts(current(), session.actor(), runtime_of().clock.now())
    unread = queries.unread(current(), session.actor())
    texts = {"news": capped(unread), "todo": capped(counts.todo), "copied": capped(counts.copied), "overdue": capped(counts.overdue)}
    return {"counts": texts}


def stream() -> ResponseReturnValue:
    """Server-sent events that say when to ask again; nothing where the server cannot hold one more, and the page asks by itself."""
    hold = flask.request.environ.get("guicheng.hold")
    streams: Streams = flask.current_app.extensions["guicheng.streams"]
    if hold is None or streams.is_full:
        return flask.Response(status=204)
    hold(streams, session.actor())
    head = f"retry: {_RETRY}\n\n".encode()
    return flask.Response(iter([head]), mimetype="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})


def follow(notification_id: int) -> ResponseReturnValue:
    """Go to what it is about, which is reading it."""
    row = queries.find(current(), session.actor(), notification_id)
    if row is None:
        raise NotFoundError(kind="通知", id=notification_id)
    if not row.is_read:
        notifications.mark_read(runtime_of(), current(), session.actor(), [row.id])
    return flask.redirect(address(row), 303)


def read() -> ResponseReturnValue:
    """Mark one as read and stay here."""
    text = flask.request.form.get("id", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        row = queries.find(current(), session.actor(), int(text))
        if row is not None:
            notifications.mark_read(runtime_of(), current(), session.actor(), [row.id])
    return flask.redirect(flask.url_for("notifications.overview", **_narrowed()), 303)


def read_all() -> ResponseReturnValue:
    """Mark everything that the page showed, and what is older, as read."""
    text = flask.request.form.get("up_to", "")
    if text.isascii() and text.isdigit() and len(text) < 19:
        notifications.mark_all_read(runtime_of(), current(), session.actor(), int(text))
        flask.flash(gettext("已全部標為已讀。"))
    return flask.redirect(flask.url_for("notifications.overview"), 303)


def _narrowed() -> dict[str, Any]:
    return {name: value for name in ("kind", "unread") if (value := flask.request.form.get(name))}
