"""Legal holds: the list, placing one, and lifting one with its reason."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import ConflictError, FormInvalidError
from engine.i18n import describe_field_error
from engine.permissions import require
from engine.retention import holds
from engine.retention.rules import PERMISSION
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

#: source language
ABOUT = {"case": "案件", "unit": "單元", "tenant": "業戶"}
_LIFT = Dialog(
    heading="解除這項保全？", text="解除之後，到期的規則會在下一次執行時刪除其中的資料。", submit="解除保全", danger=True, reason=True,
)


def overview() -> ResponseReturnValue:
    """Those that stand; with `lifted` the others."""
    return _page()


def place(problems: dict[str, str] | None = None) -> ResponseReturnValue:
    """Hold a case, a unit or a tenant."""
    form = flask.request.form
    try:
        unit_of_work.step(lambda uow: holds.place(
            runtime_of(), uow, session.actor(), form.get("about", ""), form.get("code", ""), form.get("reason", "")))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(problems), status(error))
    except ConflictError as error:
        unit_of_work.let_go()
        return flask.make_response(_page({"code": describe_error(error)}), status(error))
    flask.flash(gettext("已設定保全。"))
    return flask.redirect(flask.url_for("retention.holds"), 303)


def lift_form(hold_id: int) -> ResponseReturnValue:
    """Ask first, and for the reason."""
    require(session.actor(), PERMISSION)
    return render(_LIFT, flask.url_for("retention.lift", hold_id=hold_id), flask.url_for("retention.holds"))


def lift(hold_id: int) -> ResponseReturnValue:
    """Let the rules go on."""
    try:
        reason = flask.request.form.get("reason", "")
        unit_of_work.step(lambda uow: holds.lift(runtime_of(), uow, session.actor(), hold_id, reason))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problem = describe_field_error(error.errors[0], current_locale())
        address = flask.url_for("retention.lift", hold_id=hold_id)
        return render(_LIFT, address, flask.url_for("retention.holds"), problem, status(error))
    flask.flash(gettext("已解除保全。"))
    return flask.redirect(flask.url_for("retention.holds"), 303)


def _page(problems: dict[str, str] | None = None) -> str:
    args = flask.request.args
    lifted = args.get("lifted") == "1"
    found = holds.page(current(), session.actor(), lifted=lifted, after=args.get("after"))
    return flask.render_template("retention/holds.html", page=found, lifted=lifted, about=ABOUT, problems=problems or {})
