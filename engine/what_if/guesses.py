"""What is submitted where history doesn't tell: forms filled in with each answer as likely as the other. Pure; who plays says where it was
done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from engine import forms
from engine.errors import GuichengError
from engine.forms import Field, FieldKind, Form
from engine.forms.model import is_empty
from engine.model import JsonObject
from engine.runtime import Reference


def whole(form: Form | None, data: JsonObject) -> JsonObject:
    """A submission with every field of its form, for history keeps only those that were changed."""
    if form is None or not isinstance(data.get(form.key), dict):
        return data
    return {**data, form.key: {**{field.name: field.empty for field in form.fields}, **data[form.key]}}


def guess(form: Form | None, known: Mapping[str, Any], chance: Random, now: datetime, zone: ZoneInfo) -> JsonObject:
    """A form filled in as it opens, with what has to be there chosen by chance; what is calculated is calculated."""
    if form is None:
        return {}
    values = forms.initial(form, dict(known), now=now, zone=zone)
    for field in form.fields:
        if field.is_submitted and is_empty(values.get(field.name)) and (field.required or field.kind is FieldKind.YES_NO):
            values[field.name] = _any(field, chance, now, zone)
    try:
        filled = {name: value for name, value in values.items() if not is_empty(value)}
        found = forms.take_over(form, filled, resolve=_itself, file_info=lambda _: None, now=now, zone=zone, context=dict(known))
    except GuichengError:
        found = values
    return whole(form, {form.key: found})


def _any(field: Field, chance: Random, now: datetime, zone: ZoneInfo) -> Any:
    local = now.astimezone(zone).replace(microsecond=0)
    if field.kind is FieldKind.CHOICE and field.choices:
        return chance.choice(field.choices).value
    if field.kind is FieldKind.CHOICES and field.choices:
        return [chance.choice(field.choices).value]
    simple: Mapping[FieldKind, Any] = {
        FieldKind.YES_NO: field.must_be_true or chance.random() < 0.5, FieldKind.NUMBER: 1, FieldKind.INTEGER: 1, FieldKind.MONEY: "1.00",
        FieldKind.DATE: local.date().isoformat(), FieldKind.TIME: f"{local:%H:%M}", FieldKind.DATE_TIME: local.isoformat(),
        FieldKind.TEXT: "—", FieldKind.LONG_TEXT: "—",
    }  # fmt: skip
    return simple.get(field.kind, field.empty)


def _itself(_kind: str, value: Any) -> Reference | None:
    if isinstance(value, dict):
        return Reference(int(value.get("id") or 0), str(value.get("label") or ""))
    return Reference(0, str(value))
