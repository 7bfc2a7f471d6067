"""Adding and removing signers, handing over, taking a decision back. What changes who signs asks first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import approvals
from engine.errors import ConflictError, InvalidError, NotFoundError
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import approvals as queries
from engine.queries import directory, instances, work_items
from engine.queries.approvals import PartRow
from engine.queries.work_items import WorkItemRow
from webui import session, unit_of_work
from webui.dialogs import Dialog, Question, chosen_number, render, required_reason
from webui.display import role_name
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

_PLACES = (("before", "在此人之前（此人等候）"), ("parallel", "與此人並行"), ("after", "在此人之後"))


def add_form(work_item_id: int) -> ResponseReturnValue:
    """Ask who, and where in the order."""
    return _ask_add(work_item_id)


def add(work_item_id: int) -> ResponseReturnValue:
    """加簽."""
    kind, _, who = flask.request.form.get("signer", "").partition(":")

    def act(uow: UnitOfWork) -> None:
        person = int(who) if kind == "person" and who.isascii() and who.isdigit() and len(who) < 19 else None
        approvals.add_signer(
            runtime_of(), uow, session.actor(), work_item_id, place=flask.request.form.get("place", ""),
            role=who if kind == "role" else None, person_id=person,
        )

    return _do(act, _item(work_item_id).instance_id, "已加簽。", lambda problem, code: _ask_add(work_item_id, problem, code))


def hand_over_form(work_item_id: int) -> ResponseReturnValue:
    """Ask to whom."""
    return _ask_hand_over(work_item_id)


def hand_over(work_item_id: int) -> ResponseReturnValue:
    """轉辦."""

    def act(uow: UnitOfWork) -> None:
        to_id = chosen_number("person")
        approvals.hand_over(runtime_of(), uow, session.actor(), work_item_id, to_id, required_reason())

    return _do(act, _item(work_item_id).instance_id, "已轉辦。", lambda problem, code: _ask_hand_over(work_item_id, problem, code))


def remove_form(approval_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask_remove(approval_id)


def remove(approval_id: int) -> ResponseReturnValue:
    """減簽."""
    part = _part(approval_id)

    def act(uow: UnitOfWork) -> None:
        approvals.remove_signer(runtime_of(), uow, session.actor(), approval_id, required_reason())

    return _do(act, part.instance_id, "已減簽。", lambda problem, code: _ask_remove(approval_id, problem, code))


def withdraw(approval_id: int) -> ResponseReturnValue:
    """撤回."""
    part = _part(approval_id)
    try:
        unit_of_work.step(lambda uow: approvals.withdraw(runtime_of(), uow, session.actor(), approval_id))
        flask.flash(gettext("已撤回您的決定，可以重新簽署。"))
    except ConflictError as error:
        flask.flash(describe_error(error), "warn")
    return _to_case(part.instance_id)


# ---------------------------------------------------------------- asking

def _ask_add(work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    item = _item(work_item_id)
    roles = [(f"role:{role.id}", role_name(role.id)) for role in runtime_of().organisation.roles.values() if not role.is_outside]
    people = [(f"person:{person.id}", person.label) for person in directory.people(current(), limit=200).rows]
    places = tuple((value, gettext(label)) for value, label in _PLACES)
    return render(Dialog(
        heading="加簽", text="請另一位一同簽署；所有人都會看到是誰加的。", submit="加簽", choice_name="signer", choice_label="會簽人",
        choices=(*roles, *people), nothing="沒有可以加簽的角色或同事。", further=Question("place", "次序", places),
    ), flask.url_for("approvals.add", work_item_id=item.id), _back(item), problem, code)


def _ask_hand_over(work_item_id: int, problem: str = "", code: int = 200) -> flask.Response:
    item = _item(work_item_id)
    people = directory.people(current(), limit=200).rows
    return render(Dialog(
        heading="轉辦", text="由另一位同事代替簽署，次序不變。", submit="轉辦", choice_name="person", choice_label="轉給",
        choices=tuple((str(person.id), person.label) for person in people if person.id != session.actor().user_id),
        nothing="沒有可以轉辦的同事。", reason=True,
    ), flask.url_for("approvals.hand_over", work_item_id=item.id), _back(item), problem, code)


def _ask_remove(approval_id: int, problem: str = "", code: int = 200) -> flask.Response:
    part = _part(approval_id)
    return render(Dialog(
        heading="減簽", text="此人不再需要簽署；其餘的人都已同意時，會簽隨即通過。", submit="減簽", danger=True, reason=True,
    ), flask.url_for("approvals.remove", approval_id=part.id), flask.url_for("cases.show", instance_id=part.instance_id), problem, code)


def _do(
    act: Callable[[UnitOfWork], Any], instance_id: int, said: str, ask: Callable[[str, int], flask.Response]
) -> ResponseReturnValue:
    try:
        unit_of_work.step(act)
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return ask(describe_error(error), status(error))
    flask.flash(gettext(said))
    return _to_case(instance_id)


def _item(work_item_id: int) -> WorkItemRow:
    unit_of_work.let_go()
    return work_items.get(current(), session.actor(), work_item_id)


def _part(approval_id: int) -> PartRow:
    unit_of_work.let_go()
    part = queries.get(current(), approval_id)
    if part is None:
        raise NotFoundError(kind="會簽", id=approval_id)
    instances.get(current(), session.actor(), part.instance_id)
    return part


def _back(item: WorkItemRow) -> str:
    return flask.url_for("work_item.show", work_item_id=item.id)


def _to_case(instance_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)
