"""Why a run was stopped, and letting it go on."""

from __future__ import annotations

from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine import resuming
from engine.company import asking
from webui import session, unit_of_work
from webui.language import gettext
from webui.unit_of_work import current, runtime_of

_PAGES = {
    "interventions": ("cases.intervention", "intervention_id"), "migrations": ("rollouts.run", "run_id"),
    "imports": ("imports.show", "import_id"), "erasures": ("retention.run", "run_id"),
}


def stopped_run(kind: str, run_id: int) -> str:
    """Why it stopped by itself, in the reader's language; empty where somebody stopped it."""
    found = asking.why(current(), kind, run_id)
    return gettext(found.sentence, None, **found.data) if found is not None else ""


def resume(kind: str, run_id: int) -> ResponseReturnValue:
    """Let it go on in the name of whoever says so."""
    unit_of_work.step(lambda uow: resuming.resume(runtime_of(), uow, session.actor(), kind, run_id))
    flask.flash(gettext("已繼續。"))
    endpoint, name = _PAGES[kind]
    values: dict[str, Any] = {name: run_id}
    return flask.redirect(flask.url_for(endpoint, **values), 303)
