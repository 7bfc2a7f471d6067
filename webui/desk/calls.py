"""Who else called about the same thing, and who has been told."""

from __future__ import annotations

from dataclasses import replace

import flask
from flask.typing import ResponseReturnValue

from engine.company import reporters
from engine.company.reporters import Call
from engine.errors import ConflictError, InvalidError
from engine.queries import instances as queries
from engine.queries.reporters import case_of
from webui import posted_form, session, unit_of_work
from webui.desk import intake
from webui.dialogs import Dialog, render
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.start.offers import startable
from webui.unit_of_work import current, runtime_of

_TOLD = Dialog(
    "告知報告人", "告訴來電人辦理的結果，並在此記下。聯絡不上的仍留在待告知名單。", "記錄", choice_name="how", choice_label="告知方式",
    chosen="phone", remark=True,
)


def join(key: str, instance_id: int) -> ResponseReturnValue:
    """Let the call that is on the screen join an open case instead of making a new one."""
    held, actor = startable(session.actor(), key), session.actor()
    own = intake.start_form(held)
    said = intake.call_in(own, posted_form.read(own, actor).variables) if own is not None else {}
    caller, phone, words = (str(said.get(part) or "") for part in ("caller", "phone", "words"))
    call = Call(caller, phone, said.get("unit"), said.get("tenant"), words)
    try:
        at = intake.at_time_of_call(actor, said)
        unit_of_work.step(lambda uow: reporters.add(runtime_of(), uow, at, instance_id, call))
    except (InvalidError, ConflictError) as error:
        flask.flash(describe_error(error), "warn")
        return flask.redirect(flask.url_for("desk.screen", unit=said.get("unit"), tenant=said.get("tenant"), procedure=key), 303)
    flask.flash(gettext("已加入 {number}：{name} 也會接到結果。", number=_number(instance_id), name=call.name))
    return flask.redirect(flask.url_for("desk.screen", saved=instance_id), 303)


def reporter_form(instance_id: int) -> ResponseReturnValue:
    """Ask who."""
    return _ask(instance_id)


def add_reporter(instance_id: int) -> ResponseReturnValue:
    """Add a caller from the case's own page."""
    sent, place = flask.request.form, intake.place_from(flask.request.form)
    unit_id, tenant_id = (place.unit_id, place.tenant_id) if place is not None else (None, None)
    call = Call(sent.get("name", ""), sent.get("phone", ""), unit_id, tenant_id, sent.get("words", ""))
    try:
        at = posted_form.at_claimed_time(session.actor())
        unit_of_work.step(lambda uow: reporters.add(runtime_of(), uow, at, instance_id, call))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(instance_id, describe_error(error), status(error))
    flask.flash(gettext("已加上報告人 {name}。", name=call.name.strip()))
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def told_form(reporter_id: int) -> ResponseReturnValue:
    """Ask how."""
    return _ask_told(reporter_id)


def told(reporter_id: int) -> ResponseReturnValue:
    """Note that somebody has been told, or could not be reached."""
    sent = flask.request.form
    try:
        tell = reporters.tell
        unit_of_work.step(lambda uow: tell(runtime_of(), uow, session.actor(), reporter_id, sent.get("how", ""), sent.get("reason", "")))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask_told(reporter_id, describe_error(error), status(error))
    flask.flash(gettext("已記錄。"))
    return flask.redirect(flask.url_for("desk.needs_untold"), 303)


def _ask(instance_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case = queries.get(current(), session.actor(), instance_id)
    body = flask.render_template("desk/reporter.html", case=case, problem=problem, is_part="HX-Request" in flask.request.headers)
    return flask.make_response(body, code)


def _ask_told(reporter_id: int, problem: str = "", code: int = 200) -> flask.Response:
    case_of(current(), session.actor(), reporter_id)
    ways = tuple((way, gettext(name)) for way, name in reporters.WAYS.items())
    here, back = flask.url_for("desk.told", reporter_id=reporter_id), flask.url_for("desk.needs_untold")
    return render(replace(_TOLD, choices=ways), here, back, problem, code)


def _number(instance_id: int) -> str:
    case = queries.get(current(), session.actor(), instance_id)
    return case.business_key or f"#{case.id}"
