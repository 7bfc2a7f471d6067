"""The reconciliation sheet: seen, downloaded, signed."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine.errors import ConflictError, InvalidError
from engine.imports import reconciling
from engine.queries import imports as queries
from webui import exports, session, unit_of_work
from webui.error_pages import status
from webui.imports.views import rights, send
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of


def show(import_id: int) -> ResponseReturnValue:
    """What the workbook said beside what stands now, and who signed what."""
    return _page(import_id)


def sign(import_id: int) -> ResponseReturnValue:
    """Sign what stands now."""
    actor, form = session.actor(), flask.request.form
    queries.find(current(), actor, import_id)
    try:
        role, note = form.get("role", ""), form.get("note", "")
        unit_of_work.step(lambda uow: reconciling.sign(runtime_of(), uow, actor, import_id, role, note))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _page(import_id, describe_error(error), status(error))
    flask.flash(gettext("已簽認，數字已按簽認時的樣子保存。"))
    return flask.redirect(flask.url_for("imports.reconciliation", import_id=import_id), 303)


def download(import_id: int) -> ResponseReturnValue:
    """The sheet as an Excel file."""
    uow, actor = current(), session.actor()
    sheet = reconciling.figures(runtime_of(), uow, actor, import_id)
    body = reconciling.workbook(sheet, reconciling.signed_sheets(uow, import_id), current_locale())
    exports.keep(actor, "reconciliation", "xlsx", len(sheet))
    return send(body, f"{gettext('對賬表')}-{import_id}")


def _page(import_id: int, problem: str = "", code: int = 200) -> flask.Response:
    uow, actor = current(), session.actor()
    sheet = reconciling.figures(runtime_of(), uow, actor, import_id)
    body = flask.render_template(
        "imports/reconciliation.html", found=queries.find(uow, actor, import_id), sheet=sheet, rights=rights(), problem=problem,
        signed=reconciling.signed_sheets(uow, import_id), roles=[role for role in reconciling.SIGNERS if role in actor.roles()],
        is_even=all(figure.agrees for figure in sheet), note_text=flask.request.form.get("note", ""),
    )
    return flask.make_response(body, code)
