"""Signing in and out, and the choice of language."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from flask_login import current_user

from engine.company import users
from engine.errors import GuichengError
from engine.i18n import LOCALES
from webui import session
from webui.addresses import safe_next
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

#: what may be longer is not a password of ours, and hashing it would cost
_PASSWORD_LENGTH = 1_000


def form() -> ResponseReturnValue:
    """The sign-in page."""
    wanted = safe_next(flask.request.args.get("next"), flask.url_for("inbox.todo"))
    if current_user.is_authenticated:
        return flask.redirect(wanted)
    ended = flask.session.pop("ended", None)
    return flask.render_template("sign_in/form.html", wanted=wanted, username="", error=None, was_idle=ended == "idle")


def submit() -> ResponseReturnValue:
    """Sign in. Which of the two was wrong is not told."""
    username, password = flask.request.form.get("username", ""), flask.request.form.get("password", "")[:_PASSWORD_LENGTH]
    wanted = safe_next(flask.request.form.get("next"), flask.url_for("inbox.todo"))
    try:
        account = users.authenticate(runtime_of(), current(), username, password, flask.request.remote_addr or "")
    except users.TooManyAttemptsError as error:
        return _refused(username, wanted, error), 429
    if account is None:
        return _refused(username, wanted, None), 422
    session.start(account, "password")
    return flask.redirect(wanted, 303)


def sign_out() -> ResponseReturnValue:
    """End the session in this browser."""
    session.end()
    return flask.redirect(flask.url_for("sign_in.form"), 303)


def language() -> ResponseReturnValue:
    """Keep the chosen language: in this browser, and on the account of whoever is signed in."""
    locale = flask.request.form.get("locale", "")
    if locale not in LOCALES:
        flask.abort(400)
    flask.session["locale"] = locale
    if current_user.is_authenticated:
        users.set_locale(current(), session.signed_in().id, locale)
    return flask.redirect(safe_next(flask.request.form.get("next"), flask.url_for("inbox.todo")), 303)


def _refused(username: str, wanted: str, error: GuichengError | None) -> str:
    sentence = describe_error(error) if error else gettext("登入名或密碼不正確。")
    return flask.render_template("sign_in/form.html", wanted=wanted, username=username[:60], error=sentence, was_idle=False)
