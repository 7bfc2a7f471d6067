"""Files for the bank, and its answers."""

from __future__ import annotations

from datetime import date

import flask
from flask.typing import ResponseReturnValue

from engine.company import bank_files
from engine.company.accounts import today
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.queries import directory
from engine.queries import ledger as queries
from webui import exports, session, unit_of_work
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """What was sent, and what came of it."""
    require(session.actor(), "ledger:write")
    return _page()


def export() -> ResponseReturnValue:
    """Put what is due into a new file."""
    actor, form = session.actor(), flask.request.form
    require(actor, "ledger:write")
    try:
        site_id, until = _site_id(), _day(form.get("until", ""))
        unit_of_work.step(lambda uow: bank_files.export(runtime_of(), uow, actor, site_id, until))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(describe_error(error), status(error))
    flask.flash(gettext("託收檔案已產生，請下載後送交銀行。"))
    return flask.redirect(flask.url_for("ledger.bank"), 303)


def answer() -> ResponseReturnValue:
    """Read what the bank answered."""
    actor, file = session.actor(), flask.request.files.get("answer")
    require(actor, "ledger:write")
    content = file.stream.read() if file is not None else b""
    try:
        read = unit_of_work.step(lambda uow: bank_files.read_answer(runtime_of(), uow, actor, content))
    except (InvalidError, ConflictError, NotFoundError) as error:
        unit_of_work.let_go()
        return _page(describe_error(error), status(error))
    counts = {"number": read.number, "paid": read.paid, "total": read.total, "failed": read.failed}
    flask.flash(gettext("{number}：成功 {paid} 筆，共 {total} 元；失敗 {failed} 筆。", **counts))
    return flask.redirect(flask.url_for("ledger.bank"), 303)


def download(collection_id: int) -> ResponseReturnValue:
    """The file for the bank."""
    require(session.actor(), "ledger:write")
    name, content = bank_files.written(current(), session.actor(), collection_id)
    # the first line is the heading
    exports.keep(session.actor(), "bank", "csv", content.count(b"\n") - 1)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return flask.Response(content, mimetype="text/csv", headers=headers)


def _page(problem: str = "", code: int = 200) -> flask.Response:
    actor, uow = session.actor(), current()
    sites = _sites()
    until = today(runtime_of(), uow, sites[0].id) if sites else None
    body = flask.render_template(
        "ledger/bank.html", collections=queries.collections(uow, actor), sites=sites, problem=problem,
        until=flask.request.form.get("until", until),
    )
    return flask.make_response(body, code)


def _sites() -> list[directory.SiteRow]:
    return [each for each in directory.sites(current(), session.actor()) if may(session.actor(), "ledger:write", each.id)]


def _site_id() -> int:
    known, wanted = [each.id for each in _sites()], flask.request.form.get("site", "")
    chosen = next((each for each in known if str(each) == wanted), known[0] if known and not wanted else None)
    if chosen is None:
        raise InvalidError(reason="請選擇園區。")
    return chosen


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError(reason="請填寫日期。") from error
