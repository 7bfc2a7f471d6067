"""Adding and changing the directory's entries: errors stand beside their fields, and of two people the second sees both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask
from flask.typing import ResponseReturnValue

from engine.company import directory, users
from engine.company.changes import EntryChangedError
from engine.company.entries import Field, Kind, clean
from engine.errors import ConflictError, FormInvalidError, GuichengError, InvalidError, NotFoundError
from engine.i18n import describe_field_error
from engine.model import Actor
from engine.permissions import require
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory as pickers
from engine.queries import entries
from engine.queries.entries import Entry
from engine.queries.sites import places
from webui import session, unit_of_work
from webui.dialogs import Dialog, render, required_reason
from webui.directory import listing
from webui.directory.shown import words
from webui.display import zone
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.unit_of_work import current, runtime_of

_DEACTIVATE = Dialog("停用", "停用後不再供選用，已有的案件和記錄不受影響，隨時可以恢復。", "停用", danger=True, reason=True)
_REACTIVATE = Dialog("恢復使用", "恢復後可再供選用。", "恢復使用", reason=True)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not saved, as the form shows it."""

    sentence: str
    #: by field name
    fields: Mapping[str, str]
    code: int
    #: the entry as it stands now, where somebody else was first
    current: Entry | None = None


def new(kind: str) -> ResponseReturnValue:
    """An empty form; `?site_id=…` and the like fill a field."""
    found = listing.kind_of(kind)
    require(session.actor(), found.permission)
    return _form(found, None, {field.name: flask.request.args.get(field.name, _usual(field)) for field in found.fields})


def create(kind: str) -> ResponseReturnValue:
    """Add an entry."""
    found = listing.kind_of(kind)
    require(session.actor(), found.permission)
    try:
        identity = unit_of_work.step(lambda uow: _create(uow, found))
    except (InvalidError, ConflictError, NotFoundError) as error:
        return _form(found, None, flask.request.form, _refusal(error))
    flask.flash(gettext("已新增。"))
    return flask.redirect(flask.url_for("directory.show", kind=kind, entry_id=identity), 303)


def edit(kind: str, entry_id: int) -> ResponseReturnValue:
    """The form of an entry."""
    found = listing.kind_of(kind)
    require(session.actor(), found.permission)
    entry = entries.show(current(), session.actor(), kind, entry_id)
    return _form(found, entry, {field.name: _editable(field, entry.values.get(field.name)) for field in found.fields})


def change(kind: str, entry_id: int) -> ResponseReturnValue:
    """Change an entry, if it is still as it was when the form was opened."""
    found, actor = listing.kind_of(kind), session.actor()
    require(actor, found.permission)
    entry = entries.show(current(), actor, kind, entry_id)
    try:
        unit_of_work.step(lambda uow: _change(uow, actor, found, entry_id))
    except (InvalidError, ConflictError) as error:
        now = entries.show(current(), actor, kind, entry_id)
        return _form(found, now, flask.request.form, _refusal(error, now if isinstance(error, EntryChangedError) else None))
    flask.flash(gettext("已儲存。"))
    return flask.redirect(flask.url_for("directory.show", kind=kind, entry_id=entry.id), 303)


def deactivate_form(kind: str, entry_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(kind, entry_id, _DEACTIVATE, "directory.deactivate")


def deactivate(kind: str, entry_id: int) -> ResponseReturnValue:
    """Offer it no longer."""
    return _switch(kind, entry_id, _DEACTIVATE, "directory.deactivate", is_active=False)


def reactivate_form(kind: str, entry_id: int) -> ResponseReturnValue:
    """Ask why."""
    return _ask(kind, entry_id, _REACTIVATE, "directory.reactivate")


def reactivate(kind: str, entry_id: int) -> ResponseReturnValue:
    """Offer it again."""
    return _switch(kind, entry_id, _REACTIVATE, "directory.reactivate", is_active=True)


def _create(uow: UnitOfWork, kind: Kind) -> int:
    raw, actor = _raw(kind), session.actor()
    if kind.id != "person":
        return directory.create(runtime_of(), uow, actor, kind.id, raw)
    return users.create(runtime_of(), uow, actor, **clean(kind, raw, zone(), is_new=True))


def _change(uow: UnitOfWork, actor: Actor, kind: Kind, entry_id: int) -> None:
    raw, text = _raw(kind), flask.request.form.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if kind.id != "person":
        directory.change(runtime_of(), uow, actor, kind.id, entry_id, raw, version)
        return
    values = clean(kind, raw, zone(), is_new=False)
    users.set_profile(runtime_of(), uow, actor, entry_id, version=version, **values)


def _raw(kind: Kind) -> dict[str, Any]:
    """What was sent. A reference that was typed and not chosen comes as its text."""
    form = flask.request.form
    return {field.name: form.get(field.name) or form.get(f"{field.name}_text", "") for field in kind.fields
            if field.name in form or f"{field.name}_text" in form}


def _refusal(error: GuichengError, now: Entry | None = None) -> Refusal:
    unit_of_work.let_go()
    fields: dict[str, str] = {}
    if isinstance(error, FormInvalidError):
        fields = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
    elif isinstance(error, directory.CodeTakenError):
        fields = {"code": describe_error(error)}
    elif isinstance(error, users.UserExistsError):
        fields = {"username": describe_error(error)}
    return Refusal(describe_error(error), fields, 422 if isinstance(error, NotFoundError) else status(error), now)


def _form(kind: Kind, entry: Entry | None, values: Mapping[str, Any], refusal: Refusal | None = None) -> flask.Response:
    actor, uow = session.actor(), current()
    last = None
    if refusal is not None and refusal.current is not None:
        last = next(iter(entries.history(uow, kind.id, refusal.current.id, limit=1).rows), None)
    body = flask.render_template(
        "directory/form.html", kind=kind, entry=entry, values=values, refusal=refusal, last=last,
        choices={field.name: _choices(field, actor) for field in kind.fields if field.kind in ("site", "building", "choice")})
    return flask.make_response(body, refusal.code if refusal else 200)


def _choices(field: Field, actor: Actor) -> list[tuple[str, str]]:
    if field.kind == "choice":
        return [(value, gettext(label)) for value, label in field.choices]
    if field.kind == "site":
        return [(str(site.id), site.name) for site in pickers.sites(current(), actor)]
    found = places(current(), actor)
    return [(str(place.building_id), f"{place.site_name} · {place.building_name}") for place in found if place.building_id]


def _usual(field: Field) -> str:
    if field.kind == "zone":
        return str(zone())
    return field.choices[0][0] if field.kind == "choice" else ""


def _editable(field: Field, value: Any) -> Any:
    return value if field.is_personal or field.kind == "choice" else words(field, value)


def _ask(kind: str, entry_id: int, dialog: Dialog, endpoint: str, problem: str = "", code: int = 200) -> flask.Response:
    found = listing.kind_of(kind)
    require(session.actor(), found.permission)
    entries.show(current(), session.actor(), kind, entry_id)
    back = flask.url_for("directory.show", kind=kind, entry_id=entry_id)
    return render(dialog, flask.url_for(endpoint, kind=kind, entry_id=entry_id), back, problem, code)


def _switch(kind: str, entry_id: int, dialog: Dialog, endpoint: str, *, is_active: bool) -> ResponseReturnValue:
    found, actor = listing.kind_of(kind), session.actor()
    require(actor, found.permission)
    if kind == "tenancy":
        flask.abort(404)
    try:
        reason = required_reason()
        unit_of_work.step(lambda uow: _set_active(uow, actor, kind, entry_id, reason, is_active=is_active))
    except (InvalidError, ConflictError) as error:
        unit_of_work.let_go()
        return _ask(kind, entry_id, dialog, endpoint, describe_error(error), status(error))
    return flask.redirect(flask.url_for("directory.show", kind=kind, entry_id=entry_id), 303)


def _set_active(uow: UnitOfWork, actor: Actor, kind: str, entry_id: int, reason: str, *, is_active: bool) -> None:
    if kind == "person":
        act = users.reactivate if is_active else users.deactivate
        act(runtime_of(), uow, actor, entry_id, reason)
    else:
        switch = directory.reactivate if is_active else directory.deactivate
        switch(runtime_of(), uow, actor, kind, entry_id, reason)
