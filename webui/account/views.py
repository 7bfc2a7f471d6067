"""A person's own account: password, language, sessions."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import sessions, users
from engine.errors import InvalidError
from engine.queries import directory
from webui import session
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def page() -> ResponseReturnValue:
    """Who I am here, and what I may change."""
    return _page()


def password() -> ResponseReturnValue:
    """Change the password; every other session ends."""
    form, actor = flask.request.form, session.actor()
    new, again, account_id = form.get("new", ""), form.get("again", ""), session.signed_in().id
    try:
        if new != again:
            raise InvalidError(reason="兩次輸入的新密碼不一致。")
        users.change_password(runtime_of(), current(), actor, account_id, new, current=form.get("current", ""),
                              session_id=session.signed_in().session_id)
    except InvalidError as error:
        return flask.make_response(_page(describe_error(error)), status(error))
    flask.flash(gettext("密碼已更改，其他裝置上的登入已結束。"))
    return flask.redirect(flask.url_for("account.page"), 303)


def sign_out_everywhere() -> ResponseReturnValue:
    """End every session but this one."""
    account = session.signed_in()
    sessions.end_all(runtime_of(), current(), session.actor(), account.id, but=account.session_id)
    flask.flash(gettext("其他裝置上的登入已全部結束。"))
    return flask.redirect(flask.url_for("account.page"), 303)


def end_session(session_id: int) -> ResponseReturnValue:
    """End one of one's own sessions; of this one it is signing out."""
    if session_id == session.signed_in().session_id:
        session.end()
        return flask.redirect(flask.url_for("sign_in.form"), 303)
    sessions.end(runtime_of(), current(), session.actor(), session_id)
    flask.flash(gettext("這個登入已結束。"))
    return flask.redirect(flask.url_for("account.page"), 303)


def session_address(session_id: int) -> str:
    """Where one of one's own sessions is ended."""
    return flask.url_for("account.end_session", session_id=session_id)


def _page(problem: str = "") -> str:
    account, actor = session.signed_in(), session.actor()
    sites = {site.id: site.name for site in directory.sites(current(), actor)}
    own = sessions.of_person(runtime_of(), current(), actor, account.id)
    return flask.render_template("account/page.html", account=account, sites=sites, problem=problem, sessions=own)
