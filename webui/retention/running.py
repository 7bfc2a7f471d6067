"""Runs: beginning one after a question, what became of it, stopping it and letting it go on."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.retention import reading, runs
from engine.retention.kinds import SUBJECTS
from webui import session, unit_of_work
from webui.dialogs import Dialog, render
from webui.language import gettext
from webui.retention.ruling import kind_of, procedure_names, procedure_of
from webui.unit_of_work import current, runtime_of

_ASK = Dialog(
    heading="現在就按這項規則刪除？", text="刪除後不能恢復，撤銷和還原都找不回來。法律保全的案件不受影響。", submit="開始刪除", danger=True,
)


def ask(kind: str) -> ResponseReturnValue:
    """Ask first."""
    which, procedure = kind_of(kind), procedure_of()
    reading.preview(runtime_of(), current(), session.actor(), which, procedure)
    back = flask.url_for("retention.rule", kind=kind, procedure=procedure or None)
    return render(_ASK, flask.url_for("retention.begin", kind=kind, procedure=procedure or None), back)


def begin(kind: str) -> ResponseReturnValue:
    """Carry the rule out in the background."""
    which, procedure = kind_of(kind), procedure_of()
    run_id = unit_of_work.step(lambda uow: runs.begin(runtime_of(), uow, session.actor(), which, procedure))
    return flask.redirect(flask.url_for("retention.run", run_id=run_id), 303)


def overview() -> ResponseReturnValue:
    """Runs, latest first."""
    found = reading.runs(current(), session.actor(), after=flask.request.args.get("after"))
    return flask.render_template("retention/runs.html", page=found, subjects=SUBJECTS, names=procedure_names())


def show(run_id: int) -> ResponseReturnValue:
    """How far a run is, and which cases it took something out of."""
    actor = session.actor()
    found = reading.run(current(), actor, run_id)
    cases = reading.cases_of_run(current(), actor, run_id, after=flask.request.args.get("after"))
    return flask.render_template("retention/run.html", run=found, cases=cases, subjects=SUBJECTS, names=procedure_names())


def stop(run_id: int) -> ResponseReturnValue:
    """Do no more."""
    unit_of_work.step(lambda uow: runs.stop(runtime_of(), uow, session.actor(), run_id))
    flask.flash(gettext("已停止；已刪除的不會恢復。"))
    return flask.redirect(flask.url_for("retention.run", run_id=run_id), 303)
