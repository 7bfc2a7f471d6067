"""A procedure's form as it comes back from a page: files stored first, then read into what the services take."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import flask
from werkzeug.datastructures import FileStorage

from engine import files, signatures
from engine.errors import GuichengError, InvalidError
from engine.forms import Form, edit_rows, parse_html
from engine.forms.model import FieldKind
from engine.model import Actor, JsonObject
from engine.paper_entries import Paper
from engine.persistence.unit_of_work import UnitOfWork
from webui import unit_of_work
from webui.display import zone
from webui.unit_of_work import runtime_of

#: name of the field for "it happened earlier than it is entered"
CLAIMED_AT = "_claimed_at"
#: names of the fields for "it was done on paper", and for the paper's number
ON_PAPER, PAPER_NUMBER = "_on_paper", "_paper_number"


@dataclass(frozen=True, slots=True)
class Posted:
    """What a person sent."""

    variables: JsonObject
    #: a button that adds or removes a row was pressed: draw the page again with these values
    is_edit: bool = False
    #: a file that was not accepted; nothing else was looked at
    file_error: GuichengError | None = None


def read(form: Form | None, actor: Actor) -> Posted:
    """The post of this request. Files are stored at once, so that a refused form does not lose them."""
    if form is None:
        return Posted({})
    try:
        uploaded = _store_files(form, actor)
        file_error = None
    except InvalidError as error:
        uploaded, file_error = {}, error
    variables = parse_html(form, flask.request.form, uploaded)
    try:
        variables = _keep_signatures(form, variables, actor)
    except InvalidError as error:
        file_error = file_error or error
    edited = edit_rows(form, variables, flask.request.form)
    return Posted(variables if edited is None else edited, edited is not None, file_error)


def paper() -> Paper | None:
    """What the page says of a paper on which it was done; None where it was not. InvalidError without the time."""
    posted = flask.request.form
    if not posted.get(ON_PAPER) and not posted.get(PAPER_NUMBER, "").strip():
        return None
    moment = _claimed_time()
    if moment is None:
        raise InvalidError(reason="請填寫紙上的時間。")
    return Paper(moment, posted.get(PAPER_NUMBER, "").strip())


def at_claimed_time(actor: Actor) -> Actor:
    """The actor, with the time at which it is said to have happened where the page gave one. InvalidError for a later one than now."""
    moment = _claimed_time()
    if moment is None:
        return actor
    if moment > runtime_of().clock.now():
        raise InvalidError(reason="實際發生時間不能晚於現在。")
    return dataclasses.replace(actor, claimed_at=moment)


def _claimed_time() -> datetime | None:
    text = flask.request.form.get(CLAIMED_AT, "")
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone())
    except ValueError as error:
        raise InvalidError(reason="實際發生時間無法識別。") from error


def with_read_only(form: Form, opened: JsonObject, submitted: JsonObject) -> JsonObject:
    """What a refused form's page shows: what was sent, and what is only to be read, which is never sent, as it was opened with."""
    return {**{field.name: opened[field.name] for field in form.fields if field.read_only and field.name in opened}, **submitted}


def _keep_signatures(form: Form, variables: JsonObject, actor: Actor) -> JsonObject:
    """What was drawn is kept at once, as files are, and before the step, which must not hold the writer while it runs."""
    signed = [variables.get(field.name) for field in form.of_kind(FieldKind.SIGNATURE)]
    if not any(isinstance(value, dict) and "image" in value for value in signed):
        return variables
    return unit_of_work.step(lambda uow: signatures.receive(runtime_of(), uow, actor, form, variables))


def _store_files(form: Form, actor: Actor) -> dict[str, list[int]]:
    kinds = {field.name: field.kind for field in form.of_kind(FieldKind.PHOTOS, FieldKind.FILES)}
    for table in form.of_kind(FieldKind.ROWS):
        kinds |= {f"{table.name}.{column.name}": column.kind for column in table.columns}
    chosen = [(name, upload) for name, upload in flask.request.files.items(multi=True) if upload.filename]
    sent = [(name, kind, upload) for name, upload in chosen if (kind := _kind(name, kinds)) is not None]
    if not sent:
        return {}

    def store(uow: UnitOfWork) -> dict[str, list[int]]:
        stored: dict[str, list[int]] = {}
        for name, kind, upload in sent:
            stored.setdefault(name, []).append(_store(uow, actor, upload, kind))
        return stored

    return unit_of_work.step(store)


def _store(uow: UnitOfWork, actor: Actor, upload: FileStorage, kind: FieldKind) -> int:
    upload.stream.seek(0)
    what = "photo" if kind is FieldKind.PHOTOS else "attachment"
    stored: Any = files.store(runtime_of(), uow, actor, upload.stream, upload.filename or "", what)
    identity: int = stored.id
    return identity


def _kind(name: str, kinds: dict[str, FieldKind]) -> FieldKind | None:
    table, _, rest = name.partition("-")
    return kinds.get(name) or kinds.get(f"{table}.{rest.rpartition('-')[2]}")
