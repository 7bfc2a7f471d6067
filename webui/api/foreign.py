"""Files of other tools for other programs: see what would be made of them, or begin a draft with it."""

from __future__ import annotations

import dataclasses
from typing import Any

import flask

from engine.designing import bringing
from engine.designing.bringing import Wishes
from engine.errors import FieldError
from engine.foreign import Note
from engine.permissions import require
from webui.api import foreign_schemas as schemas
from webui.api.calls import Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.parsing import MULTIPART
from webui.api.problems import finding_view

calls = Calls("foreign", "Files of Camunda 7, Flowable, Signavio and Spiff-Arena")

_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": {
            "type": "object", "required": ["files"], "additionalProperties": False,
            "properties": {"files": {
                "type": "array", "minItems": 1, "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                "description": "diagrams with their forms and decision tables; told apart by content",
            }},
        }}},
    }
}


@calls.command("/drafts/bring-in", query=schemas.BringInQuery, gives=schemas.BroughtIn, status=201, document=_UPLOAD, limit="deploy_bytes")
def bring_in_draft(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Make a draft of files that another tool wrote. Scripts, listeners and calls in them are taken out and told, never run."""
    require(call.actor, "procedure:design")
    files, wishes = _files(), Wishes(query["procedure"], None, query["keep_drawing"])
    if query["dry_run"]:
        draft, seen = None, bringing.look(call.runtime, call.uow, call.actor, files, wishes)
    else:
        draft, seen = bringing.begin(call.runtime, call.uow, call.actor, files, wishes, call.locale)
    shown = None if draft is None else {
        **dataclasses.asdict(draft), "changed_by": {"id": draft.changed_by, "name": draft.changed_by_name or None}}
    made = seen.brought
    return {
        "procedure": seen.procedure, "tools": list(dict.fromkeys(made.tools.values())), "draft": shown, "roles": made.roles,
        "files": [{"path": path, "text": body.decode("utf-8", "replace")} for path, body in made.files.items()],
        "notes": [_note(note, call.locale) for note in made.notes],
        "findings": [finding_view(finding, call.locale) for finding in seen.findings],
    }


def _note(note: Note, locale: str) -> dict[str, Any]:
    return {**finding_view(note.finding, locale), "outcome": str(note.outcome), "original": note.original}


def _files() -> dict[str, bytes]:
    request = flask.request
    if request.mimetype != MULTIPART:
        raise UnsupportedContentTypeError(given=request.mimetype or "—", expected=MULTIPART)
    files = {file.filename or "": file.stream.read() for file in request.files.getlist("files")}
    if not files or "" in files:
        raise RequestInvalidError([FieldError("files", "required", "缺少必填欄位「{field}」。", {"field": "files"})])
    return files
