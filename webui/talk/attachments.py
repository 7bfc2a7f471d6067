"""Adding and striking out attachments. Several files at a time; each is kept by itself, so that one bad file costs only itself."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import attachments
from engine.errors import ConflictError, GuichengError, InvalidError
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.talk.panel import back
from webui.unit_of_work import current, runtime_of


def add(instance_id: int) -> ResponseReturnValue:
    """Keep files. A page's script sends one at a time and gets JSON: `{"problem"}` with 4xx, or 201."""
    chosen = [upload for upload in flask.request.files.getlist("file") if upload.filename]
    if not chosen:
        raise InvalidError(reason="請先選擇檔案。")
    is_script = "X-Upload" in flask.request.headers
    for upload in chosen:
        try:
            unit_of_work.step(
                lambda uow, upload=upload: attachments.add(  # type: ignore[misc]
                    runtime_of(), uow, session.actor(), instance_id, upload.stream, upload.filename or ""
                )
            )
        except (InvalidError, ConflictError) as error:
            if is_script:
                return _problem(error)
            flask.flash(describe_error(error), "warn")
    if is_script:
        return {"added": len(chosen)}, 201
    return flask.redirect(back(instance_id, anchor="attachments"), 303)


def strike_form(attachment_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(attachment_id)


def strike(attachment_id: int) -> ResponseReturnValue:
    """Strike one out."""
    address = _back(attachment_id)
    try:
        unit_of_work.step(lambda uow: attachments.strike(runtime_of(), uow, session.actor(), attachment_id, required_reason()))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(attachment_id, describe_error(error), status(error))
    flask.flash(gettext("附件已劃去，原因已記入歷程。"))
    return flask.redirect(address, 303)


def _problem(error: GuichengError) -> ResponseReturnValue:
    unit_of_work.let_go()
    return {"problem": describe_error(error)}, status(error)


def _ask(attachment_id: int, problem: str = "", code: int = 200) -> flask.Response:
    address = flask.url_for("talk.strike_attachment", attachment_id=attachment_id, item=flask.request.args.get("item") or None)
    return render(Dialog(
        heading="劃去附件", text="劃去後檔案仍保留，並註明是誰、為什麼劃去。", submit="劃去", danger=True, reason=True,
    ), address, _back(attachment_id), problem, code)


def _back(attachment_id: int) -> str:
    return back(attachments.instance_of(current(), session.actor(), attachment_id), anchor="attachments")
