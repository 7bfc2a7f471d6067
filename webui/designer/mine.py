"""What a person has in hand: the drafts that they saved, opened, put away and taken up again."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.designing import drafts, mine
from engine.designing import overview as procedures
from engine.designing.overview import ProcedureState
from engine.errors import ConflictError
from webui import session, unit_of_work
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of
from webui.wording import worded


def page() -> ResponseReturnValue:
    """The latest first."""
    uow, actor = current(), session.actor()
    states = {state.name: state for state in procedures.listed(uow, actor)}
    return flask.render_template(
        "designer/mine.html", page=mine.listed(uow, actor, after=flask.request.args.get("after")), states=states, own_id=actor.user_id,
        open_drafts={state.draft.id: {"title": _title(state), "address": flask.url_for("designer.editor", name=state.name)}
                     for state in states.values() if state.draft is not None})


def reopen(draft_id: int) -> ResponseReturnValue:
    """Take up again what was put away."""
    actor = session.actor()
    procedure = drafts.get(current(), actor, draft_id).procedure
    try:
        unit_of_work.step(lambda uow: drafts.reopen(runtime_of(), uow, actor, draft_id))
    except ConflictError as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
        return flask.redirect(flask.url_for("designer.mine"), 303)
    flask.flash(gettext("草稿已再打開。"))
    return flask.redirect(flask.url_for("designer.editor", name=procedure), 303)


def _title(state: ProcedureState) -> str:
    return worded(state.title, state.processes[0].id) if state.processes else state.title
