"""A person's own account: password, language, sessions."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import users
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
        epoch = users.change_password(runtime_of(), current(), actor, account_id, new, current=form.get("current", ""))
    except InvalidError as error:
        return flask.make_response(_page(describe_error(error)), status(error))
    session.renew(epoch)
    flask.flash(gettext("密碼已更改，其他裝置上的登入已結束。"))
    return flask.redirect(flask.url_for("account.page"), 303)


def sign_out_everywhere() -> ResponseReturnValue:
    """End every session but this one."""
    session.renew(users.sign_out_everywhere(current(), session.actor(), session.signed_in().id))
    flask.flash(gettext("其他裝置上的登入已全部結束。"))
    return flask.redirect(flask.url_for("account.page"), 303)


def _page(problem: str = "") -> str:
    sites = {site.id: site.name for site in directory.sites(current(), session.actor())}
    return flask.render_template("account/page.html", account=session.signed_in(), sites=sites, problem=problem)
