"""One tenant's request: what would be erased, what stands in the way, and doing it with the reason."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import ConflictError, InvalidError
from engine.retention import reading, runs
from webui import session, unit_of_work
from webui.dialogs import required_reason
from webui.error_pages import status
from webui.language import describe_error
from webui.unit_of_work import current, runtime_of


def show(tenant_id: int) -> ResponseReturnValue:
    """The preview, with the question."""
    return _page(tenant_id)


def erase(tenant_id: int) -> ResponseReturnValue:
    """Let it be erased in the background; it is on record."""
    try:
        reason = required_reason()
        run_id = unit_of_work.step(lambda uow: runs.begin_for_tenant(runtime_of(), uow, session.actor(), tenant_id, reason))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return flask.make_response(_page(tenant_id, describe_error(error)), status(error))
    return flask.redirect(flask.url_for("retention.run", run_id=run_id), 303)


def _page(tenant_id: int, problem: str = "") -> str:
    found = reading.of_tenant(runtime_of(), current(), session.actor(), tenant_id)
    return flask.render_template("retention/tenant.html", found=found, problem=problem)
