"""Papers of identity in a form's data: picked out for those whose look is on record, covered for everybody else. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.forms.display import FormTexts
from engine.forms.model import Field, Form, Group, is_empty
from engine.forms.view import COVERED, FormView, readonly_view
from engine.model import JsonObject


def personal_only(form: Form, data: JsonObject, texts: FormTexts) -> FormView:
    """A form's papers of identity as they are: the fields, and of tables the columns with whatever tells their rows apart."""
    fields = tuple(field for field in form.fields if holds_personal(field))
    part = replace(form, fields=fields, layout=(Group("", tuple(field.name for field in fields)),))
    return readonly_view(part, data, texts, reveal=True)


def covered(form: Form, data: JsonObject) -> JsonObject:
    """A form's data with papers of identity covered: texts by a word that says so, files left out."""
    return {name: _covered(form.field(name), value) for name, value in data.items()}


def holds_personal(field: Field) -> bool:
    """Whether a field or a column of it belongs to papers of identity."""
    return bool(field.personal) or any(column.personal for column in field.columns)


def withheld(form: Form, values: JsonObject) -> JsonObject:
    """What a form opens with, without papers of identity: for those who only look on while somebody else has to fill it in."""
    return {name: _withheld(field, value) for name, value in values.items() if not ((field := form.field(name)) and field.personal)}


def _withheld(field: Field | None, value: Any) -> Any:
    kept_back = {column.name for column in field.columns if column.personal} if field is not None else set()
    if not kept_back or not isinstance(value, list):
        return value
    return [{name: each for name, each in row.items() if name not in kept_back} if isinstance(row, Mapping) else row for row in value]


def marked(form: Form, today: Form | None) -> Form:
    """An older version of a form with what today's version calls papers of identity and ways to reach people: its cases are as much about
    people as new ones."""
    if today is None:
        return form
    return replace(form, fields=tuple(_marked(field, today.field(field.name)) for field in form.fields))


def _marked(field: Field, today: Field | None) -> Field:
    if today is None:
        return field
    columns = {column.name: column for column in today.columns}
    own = tuple(_marked(column, columns.get(column.name)) for column in field.columns)
    return replace(field, personal=field.personal or today.personal, is_contact=field.is_contact or today.is_contact, columns=own)


def _covered(field: Field | None, value: Any) -> Any:
    if field is None or is_empty(value) or not holds_personal(field):
        return value
    if field.personal:
        return [] if isinstance(value, list) else COVERED if isinstance(value, str) else None
    columns = {column.name: column for column in field.columns}
    rows = value if isinstance(value, list) else []
    return [{name: _covered(columns.get(name), each) for name, each in row.items()} if isinstance(row, Mapping) else row for row in rows]
