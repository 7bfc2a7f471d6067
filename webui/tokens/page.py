"""Listing, making and revoking tokens. A token is in the answer to the form that makes it and nowhere else."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import users
from engine.company.token_limits import TokenLimits
from engine.errors import FormInvalidError
from engine.i18n import describe_field_error
from engine.permissions import require
from engine.queries import directory, tokens
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.directory.shown import staff_roles
from webui.error_pages import status
from webui.language import current_locale, gettext
from webui.periods import id_of
from webui.unit_of_work import current, runtime_of

#: what a token can be limited to, source language
SCOPE_NAMES = {
    "start": "發起案件、送入訊息", "work": "辦理待辦、留言、附件", "steer": "指派和介入案件", "directory": "更改目錄和價目",
    "ledger": "收款和更正", "design": "設計和發布流程",
}
#: days that the form offers; None for no end
_DAYS = (30, 90, 365)
_REVOKE = Dialog(
    heading="撤銷這個權杖？", text="使用它的程式立刻不能再存取。撤銷後不能恢復，只能另建一個。", submit="撤銷權杖", danger=True,
)


def overview() -> ResponseReturnValue:
    """Those in force; with `ended` the others."""
    return _page()


def create() -> ResponseReturnValue:
    """Make one and show it, this once."""
    require(session.actor(), "user:administer")
    form = flask.request.form
    user_id, days = id_of(form, "person"), id_of(form, "days")
    if user_id is None:
        return flask.make_response(_page({"person": gettext("請選擇一位同事。")}), 422)
    try:
        made = unit_of_work.step(
            lambda uow: users.add_token(runtime_of(), uow, session.actor(), user_id, form.get("name", ""), days, _limits()))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(problems), status(error))
    answer = flask.make_response(_page(made=made))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def revoke_form(token_id: int) -> ResponseReturnValue:
    """Ask first."""
    tokens.name_of(current(), session.actor(), token_id)
    return render(_REVOKE, flask.url_for("tokens.revoke", token_id=token_id), flask.url_for("tokens.overview"))


def revoke(token_id: int) -> ResponseReturnValue:
    """It opens nothing any more."""
    unit_of_work.step(lambda uow: users.revoke_token(runtime_of(), uow, session.actor(), token_id))
    flask.flash(gettext("已撤銷權杖。"))
    return flask.redirect(flask.url_for("tokens.overview"), 303)


def _limits() -> TokenLimits:
    """What the form limits a token to; of what nothing is ticked it is not limited."""
    form = flask.request.form
    roles, sites = form.getlist("roles"), [int(each) for each in form.getlist("sites") if each.isdecimal() and len(each) < 18]
    scopes = {"read": frozenset[str](), "chosen": frozenset(form.getlist("scopes"))}.get(form.get("access", ""))
    return TokenLimits(frozenset(roles) if roles else None, frozenset(sites) if sites else None, scopes)


def _page(problems: dict[str, str] | None = None, made: str | None = None) -> str:
    actor, args = session.actor(), flask.request.args
    ended = args.get("ended") == "1"
    found = tokens.page(current(), actor, runtime_of().clock.now(), ended=ended, after=args.get("after"))
    return flask.render_template(
        "tokens/overview.html", page=found, ended=ended, problems=problems or {}, made=made, days=_DAYS,
        holders=tokens.holders(current(), actor), scopes=SCOPE_NAMES, sites=directory.sites(current(), actor),
        roles=staff_roles(),
    )
