"""What a procedure has beside its diagrams: the list of forms, records and registers, the frame of each editor, and their previews."""

from __future__ import annotations

import json
from collections.abc import Mapping

import flask
from flask.typing import ResponseReturnValue

from engine.designing import catalogue, drafts, form_editing, record_preview, register_editing
from engine.designing import overview as procedures
from engine.designing.overview import ProcedureState
from engine.errors import FormInvalidError, InvalidError, NotFoundError
from engine.i18n import LOCALES
from webui import session, unit_of_work
from webui.error_pages import status
from webui.form_options import options
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

#: kind → folder and ending of its files
FILES = {"form": ("forms", "json"), "record": ("records", "html"), "register": ("registers", "toml")}
_LONGEST_WORDS = 100_000


def overview(name: str) -> ResponseReturnValue:
    """Everything of the draft that has an editor of its own."""
    state = _state(name)
    found = catalogue.of(runtime_of(), current(), drafts.files(current(), _draft_id(state)))
    registers = register_editing.listed(current(), session.actor(), _draft_id(state))
    return flask.render_template("designer/parts.html", state=state, draft=state.draft, found=found, registers=registers)


def begin(name: str) -> ResponseReturnValue:
    """Begin a form, a record or a register, and open it."""
    state, sent = _state(name), flask.request.form
    kind, key, title = sent.get("kind", ""), sent.get("key", "").strip(), sent.get("title", "").strip()
    actor, draft_id = session.actor(), _draft_id(state)
    try:
        unit_of_work.step(lambda uow: register_editing.begin(runtime_of(), uow, actor, draft_id, kind, key, title))
    except FormInvalidError as error:
        unit_of_work.let_go()
        flask.flash("；".join(gettext(each.sentence, **each.data) for each in error.errors), "bad")
        return flask.redirect(flask.url_for("designer.parts", name=name), 303)
    return flask.redirect(flask.url_for("designer.part", name=name, kind=kind, key=key), 303)


def part(name: str, kind: str, key: str) -> ResponseReturnValue:
    """The editor of one file."""
    state = _state(name)
    folder, ending = FILES[kind]
    path = f"{folder}/{key}.{ending}"
    drafts.read(current(), session.actor(), _draft_id(state), path)
    return flask.render_template(f"designer/{kind}.html", state=state, draft=state.draft, kind=kind, key=key, path=path)


def preview(name: str, kind: str, key: str) -> ResponseReturnValue:
    """The file as people will see it, from text that nobody has saved; 422 with what is wrong with it."""
    draft_id, sent = _draft_id(_state(name)), flask.request.form
    if (locale := flask.request.args.get("locale", "")) in LOCALES:
        flask.g.reader_locale = locale
    try:
        return _PREVIEWS[kind](draft_id, key, sent)
    except InvalidError as error:
        body = flask.render_template("designer/preview_wrong.html", problem=describe_error(error), line=error.data.get("line", 0))
        return flask.make_response(body, status(error))


def _form(draft_id: int, key: str, sent: Mapping[str, str]) -> str:
    english = json.loads(sent.get("english", "")[:_LONGEST_WORDS] or "{}")
    words = {str(source): str(each) for source, each in english.items()} if isinstance(english, dict) else {}
    view = form_editing.page(
        runtime_of(), current(), session.actor(), draft_id, key, sent.get("text", ""), locale=current_locale(), english=words,
        options=options(None))
    return flask.render_template("designer/preview_form.html", view=view)


def _record(draft_id: int, key: str, sent: Mapping[str, str]) -> str:
    shown = record_preview.render_draft(
        runtime_of(), current(), session.actor(), draft_id, key, sent.get("text", ""), locale=current_locale(),
        image=lambda file_id: flask.url_for("files.show", file_id=file_id))
    return flask.render_template("designer/preview_record.html", shown=shown)


def _register(draft_id: int, key: str, sent: Mapping[str, str]) -> str:
    shown = register_editing.preview(
        runtime_of(), current(), session.actor(), draft_id, key, sent.get("text", ""), locale=current_locale())
    return flask.render_template("designer/preview_register.html", shown=shown)


_PREVIEWS = {"form": _form, "record": _record, "register": _register}


def _state(name: str) -> ProcedureState:
    state = next((each for each in procedures.listed(current(), session.actor()) if each.name == name), None)
    if state is None:
        raise NotFoundError(kind="流程", id=name)
    return state


def _draft_id(state: ProcedureState) -> int:
    if state.draft is None:
        raise NotFoundError(kind="草稿", id=state.name)
    return state.draft.id
