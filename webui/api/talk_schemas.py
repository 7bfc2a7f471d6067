"""The shapes of comments, attachments and drafts on the interface."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.comments import LONGEST
from engine.drafts import MOST_FIELDS
from webui.api.fields import Text, row_id
from webui.api.schemas import FileView, PersonView


class WriteComment(Schema):
    """A comment. An `@` before the name of somebody who works at the case's site tells that person."""

    body = Text(required=True, length=LONGEST, shortest=1)
    work_item_id = row_id(load_default=None, allow_none=True, metadata={"description": "work item of the case that it is about"})


class EditComment(Schema):
    """A better wording."""

    body = Text(required=True, length=LONGEST, shortest=1)


class StrikeOut(Schema):
    """Why something no longer counts."""

    reason = Text(required=True, length=1_000, shortest=1)


class CommentView(Schema):
    """A comment as it reads now."""

    id = row_id(required=True)
    process_instance_id = row_id(required=True)
    work_item_id = row_id(required=True, allow_none=True)
    body = fields.String(required=True)
    author = fields.Nested(PersonView, required=True)
    at = fields.AwareDateTime(required=True)
    edited_at = fields.AwareDateTime(required=True, allow_none=True)
    mentions = fields.List(fields.Nested(PersonView), required=True)
    earlier = fields.List(fields.String(), required=True, metadata={"description": "earlier wordings, oldest first"})
    struck_at = fields.AwareDateTime(required=True, allow_none=True)
    struck_reason = fields.String(required=True, allow_none=True)


class CommentList(Schema):
    """A page of comments, newest first."""

    items = fields.List(fields.Nested(CommentView), required=True)
    next = fields.String(required=True, allow_none=True)


class AttachmentView(Schema):
    """A file that was added to a case beside its forms. Its content: `GET /files/{file.id}`."""

    id = row_id(required=True)
    process_instance_id = row_id(required=True)
    file = fields.Nested(FileView, required=True)
    uploaded_by = fields.Nested(PersonView, required=True, allow_none=True)
    uploaded_at = fields.AwareDateTime(required=True)
    struck_at = fields.AwareDateTime(required=True, allow_none=True)
    struck_reason = fields.String(required=True, allow_none=True)


class AttachmentList(Schema):
    """Attachments of a case, oldest first, those that were struck out too."""

    items = fields.List(fields.Nested(AttachmentView), required=True)


class DraftField(Schema):
    """One field as a form sends it."""

    name = Text(required=True, length=200, shortest=1)
    value = Text(required=True, length=20_000)


class SaveDraft(Schema):
    """What was typed, in the order of the form; a name may come several times. Files and drawn signatures are not kept."""

    fields_ = fields.List(
        fields.Nested(DraftField), required=True, data_key="fields", attribute="fields", validate=validate.Length(max=MOST_FIELDS),
    )


class DraftView(Schema):
    """The caller's own draft of a work item's form."""

    work_item_id = row_id(required=True)
    fields_ = fields.List(fields.Nested(DraftField), required=True, data_key="fields", attribute="fields")
    saved_at = fields.AwareDateTime(required=True, allow_none=True, metadata={"description": "null where there is no draft"})
