"""The price list as everybody may read and print it, and as it is kept: a new price by a date, the old one stays readable."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.company import prices
from engine.company.entries import PRICE, clean
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.i18n import describe_field_error
from engine.permissions import may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.display import local, zone
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

_DEACTIVATE = Dialog("停用", "從現在起不再列入收費標準；以往的價格仍可查閱。", "停用", danger=True, reason=True)
_REACTIVATE = Dialog("恢復使用", "恢復後按原有價格列入收費標準。", "恢復使用", reason=True)


def public() -> ResponseReturnValue:
    """The list in force today or on `?date=`, without signing in; made for printing."""
    day = _day()
    # what counts on a day is what counts when it ends
    at = datetime.combine(day, time(23, 59, 59), zone()).astimezone(UTC)
    return flask.render_template("prices/public.html", items=prices.in_force(current(), at), day=day)


def overview() -> ResponseReturnValue:
    """The list in force, for those who keep it."""
    actor = session.actor()
    require(actor, "directory:read")
    q, now = flask.request.args.get("q", "")[:60].strip().lower(), runtime_of().clock.now()
    items = [item for item in prices.in_force(current(), now) if q in item.code.lower() or q in item.name.lower()]
    return flask.render_template("prices/overview.html", items=items, q=q, may_write=may(actor, "price:write"),
                                 may_import=may(actor, "import:apply"))


def new() -> ResponseReturnValue:
    """A new item, or with `?code=` a new price of a known one."""
    require(session.actor(), "price:write")
    code = flask.request.args.get("code", "")
    known = entries.price_history(current(), code) if code else ()
    values: dict[str, Any] = {field.name: known[0][field.name] for field in PRICE.fields} if known else {}
    values["effective_from"] = local(runtime_of().clock.now()).date().isoformat()
    return _form(values, is_known=bool(known))


def create() -> ResponseReturnValue:
    """Add it."""
    require(session.actor(), "price:write")
    try:
        code = unit_of_work.step(_add)
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return flask.make_response(_form(flask.request.form, error=error), status(error))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("prices.show", code=code), 303)


def show(code: str) -> ResponseReturnValue:
    """Every price that an item has or had, and who changed it."""
    actor = session.actor()
    require(actor, "directory:read")
    versions = _versions(code)
    history = entries.history(current(), "price", code, after=flask.request.args.get("after"))
    return flask.render_template("prices/show.html", versions=versions, code=code, history=history, may_write=may(actor, "price:write"),
                                 now=runtime_of().clock.now())


def switch_form(code: str) -> ResponseReturnValue:
    """Ask why it is taken off the list or put back."""
    return _ask(code)


def switch(code: str) -> ResponseReturnValue:
    """Take it off the list, or put it back."""
    require(session.actor(), "price:write")
    is_off = _versions(code)[0]["deactivated_at"] is not None
    act = prices.reactivate if is_off else prices.deactivate
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: act(runtime_of(), uow, session.actor(), code, reason))
    except InvalidError as error:
        unit_of_work.let_go()
        return _ask(code, describe_error(error), status(error))
    return flask.redirect(flask.url_for("prices.show", code=code), 303)


def _add(uow: UnitOfWork) -> str:
    values = clean(PRICE, flask.request.form, zone(), is_new=True)
    prices.add(runtime_of(), uow, session.actor(), **values)
    return str(values["code"])


def _versions(code: str) -> tuple[Any, ...]:
    found = entries.price_history(current(), code)
    if not found:
        raise NotFoundError(kind="收費項目", id=code[:40])
    return found


def _ask(code: str, problem: str = "", code_of_answer: int = 200) -> flask.Response:
    require(session.actor(), "price:write")
    dialog = _DEACTIVATE if _versions(code)[0]["deactivated_at"] is None else _REACTIVATE
    return render(dialog, flask.url_for("prices.switch", code=code), flask.url_for("prices.show", code=code), problem, code_of_answer)


def _form(values: Any, *, is_known: bool = False, error: GuichengError | None = None) -> str:
    refused = error.errors if isinstance(error, FormInvalidError) else ()
    fields = {each.field: describe_field_error(each, current_locale()) for each in refused}
    return flask.render_template("prices/form.html", kind=PRICE, values=values, errors=fields, is_known=is_known,
                                 problem=describe_error(error) if error else "")


def _day() -> date:
    text = flask.request.args.get("date", "")
    try:
        return date.fromisoformat(text) if text else local(runtime_of().clock.now()).date()
    except ValueError as error:
        raise InvalidError(reason="日期不正確。") from error
