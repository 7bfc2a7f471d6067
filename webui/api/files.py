"""Files that forms refer to: attachments, photos and signatures are uploaded first, and submitted by their id."""

from __future__ import annotations

from typing import Any

import flask

from engine import files
from engine.errors import FieldError
from webui.api import schemas
from webui.api.calls import Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.parsing import MULTIPART

calls = Calls("files", "Attachments, photos and signatures")

#: what the form says a file is
KINDS = ("attachment", "photo", "signature")

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": {
            "type": "object", "required": ["file"], "additionalProperties": False,
            "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                "kind": {"type": "string", "enum": list(KINDS), "default": "attachment"},
            },
        }}},
    }
}


@calls.command("/files", gives=schemas.FileView, status=201, document=_UPLOAD, limit="upload_bytes")
def upload_file(call: Call) -> Any:
    """Store a file; its type is found by looking at the content. It is dropped if no form refers to it within a day."""
    request = flask.request
    if request.mimetype != MULTIPART:
        raise UnsupportedContentTypeError(given=request.mimetype or "—", expected=MULTIPART)
    kind = request.form.get("kind", "attachment")
    if kind not in KINDS:
        sentence = "「{value}」不是檔案種類，可用：{allowed}。"
        raise RequestInvalidError([FieldError("kind", "enum", sentence, {"value": kind, "allowed": "、".join(KINDS)})])
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise RequestInvalidError([FieldError("file", "required", "缺少必填欄位「{field}」。", {"field": "file"})])
    return files.store(call.runtime, call.uow, call.actor, upload.stream, upload.filename, kind)
