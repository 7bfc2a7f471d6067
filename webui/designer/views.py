"""The list of procedures, the editor's frame, and who may do what. What the editor reads and saves goes over the REST API."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import procedure_access
from engine.company import users
from engine.designing import drafts
from engine.designing import overview as procedures
from engine.errors import ConflictError, FormInvalidError, InvalidError, NotFoundError
from engine.permissions import PERMISSIONS, may, require
from webui import session, unit_of_work
from webui.addresses import safe_next
from webui.error_pages import status
from webui.language import describe_error, gettext
from webui.unit_of_work import current, runtime_of


def overview() -> ResponseReturnValue:
    """Every procedure, with who has it in hand."""
    found = procedures.listed(current(), session.actor())
    shipped = sorted(path.parent.name for path in runtime_of().settings.bpmn.glob("*/*.bpmn"))
    missing = sorted(set(shipped) - {state.name for state in found})
    return flask.render_template("designer/overview.html", found=found, missing=missing, rights=_rights())


def new() -> ResponseReturnValue:
    """The form for a new procedure."""
    require(session.actor(), "procedure:design")
    return _new({}, ())


def begin() -> ResponseReturnValue:
    """Begin a draft and open it; one that is there already is opened."""
    actor, form = session.actor(), flask.request.form
    name, source = form.get("procedure", "").strip(), form.get("source", "deployed")
    try:
        unit_of_work.step(lambda uow: drafts.create(runtime_of(), uow, actor, name, source, title=form.get("title", "").strip()))
    except FormInvalidError as error:
        unit_of_work.let_go()
        return flask.make_response(_new(form, error.errors), 422)
    except ConflictError as error:
        unit_of_work.let_go()
        flask.flash(describe_error(error), "warn")
    return flask.redirect(flask.url_for("designer.editor", name=name), 303)


def editor(name: str) -> ResponseReturnValue:
    """The editor of a procedure's draft, or what could be begun."""
    uow, actor = current(), session.actor()
    state = next((each for each in procedures.listed(uow, actor) if each.name == name), None)
    if state is None:
        raise NotFoundError(kind="流程", id=name)
    if state.draft is None:
        return flask.render_template("designer/no_draft.html", state=state)
    return flask.render_template("designer/editor.html", state=state, draft=state.draft)


def close(name: str) -> ResponseReturnValue:
    """Put the draft away."""
    actor = session.actor()
    draft = drafts.find(current(), actor, name)
    if draft is None:
        raise NotFoundError(kind="草稿", id=name)
    unit_of_work.step(lambda uow: drafts.close(runtime_of(), uow, actor, draft.id))
    flask.flash(gettext("草稿已收起，內容仍保留。"))
    return flask.redirect(safe_next(flask.request.form.get("next"), flask.url_for("designer.overview")), 303)


def access(name: str) -> ResponseReturnValue:
    """Who may design and deploy it."""
    require(session.actor(), "procedure:grant")
    return _access(name)


def grant(name: str) -> ResponseReturnValue:
    """Set who may."""
    actor, form = session.actor(), flask.request.form
    lists = [[int(value) for value in form.getlist(right) if value.isdecimal()] if form.get(f"{right}_listed") else None
             for right in ("design", "deploy")]
    try:
        unit_of_work.step(lambda uow: procedure_access.grant(runtime_of(), uow, actor, name, *lists))
    except (InvalidError, procedure_access.OwnRightsError) as error:
        unit_of_work.let_go()
        return flask.make_response(_access(name, describe_error(error)), status(error))
    flask.flash(gettext("權限已更改。"))
    return flask.redirect(flask.url_for("designer.overview"), 303)


def _new(values: object, errors: object) -> str:
    return flask.render_template("designer/new.html", values=values, errors=errors)


def _access(name: str, problem: str = "") -> str:
    held = procedure_access.of(current(), name)[name]
    roles = PERMISSIONS["procedure:design"] | PERMISSIONS["process-definition:deploy"]
    people = [each for each in users.list_all(current()) if each.deactivated_at is None and roles & {grant.role for grant in each.grants}]
    return flask.render_template("designer/access.html", name=name, held=held, people=people, problem=problem)


def _rights() -> dict[str, bool]:
    return {"design": may(session.actor(), "procedure:design"), "grant": may(session.actor(), "procedure:grant")}
