"""Which values of a form lists search and registers show: fields that say `index: true`."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from engine.forms.model import REFERENCES, FieldKind, Form, is_empty
from engine.model import JsonObject

#: as long as the column that holds it
MAX_TEXT = 300

Indexed = str | Decimal | datetime


def indexed(form: Form, data: JsonObject) -> dict[str, Indexed]:
    """`<form>.<field>` → text, number or moment, of the indexed fields that hold something. `data` is cleaned data of the form."""
    values: dict[str, Indexed] = {}
    for field in form.fields:
        value = data.get(field.name)
        if not field.indexed or is_empty(value):
            continue
        name = f"{form.key}.{field.name}"
        if field.kind in (FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY):
            values[name] = Decimal(str(value))
        elif field.kind is FieldKind.DATE_TIME:
            values[name] = datetime.fromisoformat(str(value))
        elif field.kind in REFERENCES and isinstance(value, dict):
            values[name] = str(value["label"])[:MAX_TEXT]
        elif field.kind is FieldKind.YES_NO:
            values[name] = "true" if value else "false"
        elif field.kind is FieldKind.CHOICES and isinstance(value, list):
            values[name] = " ".join(value)[:MAX_TEXT]
        else:
            values[name] = str(value)[:MAX_TEXT]
    return values
