"""Reserving numbers for a stock of blank papers, and declaring void what was not used."""

from __future__ import annotations

from datetime import date

import flask
from flask.typing import ResponseReturnValue

from engine import paper_numbers, records
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.permissions import may, require
from engine.queries import paper_numbers as queries
from engine.records import BlankPaper
from webui import session, unit_of_work
from webui.display import local
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every block, the newest first."""
    page = queries.blocks(current(), session.actor(), after=flask.request.args.get("after"))
    return flask.render_template("paper_numbers/overview.html", page=page, titles=_titles(), today=_today())


def form(key: str, record_key: str) -> ResponseReturnValue:
    """How many, what for, until when."""
    require(session.actor(), "number-block:reserve")
    return _form(key, record_key)


def reserve(key: str, record_key: str) -> ResponseReturnValue:
    """Take the numbers; the block's page has the papers to print."""
    require(session.actor(), "number-block:reserve")
    posted, actor = flask.request.form, session.actor()
    try:
        count, use_by = _count(posted.get("count", "")), _day(posted.get("use_by", ""))
        block = unit_of_work.step(
            lambda uow: paper_numbers.reserve(runtime_of(), uow, actor, record_key, count, book=posted.get("book", ""), use_by=use_by)
        )
    except InvalidError as error:
        unit_of_work.let_go()
        return _form(key, record_key, describe_error(error), status(error))
    flask.flash(gettext("已預留 {n} 個編號，系統不會再用。", n=len(block.numbers)))
    return flask.redirect(flask.url_for("paper_numbers.show", block_id=block.id), 303)


def show(block_id: int) -> ResponseReturnValue:
    """One block: each number with its case or the reason why it has none."""
    return _show(block_id)


def void(block_id: int) -> ResponseReturnValue:
    """Declare one number or all that are left void."""
    require(session.actor(), "number-block:reserve")
    posted, actor = flask.request.form, session.actor()
    numbers = posted.getlist("number") or None
    try:
        done = unit_of_work.step(lambda uow: paper_numbers.void(runtime_of(), uow, actor, block_id, posted.get("reason", ""), numbers))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _show(block_id, describe_error(error), status(error))
    flask.flash(gettext("已將 {n} 個編號作廢，原因已記錄。", n=done))
    return flask.redirect(flask.url_for("paper_numbers.show", block_id=block_id), 303)


def _show(block_id: int, problem: str = "", code: int = 200) -> flask.Response:
    block = queries.find(current(), session.actor(), block_id)
    body = flask.render_template(
        "paper_numbers/show.html", block=block, numbers=queries.numbers(current(), block_id), titles=_titles(), today=_today(),
        problem=problem, may_void=may(session.actor(), "number-block:reserve"),
    )
    return flask.make_response(body, code)


def _form(key: str, record_key: str, problem: str = "", code: int = 200) -> flask.Response:
    found = next((each for each in records.blanks(runtime_of(), current()) if (each.key, each.record_key) == (key, record_key)), None)
    if found is None:
        raise NotFoundError(kind="單據", id=record_key)
    body = flask.render_template("paper_numbers/form.html", blank=found, problem=problem, most=paper_numbers.MOST, today=_today())
    return flask.make_response(body, code)


def _titles() -> dict[str, BlankPaper]:
    return {each.record_key: each for each in records.blanks(runtime_of(), current())}


def _today() -> date:
    return local(runtime_of().clock.now()).date()


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise InvalidError(reason="使用期限無法識別，請填寫日期。") from error
