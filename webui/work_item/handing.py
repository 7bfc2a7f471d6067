"""Who has a work item: claiming, giving back, handing over, sending back. What takes something from somebody asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import flask
from flask.typing import ResponseReturnValue

from engine import instances, work_items
from engine.errors import ConflictError, InvalidError
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory
from engine.queries import work_items as queries
from engine.queries.work_items import WorkItemRow
from webui import session, unit_of_work
from webui.dialogs import Dialog, chosen_number, render, required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.listing import columns
from webui.listing.narrowing import narrowing
from webui.phone.keeping import is_queued
from webui.unit_of_work import current, runtime_of
from webui.wording import worded
from webui.work_item import queued


def _columns(work_item_id: int) -> columns.Columns:
    """Those of the list that the row stands in."""
    narrow = narrowing(dict(parse_qsl(urlsplit(flask.request.headers.get("HX-Current-URL", "")).query)))
    return columns.read("todo", narrow.key, narrow.columns).load([_item(work_item_id).instance_id])


def claim(work_item_id: int) -> ResponseReturnValue:
    """Take it. From the list the row comes back as it is now; else its page. A phone may send it later than it was done."""
    actor = queued.at_the_time(session.actor())
    unit_of_work.step(lambda uow: work_items.claim(runtime_of(), uow, actor, work_item_id))
    if is_queued():
        return {"said": gettext("已簽收「{name}」。", name=_name(work_item_id)), "next": []}
    if "HX-Request" in flask.request.headers:
        return flask.render_template("inbox/rows.html", items=(_item(work_item_id),), columns=_columns(work_item_id))
    return _to_item(work_item_id)


def unclaim(work_item_id: int) -> ResponseReturnValue:
    """Put it back for its role."""
    unit_of_work.step(lambda uow: work_items.unclaim(runtime_of(), uow, session.actor(), work_item_id))
    flask.flash(gettext("已放回待簽收，同一角色的同事可以接手。"))
    return flask.redirect(flask.url_for("inbox.todo"), 303)


def return_form(work_item_id: int) -> ResponseReturnValue:
    """Ask where to and why."""
    return _ask_return(work_item_id)


def return_to(work_item_id: int) -> ResponseReturnValue:
    """Send the case back to an earlier step."""
    element_id = flask.request.form.get("element_id", "")

    def act(uow: UnitOfWork) -> None:
        work_items.return_to(runtime_of(), uow, session.actor(), work_item_id, element_id, required_reason())

    return _do(act, work_item_id, "已退回。", _ask_return, leaves=True)


def delegate_form(work_item_id: int) -> ResponseReturnValue:
    """Ask who is to answer."""
    return _ask_delegate(work_item_id)


def delegate(work_item_id: int) -> ResponseReturnValue:
    """Let somebody else answer; it comes back."""

    def act(uow: UnitOfWork) -> None:
        work_items.delegate(runtime_of(), uow, session.actor(), work_item_id, chosen_number("person"))

    return _do(act, work_item_id, "已委派，對方交回後會回到您的待辦。", _ask_delegate)


def assign_form(work_item_id: int) -> ResponseReturnValue:
    """Ask who is to have it."""
    return _ask_assign(work_item_id)


def assign(work_item_id: int) -> ResponseReturnValue:
    """Give it to somebody of its role."""

    def act(uow: UnitOfWork) -> None:
        work_items.assign(runtime_of(), uow, session.actor(), work_item_id, chosen_number("person"))

    return _do(act, work_item_id, "已指派。", _ask_assign)


# ---------------------------------------------------------------- asking

def _ask_return(work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    item = _item(work_item_id)
    earlier = instances.returnable_elements(runtime_of(), current(), work_item_id)
    choices = tuple((element.id, worded(element.name or element.id, item.definition_id)) for element in earlier)
    return render(Dialog(
        heading="退回", text="退回後，該步驟的承辦人會看到您的原因並重新辦理。", submit="退回", danger=True, choice_name="element_id",
        choice_label="退回到", choices=choices, nothing="這一步之前沒有可以退回的步驟。", reason=True,
    ), _address("return_to", item), _back(item), problem, code)


def _ask_delegate(work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    item = _item(work_item_id)
    people = directory.people(current(), limit=200).rows
    choices = tuple((str(person.id), person.label) for person in people if person.id != session.actor().user_id)
    return render(Dialog(
        heading="委派", text="請同事代為答覆；事項仍由您負責，對方交回後您再提交。", submit="委派", choice_name="person",
        choice_label="委派給", choices=choices, nothing="沒有可以委派的同事。",
    ), _address("delegate", item), _back(item), problem, code)


def _ask_assign(work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    item = _item(work_item_id)
    people = queries.candidates(current(), item.role, item.site_id)
    return render(Dialog(
        heading="指派", text="指派後由該同事承辦，不論目前在誰手上。", submit="指派", choice_name="person", choice_label="指派給",
        choices=tuple((str(person.id), person.name) for person in people), chosen=str(item.assignee_id or ""),
        nothing="這個角色目前沒有人，請聯絡系統管理員。",
    ), _address("assign", item), _back(item), problem, code)


def _do(
    act: Callable[[UnitOfWork], Any], work_item_id: int, said: str, ask: Callable[[int, str, int], flask.Response], *, leaves: bool = False
) -> ResponseReturnValue:
    queries.get(current(), session.actor(), work_item_id)
    try:
        unit_of_work.step(act)
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return ask(work_item_id, describe_error(error), status(error))
    flask.flash(gettext(said))
    return flask.redirect(flask.url_for("inbox.todo"), 303) if leaves else _to_item(work_item_id)


def _item(work_item_id: int) -> WorkItemRow:
    unit_of_work.let_go()
    return queries.get(current(), session.actor(), work_item_id)


def _name(work_item_id: int) -> str:
    item = _item(work_item_id)
    return worded(item.name, item.definition_id)


def _address(endpoint: str, item: WorkItemRow) -> str:
    return flask.url_for(f"work_item.{endpoint}", work_item_id=item.id)


def _back(item: WorkItemRow) -> str:
    return flask.url_for("work_item.show", work_item_id=item.id)


def _to_item(work_item_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("work_item.show", work_item_id=work_item_id), 303)
