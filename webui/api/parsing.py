"""Reads requests strictly: what is unknown, of the wrong type or not what its content type says is refused, never guessed at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import flask
import marshmallow
import orjson
from webargs.flaskparser import FlaskParser

from engine.errors import FieldError
from webui.api.errors import MalformedBodyError, RequestInvalidError, UnsupportedContentTypeError

JSON = "application/json"
MULTIPART = "multipart/form-data"


def files_upload(description: str) -> dict[str, Any]:
    """OpenAPI's request body of a call that takes several files at once; says what they are."""
    several = {"type": "array", "minItems": 1, "items": {"type": "string", "contentMediaType": "application/octet-stream"},
               "description": description}
    schema = {"type": "object", "required": ["files"], "additionalProperties": False, "properties": {"files": several}}
    return {"requestBody": {"required": True, "content": {MULTIPART: {"schema": schema}}}}


#: how marshmallow's refusals begin → our code and source sentence; it tells them apart by their sentences only
_REFUSALS = (
    ("Missing data", "required", "缺少必填欄位「{field}」。"),
    ("Unknown field", "unknown_field", "沒有「{field}」這個欄位。"),
    ("Field may not be null", "null", "欄位「{field}」不能是 null。"),
    ("Not a valid integer", "integer", "欄位「{field}」應為整數。"),
    ("Not a valid string", "string", "欄位「{field}」應為文字。"),
    ("Not a valid boolean", "boolean", "欄位「{field}」應為 true 或 false。"),
    ("Not a valid mapping", "object", "欄位「{field}」應為 JSON 物件。"),
    ("Not a valid aware", "date_time", "欄位「{field}」應為帶時區的 ISO 8601 時間。"),
    ("Not a valid datetime", "date_time", "欄位「{field}」應為帶時區的 ISO 8601 時間。"),
    ("Must lie between", "date_time", "欄位「{field}」應為帶時區的 ISO 8601 時間。"),
    ("Must be a user id", "person", "欄位「{field}」應為使用者代碼或登入名。"),
    ("Must be one of", "enum", "欄位「{field}」的值不在可用的範圍內。"),
    ("Must be greater", "range", "欄位「{field}」的值超出範圍。"),
    ("Must be less", "range", "欄位「{field}」的值超出範圍。"),
    ("Shorter than", "length", "欄位「{field}」太短或太長。"),
    ("Longer than", "length", "欄位「{field}」太短或太長。"),
    ("Length must", "length", "欄位「{field}」太短或太長。"),
    ("", "invalid_value", "欄位「{field}」的值不正確。"),
)


class StrictParser(FlaskParser):
    """JSON bodies must be declared as JSON and be an object; query fields must be known."""

    def __init__(self) -> None:
        # webargs would drop unknown query fields in silence
        super().__init__(unknown=marshmallow.RAISE)

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
    code, sentence = next((code, sentence) for beginning, code, sentence in _REFUSALS if reason.startswith(beginning))
    return FieldError(field=path, code=code, sentence=sentence, data={"field": path})


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
