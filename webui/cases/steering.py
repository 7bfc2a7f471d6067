"""What a manager does with a case: suspend, resume, cancel, retry. Each with a reason, which stays on record."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from engine import instances, intervention_runs, voiding
from engine.errors import ConflictError, InvalidError
from engine.interventions import PERMISSIONS, Order, Verb
from engine.permissions import require
from engine.queries import instances as queries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

_SUSPEND = Dialog("暫停案件", "暫停後，所有待辦事項會從同事的列表中隱藏；時限照常計算，除非規定另有說明。", "暫停", reason=True)
_RESUME = Dialog("恢復案件", "恢復後，待辦事項會重新出現在同事的列表中。", "恢復", reason=True)
_CANCEL = Dialog("取消案件", "取消後不能恢復；已填寫的內容和歷程會保留。", "取消案件", danger=True, reason=True)

_VOID = Dialog(
    "作廢案件", "登錯的案件用作廢：號碼保留、記錄保留，不計入統計和時限。辦到一半不辦了的，請用「取消」。", "作廢", danger=True,
    choice_name="kind", choice_label="原因", remark=True,
)


def suspend_form(instance_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(_SUSPEND, Verb.SUSPEND, instance_id)


def suspend(instance_id: int) -> ResponseReturnValue:
    """Put the case to rest."""
    return _do(_SUSPEND, Verb.SUSPEND, instance_id, "案件已暫停。")


def resume_form(instance_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(_RESUME, Verb.RESUME, instance_id)


def resume(instance_id: int) -> ResponseReturnValue:
    """Wake the case."""
    return _do(_RESUME, Verb.RESUME, instance_id, "案件已恢復。")


def cancel_form(instance_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(_CANCEL, Verb.CANCEL, instance_id)


def cancel(instance_id: int) -> ResponseReturnValue:
    """End the case before its end."""
    return _do(_CANCEL, Verb.CANCEL, instance_id, "案件已取消。")


def void_form(instance_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask_void(instance_id)


def void(instance_id: int) -> ResponseReturnValue:
    """Take a mistaken entry back."""
    queries.get(current(), session.actor(), instance_id)
    kind, reason = flask.request.form.get("kind", ""), flask.request.form.get("reason", "")
    try:
        unit_of_work.step(lambda uow: voiding.void(runtime_of(), uow, session.actor(), instance_id, kind, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask_void(instance_id, describe_error(error), status(error))
    flask.flash(gettext("案件已作廢，號碼保留。"))
    return _back(instance_id)


def _ask_void(instance_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case = queries.get(current(), session.actor(), instance_id)
    if not voiding.may_void(current(), session.actor(), case.id, case.site_id, case.started_by):
        raise voiding.VoidNotAllowedError
    dialog = replace(_VOID, choices=tuple((kind, gettext(name)) for kind, name in voiding.REASONS.items()))
    back = flask.url_for("cases.show", instance_id=instance_id)
    return render(dialog, flask.url_for("cases.void", instance_id=instance_id), back, problem, code)


def retry(instance_id: int, incident_id: int) -> ResponseReturnValue:
    """Try a failed step again with what was submitted then."""
    queries.get(current(), session.actor(), instance_id)
    result = unit_of_work.step(lambda uow: instances.retry(runtime_of(), uow, session.actor(), incident_id))
    if result.incident_id is None:
        flask.flash(gettext("已重試成功，案件繼續辦理。"))
    else:
        flask.flash(gettext("重試仍未成功，原因見下方異常。"), "warn")
    return _back(instance_id)


def _ask(dialog: Dialog, verb: Verb, instance_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case = queries.get(current(), session.actor(), instance_id)
    require(session.actor(), PERMISSIONS[verb], case.site_id)
    here = flask.url_for(f"cases.{verb.value}", instance_id=instance_id)
    return render(dialog, here, flask.url_for("cases.show", instance_id=instance_id), problem, code)


def _do(dialog: Dialog, verb: Verb, instance_id: int, said: str) -> ResponseReturnValue:
    """As an intervention of one: with its reason among the others, from where it can be taken back."""
    case = queries.get(current(), session.actor(), instance_id)
    require(session.actor(), PERMISSIONS[verb], case.site_id)
    unit_of_work.let_go()
    try:
        outcome = intervention_runs.one(runtime_of(), session.actor(), Order(verb, required_reason()), instance_id)
    except (InvalidError, ConflictError) as error:
        return _ask(dialog, verb, instance_id, describe_error(error), status(error))
    if outcome.state == "done":
        flask.flash(gettext(said))
    else:
        # somebody was quicker
        flask.flash(gettext("沒有辦成，原因見介入記錄。"), "warn")
    return _back(instance_id)


def _back(instance_id: int) -> ResponseReturnValue:
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)
