"""Asking what if, waiting for it, looking at what came of it, throwing it away."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import ConflictError, FormInvalidError
from engine.i18n import describe_field_error
from engine.permissions import require
from engine.queries import sites as site_queries
from engine.queries import what_if as queries
from engine.queries.what_if import PERMISSION
from engine.queries.what_if_history import MOST_OPEN
from engine.what_if import asking, files, runs, telling
from engine.what_if.order import MOST_FACTOR, MOST_REPLICATIONS, MOST_SEED, MOST_STAFF, MOST_WEEKS
from webui import exports, session, unit_of_work
from webui.dialogs import Dialog, render
from webui.display import role_name, zone
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of
from webui.what_if import reading

_DELETE = Dialog(
    heading="刪除這項推演？", text="設定和結果都會刪除，不能恢復；需要時可以用同樣的設定再推演一次。案件和資料不受影響。",
    submit="刪除推演", danger=True,
)
_MOST = {"weeks": MOST_WEEKS, "replications": MOST_REPLICATIONS, "seed": MOST_SEED, "factor": MOST_FACTOR, "staff": MOST_STAFF}


def overview() -> ResponseReturnValue:
    """Plays so far, the newest first."""
    page = queries.plays(current(), session.actor(), after=flask.request.args.get("after"))
    return flask.render_template("what_if/overview.html", page=page)


def ask() -> ResponseReturnValue:
    """The form, filled in with how it is now, or with what an earlier play asked."""
    require(session.actor(), PERMISSION)
    return _form(reading.wish_of(flask.request.args))


def begin() -> ResponseReturnValue:
    """Let it be played."""
    actor, wish = session.actor(), reading.wish_of(flask.request.form)
    require(actor, PERMISSION)
    try:
        order = reading.order_of(flask.request.form, wish)
        run_id = unit_of_work.step(
            lambda uow: runs.begin(runtime_of(), uow, actor, order, name=flask.request.form.get("name", ""), site_id=wish.site_id))
    except FormInvalidError as error:
        unit_of_work.let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return _form(wish, problems, code=status(error))
    except ConflictError as error:
        unit_of_work.let_go()
        return _form(wish, message=describe_error(error), code=status(error))
    return flask.redirect(flask.url_for("what_if.show", run_id=run_id), 303)


def show(run_id: int) -> ResponseReturnValue:
    """What was asked, and what came of it."""
    found = queries.find(current(), session.actor(), run_id)
    told = telling.tell(runtime_of(), current(), found.result) if found.result is not None else None
    return flask.render_template(
        "what_if/show.html", found=found, told=told, asked=reading.asked(found), charts=reading.charts(told) if told is not None else {},
        clauses=reading.clauses, worded=reading.worded_or_id, sources=reading.SOURCES, problem=reading.problem(found), most_open=MOST_OPEN,
    )


def progress(run_id: int) -> ResponseReturnValue:
    """How far it is, as a part of the page; once it is over the page is drawn anew."""
    found = queries.find(current(), session.actor(), run_id)
    response = flask.make_response(flask.render_template("what_if/progress.html", found=found))
    if found.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


def stop(run_id: int) -> ResponseReturnValue:
    """Play no further."""
    try:
        unit_of_work.step(lambda uow: runs.stop(runtime_of(), uow, session.actor(), run_id))
        flask.flash(gettext("已停止推演。"))
    except ConflictError as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("what_if.show", run_id=run_id), 303)


def delete_form(run_id: int) -> ResponseReturnValue:
    """Ask first."""
    queries.find(current(), session.actor(), run_id)
    return render(_DELETE, flask.url_for("what_if.delete", run_id=run_id), flask.url_for("what_if.show", run_id=run_id))


def delete(run_id: int) -> ResponseReturnValue:
    """Throw it away."""
    unit_of_work.step(lambda uow: runs.remove(runtime_of(), uow, session.actor(), run_id))
    flask.flash(gettext("已刪除推演。"))
    return flask.redirect(flask.url_for("what_if.overview"), 303)


def download(run_id: int, kind: str) -> ResponseReturnValue:
    """The figures as a file."""
    found = queries.find(current(), session.actor(), run_id)
    if found.result is None:
        raise runs.NoFiguresError
    told = telling.tell(runtime_of(), current(), found.result)
    words = files.Words(gettext, reading.worded_or_id, role_name, lambda rule: "; ".join(reading.clauses(rule)))
    title = f"{found.name or gettext('推演')} {found.id}"
    return exports.send(kind, title, lambda target: files.write(told, kind, words, zone(), target))


def _form(wish: reading.Wish, problems: dict[str, str] | None = None, message: str = "", code: int = 200) -> flask.Response:
    offer = asking.offer(runtime_of(), current(), session.actor(), *wish.span(), wish.site_id)
    typed = reading.typed(flask.request, offer)
    body = flask.render_template(
        "what_if/ask.html", wish=wish, offer=offer, typed=typed, problems=problems or {}, message=message, most=_MOST,
        places=site_queries.places(current(), session.actor()), periods=reading.periods(wish), worded=reading.worded_or_id,
    )
    return flask.make_response(body, code)
