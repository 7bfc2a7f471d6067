"""The cashier's day-end close."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.company import amounts, cash_days
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.queries import directory
from engine.queries import ledger as queries
from webui import session, unit_of_work
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def show() -> ResponseReturnValue:
    """What the person took since the last close."""
    return _page(_site_id())


def close() -> ResponseReturnValue:
    """Close the day."""
    form, site_id, actor = flask.request.form, _site_id(), session.actor()
    try:
        counted = amounts.read(form.get("counted", ""), may_be_zero=True)
        unit_of_work.step(lambda uow: cash_days.close_day(runtime_of(), uow, actor, site_id, counted, form.get("note", "")))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(site_id, describe_error(error), status(error))
    flask.flash(gettext("已結賬，之後的收付記入下一日。"))
    return flask.redirect(flask.url_for("ledger.close_form", site=site_id), 303)


def _page(site_id: int, problem: str = "", code: int = 200) -> flask.Response:
    actor, uow = session.actor(), current()
    sites = [each for each in directory.sites(uow, actor) if may(actor, "ledger:close", each.id)]
    found = cash_days.summary(runtime_of(), uow, actor, site_id)
    body = flask.render_template(
        "ledger/close.html", summary=found, days=queries.closed_days(uow, actor), sites=sites, site_id=site_id,
        problem=problem, typed=flask.request.form,
    )
    return flask.make_response(body, code)


def _site_id() -> int:
    """The chosen site, else the person's first."""
    actor = session.actor()
    require(actor, "ledger:close")
    known = [each.id for each in directory.sites(current(), actor) if may(actor, "ledger:close", each.id)]
    wanted = flask.request.values.get("site", "")
    chosen = next((each for each in known if str(each) == wanted), known[0] if known and not wanted else None)
    if chosen is None:
        raise NotFoundError(kind="園區", id=wanted or "—")
    return chosen
