"""Cases on their way to a version: how far it is, what became of each, stopping it and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import migration_runs
from engine.errors import ConflictError, InvalidError
from engine.permissions import may
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import migrations
from webui import session, unit_of_work
from webui.language import describe_error, gettext
from webui.rollouts import wording
from webui.unit_of_work import current, runtime_of

_STATES = ("refused", "kept", "planned", "moved", "undone")


def show(run_id: int) -> ResponseReturnValue:
    """How far it is, and what became of each case."""
    uow, actor, args = current(), session.actor(), flask.request.args
    found = migrations.run(uow, actor, run_id)
    state = args.get("show") if args.get("show") in _STATES else None
    page = migrations.cases(uow, actor, run_id, state=state, after=args.get("after"))
    return flask.render_template(
        "rollouts/run.html", run=found, page=page, state=state, wording=wording, problem_of=_problem,
        may_steer=may(actor, "process-instance:migrate"),
    )


def progress(run_id: int) -> ResponseReturnValue:
    """How far it is, as a part of the page; once it is over the page is drawn anew."""
    found = migrations.run(current(), session.actor(), run_id)
    response = flask.make_response(flask.render_template("rollouts/progress.html", run=found))
    if found.is_over:
        response.headers["HX-Refresh"] = "true"
    return response


def stop(run_id: int) -> ResponseReturnValue:
    """Do no more."""
    return _steer(run_id, lambda uow: migration_runs.stop(runtime_of(), uow, session.actor(), run_id), "已停止；已改用的案件不變。")


def undo(run_id: int) -> ResponseReturnValue:
    """Move back whoever has not gone on."""
    return _steer(run_id, lambda uow: migration_runs.undo(runtime_of(), uow, session.actor(), run_id), "已開始撤銷，可以離開此頁。")


def _steer(run_id: int, act: Callable[[UnitOfWork], None], told: str) -> ResponseReturnValue:
    migrations.run(current(), session.actor(), run_id)
    try:
        unit_of_work.step(act)
        flask.flash(gettext(told))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("rollouts.run", run_id=run_id), 303)


def _problem(case: migrations.CaseResult) -> str:
    if not case.sentence:
        return ""
    data: dict[str, Any] = {name: gettext(value) if name in ("reason", "kind") and isinstance(value, str) else value
            for name, value in (case.data or {}).items()}  # fmt: skip
    return gettext(case.sentence, None, **data)
