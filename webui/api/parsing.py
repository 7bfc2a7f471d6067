"""Reads requests strictly: what is unknown, of the wrong type or not what its content type says is refused, never guessed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

import flask
import marshmallow
import orjson
from webargs.flaskparser import FlaskParser

from engine.errors import FieldError
from webui.api.errors import MalformedBodyError, RequestInvalidError, UnsupportedContentTypeError

JSON = "application/json"
MULTIPART = "multipart/form-data"

_SENTENCES = {
    "required": "缺少必填欄位「{field}」。",
    "unknown_field": "沒有「{field}」這個欄位。",
    "null": "欄位「{field}」不能是 null。",
    "invalid_value": "欄位「{field}」的值不正確：{reason}",
}


class StrictParser(FlaskParser):
    """JSON bodies must be declared as JSON and be an object; query fields must be known."""

    DEFAULT_UNKNOWN_BY_LOCATION: ClassVar[dict[str, str | None]] = dict.fromkeys(("query", "json", "form", "files"), marshmallow.RAISE)

    def load_json(self, req: flask.Request, schema: marshmallow.Schema) -> Any:
        """The body as an object; an absent body is an empty object."""
        raw = req.get_data()
        if not raw:
            return {}
        if req.mimetype != JSON:
            raise UnsupportedContentTypeError(given=req.mimetype or "—", expected=JSON)
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise MalformedBodyError(reason="不是有效的 JSON") from error
        if not isinstance(body, dict):
            raise MalformedBodyError(reason="應為 JSON 物件")
        # no store keeps the NUL character in text; looked for only where the bytes can hold one
        if b"\\u0000" in raw and any("\0" in text for text in _texts(body)):
            raise MalformedBodyError(reason="文字中有空字元（\\u0000）")
        return body

    def handle_error(
        self,
        error: marshmallow.ValidationError,
        req: flask.Request,
        schema: marshmallow.Schema,
        *,
        error_status_code: int | None,
        error_headers: Mapping[str, str] | None,
    ) -> NoReturn:
        """Every field that was not accepted, in one answer."""
        messages: Any = error.messages
        if set(messages) <= {"json", "query", "form", "files"}:
            messages = {field: text for part in messages.values() for field, text in part.items()}
        raise RequestInvalidError([_field_error(path, reason) for path, reason in _leaves(messages)]) from error


def _leaves(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _leaves(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(messages, list):
        for inner in messages:
            yield from _leaves(inner, path)
    else:
        yield path, str(messages)


def _field_error(path: str, reason: str) -> FieldError:
    # marshmallow tells the kinds of refusal apart by their sentences only
    code = {
        "Missing data for required field.": "required",
        "Unknown field.": "unknown_field",
        "Field may not be null.": "null",
    }.get(reason, "invalid_value")
    return FieldError(field=path, code=code, sentence=_SENTENCES[code], data={"field": path, "reason": reason})


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
