"""Saying afterwards that something happened at another time: the question on the case's story, and its answer."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import corrections
from engine.errors import ConflictError, InvalidError
from engine.permissions import require
from engine.queries import history
from engine.queries import instances as queries
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_moment, required_reason
from webui.display import local
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of

_LABEL = "實際發生時間"
_TEXT = "原來的記錄會保留，更正另記一條。時限按更正後的時刻重算；所屬月份已結的，數字不變，另註明。"


def correct_form(instance_id: int, seq: int) -> ResponseReturnValue:
    """Ask when it happened, and why that is said only now."""
    return _ask(instance_id, seq)


def correct(instance_id: int, seq: int) -> ResponseReturnValue:
    """Put it right."""
    queries.get(current(), session.actor(), instance_id)
    try:
        moment, reason = required_moment(), required_reason()
        found = unit_of_work.step(
            lambda uow: corrections.correct_time(runtime_of(), uow, session.actor(), instance_id, seq, moment, reason)
        )
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(instance_id, seq, describe_error(error), status(error))
    flask.flash(gettext("已更正。所屬月份已結，時限的數字不變。") if found.kept else gettext("已更正，時限已按新的時刻重算。"))
    return flask.redirect(flask.url_for("cases.show", instance_id=instance_id), 303)


def _ask(instance_id: int, seq: int, problem: str = "", code: int = 200) -> flask.Response:
    case = queries.get(current(), session.actor(), instance_id)
    require(session.actor(), "time:correct", case.site_id)
    said = local(history.happened_at(current(), instance_id, seq))
    dialog = Dialog("更正發生時刻", _TEXT, "更正", reason=True, moment_label=_LABEL, moment=f"{said:%Y-%m-%dT%H:%M}")
    here = flask.url_for("cases.correct", instance_id=instance_id, seq=seq)
    return render(dialog, here, flask.url_for("cases.show", instance_id=instance_id), problem, code)
