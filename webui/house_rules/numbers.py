"""Series of numbers: how they are written, what comes next, and jumps ahead with their reason."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask.typing import ResponseReturnValue

from engine.company import series
from engine.errors import ConflictError, InvalidError
from engine.numbering import format_number
from engine.permissions import may, require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from webui import session, unit_of_work
from webui.dialogs import required_reason, whole_number
from webui.directory.listing import sections
from webui.display import local
from webui.error_pages import status
from webui.house_rules.named import names
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every series; `?q=` narrows them."""
    require(session.actor(), "directory:read")
    q, called = flask.request.args.get("q", "")[:60].strip(), names()
    found = [each for each in series.listing(runtime_of(), current())
             if q.lower() in f"{each.id} {each.pattern} {gettext(called.get(each.id, each.id))} {each.following}".lower()]
    return flask.render_template("house_rules/numbering.html", series=found, names=called, q=q, sections=sections())


def show(series_id: str) -> ResponseReturnValue:
    """One series and who changed what."""
    actor = session.actor()
    require(actor, "directory:read")
    found = series.show(runtime_of(), current(), series_id)
    history = entries.history(current(), series.KIND, series_id, after=flask.request.args.get("after"))
    return flask.render_template("house_rules/series.html", each=found, name=names().get(series_id, series_id), history=history,
                                 may_write=may(actor, "numbering:write"))


def pattern_form(series_id: str) -> ResponseReturnValue:
    """The form of the pattern."""
    return _form(series_id, "pattern")


def set_pattern(series_id: str) -> ResponseReturnValue:
    """Write numbers in another way from now on."""
    return _carry_out(series_id, "pattern", lambda uow, reason: series.set_pattern(
        runtime_of(), uow, session.actor(), series_id, flask.request.form.get("pattern", ""), reason, whole_number("version")))


def next_form(series_id: str) -> ResponseReturnValue:
    """The form of the next number."""
    return _form(series_id, "next")


def raise_next(series_id: str) -> ResponseReturnValue:
    """Go on at a higher number."""
    return _carry_out(series_id, "next", lambda uow, reason: series.raise_next(
        runtime_of(), uow, session.actor(), series_id, whole_number("next"), reason))


def _carry_out(series_id: str, what: str, act: Callable[[UnitOfWork, str], None]) -> ResponseReturnValue:
    require(session.actor(), "numbering:write")
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: act(uow, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _form(series_id, what, describe_error(error), status(error))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("house_rules.series", series_id=series_id), 303)


def _form(series_id: str, what: str, problem: str = "", code: int = 200) -> flask.Response:
    require(session.actor(), "numbering:write")
    found = series.show(runtime_of(), current(), series_id)
    example = format_number(found.pattern, local(runtime_of().clock.now()), found.place)
    body = flask.render_template(
        "house_rules/series_form.html", each=found, name=names().get(series_id, series_id), what=what, problem=problem, example=example,
        values=flask.request.form)
    return flask.make_response(body, code)
