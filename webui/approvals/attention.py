"""Nudging, copying, and taking one's own case back."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import attention, instances
from engine.errors import ConflictError, InvalidError
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory, work_items
from engine.queries import instances as cases
from engine.queries.instances import InstanceRow
from webui import session, unit_of_work
from webui.dialogs import Dialog, chosen_number, render, required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def nudge(work_item_id: int) -> ResponseReturnValue:
    """催辦."""
    try:
        unit_of_work.step(lambda uow: attention.nudge(runtime_of(), uow, session.actor(), work_item_id))
        flask.flash(gettext("已催辦，對方會收到提醒。"))
    except ConflictError as error:
        flask.flash(describe_error(error), "warn")
    return _to_case(work_items.find(current(), work_item_id).instance_id)


def copy_form(instance_id: int) -> ResponseReturnValue:
    """Ask to whom."""
    return _ask_copy(instance_id)


def copy(instance_id: int) -> ResponseReturnValue:
    """抄送."""
    _case(instance_id)

    def act(uow: UnitOfWork) -> None:
        attention.copy(runtime_of(), uow, session.actor(), instance_id, [chosen_number("person")])

    try:
        unit_of_work.step(act)
    except (InvalidError, ConflictError) as error:
        return _ask_copy(instance_id, describe_error(error), status(error))
    flask.flash(gettext("已抄送。"))
    return _to_case(instance_id)


def revoke_form(instance_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask_revoke(instance_id)


def revoke(instance_id: int) -> ResponseReturnValue:
    """撤銷."""
    _case(instance_id)
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: instances.revoke(runtime_of(), uow, session.actor(), instance_id, reason))
    except (InvalidError, ConflictError) as error:
        return _ask_revoke(instance_id, describe_error(error), status(error))
    flask.flash(gettext("案件已撤銷。"))
    return _to_case(instance_id)


def _ask_copy(instance_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case = _case(instance_id)
    people = directory.people(current(), limit=200).rows
    return render(Dialog(
        heading="抄送", text="對方可以查看案件，不需辦理；您看得到對方是否已閱。", submit="抄送", choice_name="person",
        choice_label="抄送給",
        choices=tuple((str(person.id), person.label) for person in people if person.id != session.actor().user_id),
        nothing="沒有可以抄送的同事。",
    ), flask.url_for("approvals.copy", instance_id=case.id), flask.url_for("cases.show", instance_id=case.id), problem, code)


def _ask_revoke(instance_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case = _case(instance_id)
    if case.started_by is None or case.started_by != session.actor().user_id:
        raise instances.NotYourCaseError
    return render(Dialog(
        "撤銷案件", "撤銷後不能恢復；已填寫的內容和歷程會保留。", "撤銷案件", danger=True, reason=True,
    ), flask.url_for("approvals.revoke", instance_id=case.id), flask.url_for("cases.show", instance_id=case.id), problem, code)


def _case(instance_id: int) -> InstanceRow:
    unit_of_work.let_go()
    return cases.get(current(), session.actor(), instance_id)


def _to_case(instance_id: int) -> ResponseReturnValue:
    unit_of_work.let_go()
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)
