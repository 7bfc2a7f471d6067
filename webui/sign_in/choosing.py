"""Choosing a password by a one-time link: the first one of somebody new, or one that replaces what was forgotten."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import password_links
from engine.errors import InvalidError
from webui import session
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def form(secret: str) -> ResponseReturnValue:
    """The page of a link. An unusable one is an error page that says where to get another."""
    return _page(secret)


def submit(secret: str) -> ResponseReturnValue:
    """Set the password and begin a session."""
    new, again = flask.request.form.get("new", "")[:1_000], flask.request.form.get("again", "")[:1_000]
    try:
        if new != again:
            raise InvalidError(reason="兩次輸入的新密碼不一致。")
        account = password_links.use(runtime_of(), current(), secret, new)
    except InvalidError as error:
        return flask.make_response(_page(secret, describe_error(error)), status(error))
    session.start(account, "link")
    flask.flash(gettext("密碼已設定，歡迎使用。"))
    return flask.redirect(flask.url_for("inbox.todo"), 303)


def _page(secret: str, problem: str = "") -> str:
    account = password_links.open_link(runtime_of(), current(), secret[:100])
    return flask.render_template("sign_in/choose.html", account=account, problem=problem)
