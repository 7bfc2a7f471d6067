"""One's own substitutes and those whom one replaces; a manager sees and sets everybody's."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import flask
from flask.typing import ResponseReturnValue

from engine import definitions
from engine.company import substitutes, users
from engine.company.account_rows import NOT_TAKEN_OVER
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import substitutes as queries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.display import local, zone
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

_PAGE = 50
_END = Dialog("結束代理", "從現在起不再代理；已辦結的工作仍記在代理人名下。", "結束代理")


def overview() -> ResponseReturnValue:
    """Absences with their substitutes: one's own, or with `?all=1` everybody's."""
    args, actor = flask.request.args, session.actor()
    may_all = may(actor, "substitution:administer")
    everybody = may_all and args.get("all") == "1"
    now, with_ended = runtime_of().clock.now(), args.get("ended") == "1"
    page = queries.page(current(), person_id=None if everybody else actor.user_id, now=now, with_ended=with_ended,
                        after=args.get("after"), limit=_PAGE)
    names = {info.key: info for info in definitions.list_latest(runtime_of(), current())}
    return flask.render_template("substitutes/overview.html", page=page, now=now, everybody=everybody, may_all=may_all, names=names,
                                 with_ended=with_ended, my_id=actor.user_id)


def new() -> ResponseReturnValue:
    """The form; a manager's names who is away (`?absent=`)."""
    return _form()


def create() -> ResponseReturnValue:
    """Appoint a substitute."""
    try:
        unit_of_work.step(_appoint)
    except (InvalidError, ConflictError, NotFoundError) as error:
        unit_of_work.let_go()
        return flask.make_response(_form(describe_error(error)), 422 if isinstance(error, NotFoundError) else status(error))
    flask.flash(gettext("已設定代理人，雙方的待辦頁都會顯示。"))
    return flask.redirect(flask.url_for("substitutes.overview", all="1" if _absent_id() != session.signed_in().id else None), 303)


def end_form(substitution_id: int) -> ResponseReturnValue:
    """Ask whether."""
    return render(_END, flask.url_for("substitutes.end", substitution_id=substitution_id), flask.url_for("substitutes.overview"))


def end(substitution_id: int) -> ResponseReturnValue:
    """End it now."""
    substitutes.end(runtime_of(), current(), session.actor(), substitution_id)
    flask.flash(gettext("代理已結束。"))
    return flask.redirect(flask.url_for("substitutes.overview"), 303)


def _appoint(uow: UnitOfWork) -> int:
    form = flask.request.form
    starts, ends = _day("starts"), _day("ends")
    picked = form.get("substitute") or form.get("substitute_text", "")
    found = runtime_of().directory.resolve(uow.reading, "person", picked.strip())
    if found is None:
        raise InvalidError(reason="請選擇代理的同事。")
    return substitutes.appoint(
        runtime_of(), uow, session.actor(), absent_id=_absent_id(), substitute_id=found.id,
        starts_at=datetime.combine(starts, time(), zone()), ends_at=datetime.combine(ends + timedelta(days=1), time(), zone()),
        roles=form.getlist("roles") if form.get("scope") == "roles" else None,
        procedures=form.getlist("procedures") if form.get("scope") == "procedures" else None, note=form.get("note"))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(flask.request.form.get(name, ""))
    except ValueError as error:
        raise InvalidError(reason="請填寫開始和結束日期。") from error


def _absent_id() -> int:
    text = flask.request.values.get("absent", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else session.signed_in().id


def _form(problem: str = "") -> str:
    uow, absent_id = current(), _absent_id()
    if absent_id != session.signed_in().id:
        require(session.actor(), "substitution:administer")
    absent = users.get(uow, absent_id)
    roles = sorted({grant.role for grant in absent.grants} - NOT_TAKEN_OVER)
    return flask.render_template(
        "substitutes/form.html", absent=absent, roles=roles, procedures=definitions.list_latest(runtime_of(), uow), problem=problem,
        today=local(runtime_of().clock.now()).date(), form=flask.request.form)
