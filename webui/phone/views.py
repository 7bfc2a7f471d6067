"""What waits on the phone to be sent, and who is signed in for the service worker that sends it."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from webui.phone.keeping import ask_for, owner, queue_key


def queue() -> ResponseReturnValue:
    """The page of the queue. What it shows lies on the phone; the page itself is the same for everybody."""
    return flask.render_template("phone/queue.html")


def who() -> ResponseReturnValue:
    """Whose queue may be sent now, with what: `{"owner", "key", "token"}`. A phone without a session is told 401."""
    response = flask.jsonify(owner=owner(), key=queue_key(), token=generate_csrf())
    response.headers["Cache-Control"] = "no-store"
    return response


def keep() -> ResponseReturnValue:
    """Let a tablet keep pages like a phone, until the sign-out; or stop."""
    ask_for(flask.request.form.get("keep") == "1")
    return flask.redirect(flask.url_for("account.page"), 303)
