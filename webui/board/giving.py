"""Giving work to somebody from a card, and taking it back a moment later."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine import boards
from engine.boards import Assigned
from engine.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from engine.queries import board as queries
from engine.queries import work_items
from engine.queries.sites import may_see
from webui import dialogs, session, unit_of_work
from webui.board.reading import read
from webui.dialogs import Dialog, chosen_number
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def assign_form(process: str, work_item_id: int) -> ResponseReturnValue:
    """Ask to whom; for pages without scripts."""
    return _ask(process, work_item_id)


def assign(process: str, work_item_id: int) -> ResponseReturnValue:
    """Give it out; the page's own script gets a note with the way back."""
    board = read({}, process).opened.board
    is_part = "HX-Request" in flask.request.headers
    try:
        worker_id = chosen_number("worker")
        done = unit_of_work.step(lambda uow: boards.assign(runtime_of(), uow, session.actor(), board, work_item_id, worker_id))
    except (InvalidError, ConflictError, ForbiddenError) as error:
        if is_part:
            raise
        return _ask(process, work_item_id, describe_error(error), status(error))
    note = _note(process, done)
    if is_part:
        return note
    flask.flash(Markup(note))  # noqa: S704 - rendered by a template
    return flask.redirect(flask.url_for("board.show", board=process), 303)


def undo(process: str) -> ResponseReturnValue:
    """Take back what was just given."""
    board, form = read({}, process).opened.board, flask.request.form
    before = form.get("before", "")
    before_id = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    instance_id, seq = chosen_number("case"), chosen_number("seq")
    unit_of_work.step(lambda uow: boards.undo(runtime_of(), uow, session.actor(), board, instance_id, seq, form.get("way", ""), before_id))
    if "HX-Request" in flask.request.headers:
        return flask.render_template("board/undone.html")
    flask.flash(gettext("已撤銷派單。"))
    return flask.redirect(flask.url_for("board.show", board=process), 303)


def _note(process: str, done: Assigned) -> str:
    seconds = int(boards.UNDO_WITHIN.total_seconds())
    return flask.render_template("board/assigned.html", process=process, done=done, seconds=seconds)


def _ask(process: str, work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    unit_of_work.let_go()
    reading = read({}, process)
    item = work_items.find(current(), work_item_id)
    if not may_see(session.actor(), item.site_id):
        raise NotFoundError(kind="待辦事項", id=work_item_id)
    found = queries.workers(current(), session.actor(), reading.opened.board, item.site_id, runtime_of().clock.now())
    choices = tuple((str(each.id), gettext("{name}（{n} 件在手）", name=each.name, n=each.load)) for each in found)
    return dialogs.render(Dialog(
        heading="派單", text="派出後片刻之內可以撤銷。", submit="派單", choice_name="worker", choice_label="派給", choices=choices,
        nothing="此園區沒有可以派的人員。",
    ), flask.url_for("board.assign", process=process, work_item_id=work_item_id), flask.url_for("board.show", board=process), problem, code)
