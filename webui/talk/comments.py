"""Writing, mending and striking out comments."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import comments
from engine.errors import ConflictError, InvalidError
from engine.queries import instances, talk
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.error_pages import status
from webui.language import describe_error
from webui.talk.panel import back
from webui.unit_of_work import current, runtime_of


def add(instance_id: int) -> ResponseReturnValue:
    """Write one; back to the page it was written on."""
    form = flask.request.form
    item = form.get("item", "")
    work_item_id = int(item) if item.isascii() and item.isdigit() and 0 < len(item) < 19 else None
    unit_of_work.step(lambda uow: comments.add(runtime_of(), uow, session.actor(), instance_id, form.get("body", ""), work_item_id))
    return flask.redirect(back(instance_id, anchor="comments"), 303)


def edit(comment_id: int) -> ResponseReturnValue:
    """Mend one's own."""
    body = flask.request.form.get("body", "")
    unit_of_work.step(lambda uow: comments.edit(runtime_of(), uow, session.actor(), comment_id, body))
    return flask.redirect(_back(comment_id), 303)


def strike_form(comment_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(comment_id)


def strike(comment_id: int) -> ResponseReturnValue:
    """Strike one out."""
    address = _back(comment_id)
    try:
        unit_of_work.step(lambda uow: comments.strike(runtime_of(), uow, session.actor(), comment_id, required_reason()))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(comment_id, describe_error(error), status(error))
    return flask.redirect(address, 303)


def mentionable(instance_id: int) -> ResponseReturnValue:
    """People whom a comment on the case can mention: `{"entries": [{"id", "name"}]}`."""
    case = instances.get(current(), session.actor(), instance_id)
    found = talk.mentionable(current(), case.site_id, flask.request.args.get("q", "")[:40])
    return flask.jsonify(entries=[{"id": each.id, "name": each.name} for each in found])


def _ask(comment_id: int, problem: str = "", code: int = 200) -> flask.Response:
    address = flask.url_for("talk.strike", comment_id=comment_id, item=flask.request.args.get("item") or None)
    return render(Dialog(
        heading="劃去留言", text="劃去後仍看得到內容，並註明是誰、為什麼劃去。", submit="劃去", danger=True, reason=True,
    ), address, _back(comment_id), problem, code)


def _back(comment_id: int) -> str:
    return back(comments.instance_of(current(), session.actor(), comment_id), anchor="comments")
