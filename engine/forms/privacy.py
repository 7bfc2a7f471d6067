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


def _covered(field: Field | None, value: Any) -> Any:
    if field is None or is_empty(value) or not holds_personal(field):
        return value
    if field.personal:
        return [] if isinstance(value, list) else COVERED if isinstance(value, str) else None
    columns = {column.name: column for column in field.columns}
    rows = value if isinstance(value, list) else []
    return [{name: _covered(columns.get(name), each) for name, each in row.items()} if isinstance(row, Mapping) else row for row in rows]
