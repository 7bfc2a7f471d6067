"""Which values of a form lists search and registers show: fields that say `index: true`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.forms.model import REFERENCES, Field, FieldKind, Form, is_empty
from engine.model import JsonObject

#: as long as the column that holds it
MAX_TEXT = 300

Indexed = str | Decimal | datetime
#: kinds that no list shows
_NO_VALUE = frozenset({FieldKind.SIGNATURE, FieldKind.ROWS, FieldKind.FILES, FieldKind.PHOTOS})


def indexed(form: Form, data: JsonObject) -> dict[str, Indexed]:
    """`<form>.<field>` → text, number or moment, of the indexed fields that hold something. `data` is cleaned data of the form."""
    values: dict[str, Indexed] = {}
    for field in form.fields:
        value = data.get(field.name)
        if field.indexed and field.kind is not FieldKind.ROWS and not is_empty(value):
            values[f"{form.key}.{field.name}"] = _typed(field, value)
    return values


def lines(form: Form, data: JsonObject) -> dict[str, list[dict[str, Indexed]]]:
    """What registers show row by row: `<form>.<table>` → its rows, of indexed tables; of a form that is logged also `<form>` → one row."""
    found = {
        f"{form.key}.{field.name}": [_row(field.columns, row) for row in data.get(field.name) or ()]
        for field in form.fields
        if field.indexed and field.kind is FieldKind.ROWS
    }
    if form.is_logged:
        found[form.key] = [_row(form.fields, data)]
    return found


def _row(fields: Iterable[Field], data: Mapping[str, Any]) -> dict[str, Indexed]:
    kept = (field for field in fields if field.kind not in _NO_VALUE and not is_empty(data.get(field.name)))
    return {field.name: _typed(field, data[field.name]) for field in kept}


def _typed(field: Field, value: Any) -> Indexed:
    if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY):
        return Decimal(str(value))
    if field.kind is FieldKind.DATE_TIME:
        return datetime.fromisoformat(str(value))
    if field.kind is FieldKind.YES_NO:
        return "true" if value else "false"
    if field.kind in REFERENCES and isinstance(value, dict):
        value = value["label"]
    elif field.kind is FieldKind.CHOICES and isinstance(value, list):
        value = " ".join(value)
    return str(value)[:MAX_TEXT]
