"""What stands in a form before anybody types: defaults, values of earlier forms, the time, the person at work."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from engine.forms.model import Field as FormField
from engine.forms.model import FieldKind, Form, Referenced, is_empty
from engine.model import JsonObject
from engine.paths import lookup


def initial(form: Form, context: JsonObject, *, now: datetime, zone: ZoneInfo, me: Referenced | None = None) -> JsonObject:
    """The values with which a form opens.

    What was filled in before (the item was returned, the flow came round again) comes first, except signatures, which must be given
    anew, and what is about this moment or this person (`@now`, `@today`, `@me`).
    """
    before = context.get(form.key)
    before = before if isinstance(before, dict) else {}
    values: JsonObject = {}
    for field in form.fields:
        if field.compute:
            continue
        earlier = before.get(field.name)
        fresh = field.read_only or field.prefill.startswith("@") or field.kind is FieldKind.SIGNATURE
        keeps = field.name in before and not fresh and not is_empty(earlier)
        values[field.name] = earlier if keeps else first_value(field, context, now=now, zone=zone, me=me)
    return values


def first_value(field: FormField, context: JsonObject, *, now: datetime, zone: ZoneInfo, me: Referenced | None) -> Any:
    """What a field starts with when nobody filled it before."""
    local = now.astimezone(zone).replace(microsecond=0)
    if field.prefill == "@now":
        return local.strftime("%H:%M") if field.kind is FieldKind.TIME else local.isoformat()
    if field.prefill == "@today":
        return local.date().isoformat()
    if field.prefill == "@me":
        return _person(field, me)
    value = lookup(context, field.prefill) if field.prefill else None
    if is_empty(value):
        if field.default is None and field.kind is FieldKind.YES_NO and field.required and not field.read_only:
            # the person must say one or the other: neither is chosen beforehand
            return None
        return field.empty if field.default is None else field.default
    if field.kind is FieldKind.SIGNATURE:
        return {"signer": _words(value)}
    if field.kind is FieldKind.ROWS:
        # another table may have columns that this one hasn't
        names = {column.name for column in field.columns}
        return [{name: each for name, each in row.items() if name in names} for row in value or ()]
    if field.kind in (FieldKind.TEXT, FieldKind.LONG_TEXT):
        return _words(value)
    return value


def _person(field: FormField, me: Referenced | None) -> Any:
    if me is None:
        return field.empty
    if field.kind is FieldKind.PERSON:
        return {"id": me.id, "label": me.label}
    return {"signer": me.label} if field.kind is FieldKind.SIGNATURE else me.label


def _words(value: Any) -> str:
    return str(value.get("label", "")) if isinstance(value, dict) else str(value)
