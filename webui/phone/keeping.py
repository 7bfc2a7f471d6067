"""Which pages a phone may keep for when it has no network, and whose they are.

A page that may be kept says so in a header; the service worker keeps nothing else, and never a file. Only phones keep pages: a computer at
a desk is used by several people.
"""

from __future__ import annotations

import hashlib
import hmac

import flask
from flask_login import current_user

from engine.model import Channel
from webui import session

#: on a page that may be kept: whose it is
HEADER = "X-Keep-Offline"
#: further pages worth keeping with it, separated by spaces
AHEAD_HEADER = "X-Ahead"
#: what a request of the queue says
QUEUE_HEADER = "X-Queue"
#: of the session: a tablet that keeps pages like a phone
_ASKED = "keeps_pages"
_KEPT = frozenset({"inbox.todo", "work_item.show", "work_item.ahead_form", "phone.queue"})


def register(app: flask.Flask) -> None:
    """Mark pages that may be kept; tell templates whose phone it is."""
    app.after_request(_mark)
    app.jinja_env.globals.update(phone_owner=owner, keeps_pages=is_asked_for)


def owner() -> str:
    """Who is signed in on this phone, as a name that tells nothing; empty elsewhere."""
    if flask.request.blueprint == "outside" or not current_user or not current_user.is_authenticated:
        return ""
    actor = session.actor()
    return _derived("owner", actor.user_id)[:16] if actor.channel is Channel.PHONE or flask.session.get(_ASKED) else ""


def is_asked_for() -> bool:
    """Whether somebody asked for it on this device, which is no phone."""
    return bool(flask.session.get(_ASKED))


def ask_for(wanted: bool) -> None:
    """Keep pages on this device although it is no phone, until the sign-out; or stop."""
    if wanted:
        flask.session[_ASKED] = True
    else:
        flask.session.pop(_ASKED, None)


def queue_key() -> str:
    """The key that locks what the person's queue holds on a phone: the same at every sign-in, nobody else's."""
    return _derived("queue", session.actor().user_id)


def is_queued() -> bool:
    """Whether the request was made earlier, without a network, and comes from the queue."""
    return QUEUE_HEADER in flask.request.headers


def _derived(purpose: str, user_id: int | None) -> str:
    secret = str(flask.current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"phone:{purpose}:{user_id}".encode(), hashlib.sha256).hexdigest()


def _mark(response: flask.Response) -> flask.Response:
    is_page = response.status_code == 200 and response.mimetype == "text/html" and "HX-Request" not in flask.request.headers
    if is_page and flask.request.endpoint in _KEPT and flask.request.method == "GET" and (whose := owner()):
        response.headers[HEADER] = whose
        if ahead := flask.g.get("pages_ahead"):
            response.headers[AHEAD_HEADER] = " ".join(ahead)
    return response
