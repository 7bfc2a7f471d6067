"""Field types of the interface that marshmallow doesn't have."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import marshmallow
from marshmallow import ValidationError, fields, validate
from werkzeug.routing import BaseConverter

#: largest id: eighteen digits, which both databases and every client hold
MAX_ID = 10**18 - 1


_NO_PERSON = "Must be a user id or a sign-in name."


class RowIdConverter(BaseConverter):
    """An id in an address. What is no id is an unknown address."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """The id."""
        return int(value)

    @staticmethod
    def document(_converter: BaseConverter) -> dict[str, object]:
        """What the OpenAPI document says of it."""
        return {"type": "integer", "minimum": 1, "maximum": MAX_ID}


class RestConverter(BaseConverter):
    """Whatever is left of an address, line breaks and slashes included."""

    part_isolating = False
    regex = r"[\s\S]*?"
    weight = 1_000


class Text(fields.String):
    """Text without the NUL character, which no store keeps. `length`: most characters."""

    def __init__(self, *, length: int = 300, shortest: int = 0, **options: Any) -> None:
        super().__init__(validate=validate.Length(min=shortest or None, max=length), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if text is None or "\0" in text:
            raise ValidationError("Must not contain the NUL character.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise self.make_error("invalid_utf8") from error
        return text


class Instant(fields.AwareDateTime):
    """A moment with its offset from UTC, in the years that calendars and databases can reckon with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if moment is None or not 1900 <= moment.year <= 9000:
            raise ValidationError("Must lie between the years 1900 and 9000.")
        return moment.astimezone(UTC)


class Person(fields.Field[Any]):
    """A user, by id or by sign-in name; in queries also `me`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | str:
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValidationError(_NO_PERSON)
        if isinstance(value, int) and not 1 <= value <= MAX_ID:
            raise ValidationError(_NO_PERSON)
        if isinstance(value, str) and (not value or len(value) > 60 or not value.isprintable()):
            raise ValidationError(_NO_PERSON)
        return value


def person_properties(_converter: Any, field: marshmallow.fields.Field[Any], **_kwargs: Any) -> dict[str, Any]:
    """What the OpenAPI document says of a `Person`."""
    if not isinstance(field, Person):
        return {}
    return {"oneOf": [{"type": "integer", "minimum": 1, "maximum": MAX_ID}, {"type": "string", "minLength": 1, "maxLength": 60}]}


def json_object(**options: Any) -> fields.Dict:
    """A JSON object of any content."""
    return fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True), **options)


def row_id(**options: Any) -> fields.Integer:
    """An id of ours."""
    return fields.Integer(strict=True, validate=validate.Range(1, MAX_ID), **options)
