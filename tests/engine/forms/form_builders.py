"""Builders of forms for tests: one line makes one form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine import forms
from engine.forms import Form
from engine.model import JsonObject

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Thing:
    """Something of a directory."""

    id: int
    label: str


@dataclass(frozen=True)
class Upload:
    """A file as validation sees it."""

    id: int
    name: str
    media_type: str
    kind: str


#: what the test's directory knows, by id and by label
THINGS = {entry.id: entry for entry in (Thing(1, "A-1203"), Thing(2, "陳工"), Thing(3, "遠東貿易"))}
#: what was uploaded
UPLOADS = {
    entry.id: entry
    for entry in (
        Upload(1, "photo.jpg", "image/jpeg", "photo"),
        Upload(2, "帳單.pdf", "application/pdf", "attachment"),
        Upload(3, "signature.png", "image/png", "signature"),
        Upload(4, "other.png", "image/png", "photo"),
    )
}


def resolve(kind: str, value: Any) -> Thing | None:
    """By id or label."""
    return THINGS.get(value) if isinstance(value, int) else next((thing for thing in THINGS.values() if thing.label == value), None)


def form_of(properties: JsonObject, *, required: list[str] | None = None, key: str = "example", **more: Any) -> Form:
    """A form of these fields; each gets its name as title where it has none."""
    titled = {name: {"title": name, **field} for name, field in properties.items()}
    schema = {"title": "示例", "type": "object", "required": required or [], "properties": titled, **more}
    return forms.load_form(orjson.dumps(schema), key)


def validate(form: Form, submitted: JsonObject, context: JsonObject | None = None, **more: Any) -> JsonObject:
    """Validate in the tests' surroundings."""
    options = {"now": NOW, "zone": ZONE, "context": context or {}, "resolve": resolve, "file_info": UPLOADS.get, **more}
    return forms.validate(form, submitted, **options)


def errors_of(form: Form, submitted: JsonObject, context: JsonObject | None = None, **more: Any) -> dict[str, str]:
    """Field path → rule of what is refused; empty when all is well."""
    try:
        validate(form, submitted, context, **more)
    except forms_errors() as error:
        return {entry.field: entry.code for entry in error.errors}
    return {}


def forms_errors() -> type:
    """The error of a refused form."""
    from engine.errors import FormInvalidError

    return FormInvalidError


TEXT: JsonObject = {"type": "string"}
NUMBER: JsonObject = {"type": "number"}
MONEY: JsonObject = {"type": "string", "format": "money"}
YES_NO: JsonObject = {"type": "boolean"}
SIGNATURE: JsonObject = {"type": "object", "format": "signature"}
PHOTOS: JsonObject = {"type": "array", "format": "photo"}
FILES: JsonObject = {"type": "array", "format": "file"}
UNIT: JsonObject = {"type": "object", "format": "unit"}
MOMENT: JsonObject = {"type": "string", "format": "date-time"}


def choice(*values: str) -> JsonObject:
    """A choice whose titles are its values in capitals."""
    return {"type": "string", "oneOf": [{"const": value, "title": value.upper()} for value in values]}


def choices(*values: str) -> JsonObject:
    """Several choices."""
    return {"type": "array", "items": choice(*values)}


def rows(properties: JsonObject, required: list[str] | None = None, **more: Any) -> JsonObject:
    """A table."""
    titled = {name: {"title": name, **field} for name, field in properties.items()}
    return {"type": "array", "items": {"type": "object", "required": required or [], "properties": titled}, **more}
