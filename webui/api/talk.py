"""What people add to a case beside its forms: comments, attachments, and drafts of forms not sent yet."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

import flask

from engine import attachments, comments, drafts
from engine.errors import FieldError, NotFoundError
from engine.queries import instances, talk, work_items
from engine.queries.talk import AttachmentRow, CommentRow
from webui.api import schemas, views
from webui.api import talk_schemas as shapes
from webui.api.calls import ID, Call, Calls
from webui.api.errors import RequestInvalidError, UnsupportedContentTypeError
from webui.api.parsing import MULTIPART

calls = Calls("talk", "Comments, attachments and drafts", scope="work")

_CASE = f"/process-instances/<{ID}:instance_id>"
_COMMENT = f"/comments/<{ID}:comment_id>"
_DRAFT = f"/work-items/<{ID}:work_item_id>/draft"
_UPLOAD = {
    "requestBody": {
        "required": True,
        "content": {MULTIPART: {"schema": {
            "type": "object", "required": ["file"], "additionalProperties": False,
            "properties": {"file": {"type": "string", "contentMediaType": "application/octet-stream"}},
        }}},
    }
}


@calls.lookup(f"{_CASE}/comments", query=schemas.Paging, gives=shapes.CommentList)
def list_comments(call: Call, query: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Comments of a case, newest first."""
    instances.get(call.uow, call.actor, instance_id)
    page = talk.comments(call.uow, instance_id, after=query.get("after"), limit=query["limit"])
    return {"items": [_comment(row) for row in page.rows], "next": page.after}


@calls.command(f"{_CASE}/comments", takes=shapes.WriteComment, gives=shapes.CommentView, status=201)
def write_comment(call: Call, body: dict[str, Any], instance_id: int) -> dict[str, Any]:
    """Write a comment; whoever it mentions is told."""
    comment_id = comments.add(call.runtime, call.uow, call.actor, instance_id, body["body"], body["work_item_id"])
    return _one(call, comment_id)


@calls.command(_COMMENT, takes=shapes.EditComment, gives=shapes.CommentView, method="PATCH")
def edit_comment(call: Call, body: dict[str, Any], comment_id: int) -> dict[str, Any]:
    """Mend one's own comment, within some minutes; what it said before stays on record."""
    comments.edit(call.runtime, call.uow, call.actor, comment_id, body["body"])
    return _one(call, comment_id)


@calls.command(f"{_COMMENT}/strike", takes=shapes.StrikeOut, gives=shapes.CommentView)
def strike_comment(call: Call, body: dict[str, Any], comment_id: int) -> dict[str, Any]:
    """Strike a comment out: one's own, or as a manager anybody's. It stays readable."""
    comments.strike(call.runtime, call.uow, call.actor, comment_id, body["reason"])
    return _one(call, comment_id)


@calls.lookup(f"{_CASE}/attachments", gives=shapes.AttachmentList)
def list_attachments(call: Call, instance_id: int) -> dict[str, Any]:
    """Attachments of a case."""
    instances.get(call.uow, call.actor, instance_id)
    return {"items": [_attachment(row) for row in talk.attachments(call.uow, instance_id)]}


@calls.command(
    f"{_CASE}/attachments", gives=shapes.AttachmentView, status=201, document=_UPLOAD, limit="upload_bytes"
)
def add_attachment(call: Call, instance_id: int) -> dict[str, Any]:
    """Add a picture, PDF or office file; its type is found by looking at the content."""
    request = flask.request
    if request.mimetype != MULTIPART:
        raise UnsupportedContentTypeError(given=request.mimetype or "—", expected=MULTIPART)
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise RequestInvalidError([FieldError("file", "required", "缺少必填欄位「{field}」。", {"field": "file"})])
    added = attachments.add(call.runtime, call.uow, call.actor, instance_id, cast(BinaryIO, upload.stream), upload.filename)
    return _kept(call, instance_id, added.id)


@calls.command(f"/attachments/<{ID}:attachment_id>/strike", takes=shapes.StrikeOut, gives=shapes.AttachmentView)
def strike_attachment(call: Call, body: dict[str, Any], attachment_id: int) -> dict[str, Any]:
    """Strike an attachment out: one's own, or as a manager anybody's. The file stays."""
    attachments.strike(call.runtime, call.uow, call.actor, attachment_id, body["reason"])
    return _kept(call, attachments.instance_of(call.uow, call.actor, attachment_id), attachment_id)


@calls.lookup(_DRAFT, gives=shapes.DraftView)
def get_draft(call: Call, work_item_id: int) -> dict[str, Any]:
    """What the caller has typed into the item's form and not sent."""
    work_items.get(call.uow, call.actor, work_item_id)
    return _draft(work_item_id, drafts.find(call.uow, call.actor, work_item_id))


@calls.command(_DRAFT, takes=shapes.SaveDraft, gives=shapes.DraftView, method="PUT")
def save_draft(call: Call, body: dict[str, Any], work_item_id: int) -> dict[str, Any]:
    """Keep what was typed, instead of what was kept before. Nothing of it is checked."""
    work_items.get(call.uow, call.actor, work_item_id)
    typed = [(entry["name"], entry["value"]) for entry in body["fields"]]
    return _draft(work_item_id, drafts.save(call.runtime, call.uow, call.actor, work_item_id, typed))


@calls.command(_DRAFT, gives=shapes.DraftView, method="DELETE")
def discard_draft(call: Call, work_item_id: int) -> dict[str, Any]:
    """Forget it."""
    work_items.get(call.uow, call.actor, work_item_id)
    drafts.discard(call.uow, call.actor, work_item_id)
    return _draft(work_item_id, None)


def _one(call: Call, comment_id: int) -> dict[str, Any]:
    row = talk.comment(call.uow, comments.instance_of(call.uow, call.actor, comment_id), comment_id)
    return _comment(row)


def _comment(row: CommentRow) -> dict[str, Any]:
    return {
        "id": row.id, "process_instance_id": row.instance_id, "work_item_id": row.work_item_id, "body": row.body,
        "author": views.person(row.author_id, row.author_name), "at": row.at, "edited_at": row.edited_at,
        "mentions": [views.person(each.id, each.name) for each in row.mentions], "earlier": list(row.earlier),
        "struck_at": row.struck_at, "struck_reason": row.struck_reason,
    }


def _kept(call: Call, instance_id: int, attachment_id: int) -> dict[str, Any]:
    found = next((row for row in talk.attachments(call.uow, instance_id) if row.id == attachment_id), None)
    if found is None:
        raise NotFoundError(kind="附件", id=attachment_id)
    return _attachment(found)


def _attachment(row: AttachmentRow) -> dict[str, Any]:
    return {
        "id": row.id, "process_instance_id": row.instance_id,
        "file": {"id": row.file_id, "name": row.name, "media_type": row.media_type, "size": row.size, "kind": "attachment"},
        "uploaded_by": views.person(row.uploaded_by, row.uploaded_by_name), "uploaded_at": row.uploaded_at,
        "struck_at": row.struck_at, "struck_reason": row.struck_reason,
    }


def _draft(work_item_id: int, draft: drafts.Draft | None) -> dict[str, Any]:
    kept = () if draft is None else draft.fields
    return {
        "work_item_id": work_item_id, "fields": [{"name": name, "value": value} for name, value in kept],
        "saved_at": None if draft is None else draft.saved_at,
    }
