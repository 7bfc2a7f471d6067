"""Files that forms refer to: attachments, photos and signatures are uploaded first, and submitted by their id."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import flask

from engine import files, personal_data
from engine.errors import FieldError
from webui.api import schemas
from webui.api.calls import ID, Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.parsing import MULTIPART
from webui.unit_of_work import step

calls = Calls("files", "Attachments, photos and signatures", scope="work")

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": {
            "type": "object", "required": ["file"], "additionalProperties": False,
            "properties": {
                "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                "kind": {"type": "string", "enum": list(files.KINDS), "default": "attachment"},
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
    if kind not in files.KINDS:
        sentence = "「{value}」不是檔案種類，可用：{allowed}。"
        raise RequestInvalidError([FieldError("kind", "enum", sentence, {"value": kind, "allowed": "、".join(files.KINDS)})])
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise RequestInvalidError([FieldError("file", "required", "缺少必填欄位「{field}」。", {"field": "file"})])
    return files.store(call.runtime, call.uow, call.actor, cast(BinaryIO, upload.stream), upload.filename, kind)


@calls.lookup(f"/files/<{ID}:file_id>", gives=None, content_type="application/octet-stream")
def download_file(call: Call, file_id: int) -> flask.Response:
    """A file's content: one's own uploads, and those of cases one may see."""
    stored = files.get(call.uow, call.actor, file_id)
    if personal_data.is_guarded(stored):
        step(lambda uow: personal_data.let_out(call.runtime, uow, call.actor, file_id))
    content = files.open_content(call.runtime, stored)
    response = flask.send_file(content, mimetype=stored.media_type, as_attachment=True, download_name=stored.name, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response
