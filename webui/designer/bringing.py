"""Bringing in files of another tool: chosen, looked at as they would become, then made a draft. Nothing is stored before that."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from engine.designing import bringing
from engine.designing.bringing import Look, Wishes
from engine.diagram import read_diagram
from engine.drawing import draw
from engine.errors import ConflictError, FieldError, ForbiddenError, FormInvalidError, GuichengError, InvalidError
from engine.i18n import describe_finding
from engine.permissions import require
from webui import session, unit_of_work
from webui.error_pages import status
from webui.language import current_locale, describe_error
from webui.unit_of_work import current, runtime_of


def page() -> ResponseReturnValue:
    """The page with nothing chosen."""
    require(session.actor(), "procedure:design")
    return flask.render_template("designer/bring_in.html", **_shown(None))


def look() -> ResponseReturnValue:
    """What would be made of the files."""
    try:
        seen = bringing.look(runtime_of(), current(), session.actor(), _files(), _wishes())
    except InvalidError as error:
        return _answer(None, error)
    return _answer(seen)


def begin() -> ResponseReturnValue:
    """Make the draft and open it."""
    actor, files, wishes, locale = session.actor(), _files(), _wishes(), current_locale()
    try:
        draft, _ = unit_of_work.step(lambda uow: bringing.begin(runtime_of(), uow, actor, files, wishes, locale))
    except (InvalidError, ConflictError, ForbiddenError) as error:
        unit_of_work.let_go()
        return _answer(_seen_again(files, wishes), error)
    address = flask.url_for("designer.editor", name=draft.procedure)
    return flask.Response(status=204, headers={"HX-Redirect": address}) if _is_part() else flask.redirect(address, 303)


def _seen_again(files: dict[str, bytes], wishes: Wishes) -> Look | None:
    """The look beside an error, so that nothing has to be chosen anew."""
    try:
        seen = bringing.look(runtime_of(), current(), session.actor(), files, Wishes("", wishes.roles, wishes.keep_drawing))
    except GuichengError:
        return None
    return Look(wishes.procedure or seen.procedure, seen.brought, seen.findings)


def _answer(seen: Look | None, error: GuichengError | None = None) -> flask.Response:
    template = "designer/bring_in_look.html" if _is_part() else "designer/bring_in.html"
    return flask.make_response(flask.render_template(template, **_shown(seen, error)), 200 if error is None else status(error))


def _shown(seen: Look | None, error: GuichengError | None = None) -> dict[str, object]:
    fields = list(error.errors) if isinstance(error, FormInvalidError) else []
    file = str(error.data.get("file", "")) if error is not None else ""
    told = describe_error(error) if error is not None and not fields else ""
    return {
        "seen": seen, "errors": fields, "problem": f"{file}: {told}" if file and told else told, "values": flask.request.form,
        "pictures": _pictures(seen), "roles": list(runtime_of().organisation.roles.values()),
        "field_error": lambda name: _of(fields, name),
        "describe_finding": lambda finding: describe_finding(finding, current_locale()),
    }


def _of(errors: list[FieldError], name: str) -> FieldError | None:
    return next((error for error in errors if error.field == name), None)


def _pictures(seen: Look | None) -> list[tuple[str, Markup]]:
    """(name, drawing) of each process; every text in the drawing is escaped where it is written."""
    if seen is None:
        return []
    bodies = [body for path, body in seen.brought.files.items() if path.endswith(".bpmn")]
    found = ((body, diagram) for body in bodies for diagram in read_diagram(body).values())
    return [(diagram.name, Markup(draw(body, diagram.process_id, {}, label=diagram.name))) for body, diagram in found]  # noqa: S704


def _files() -> dict[str, bytes]:
    return {file.filename: file.stream.read() for file in flask.request.files.getlist("files") if file.filename}


def _wishes() -> Wishes:
    form = flask.request.form
    roles = dict(zip(form.getlist("said"), form.getlist("role"), strict=False))
    return Wishes(form.get("procedure", ""), roles, bool(form.get("keep_drawing")))


def _is_part() -> bool:
    return "HX-Request" in flask.request.headers
