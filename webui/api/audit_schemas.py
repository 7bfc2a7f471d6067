"""The shapes of the audit log."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.queries.audit_sources import AuditKind
from webui.api.fields import Instant, Text, json_object, row_id
from webui.api.schemas import Paging


class AuditQuery(Paging):
    """What narrows the log."""

    kind = fields.String(validate=validate.OneOf([kind.value for kind in AuditKind]))
    user_id = row_id(load_default=None, metadata={"description": "who did it; of failed sign-ins, whose name was given"})
    case = Text(length=120, shortest=1, metadata={"description": "number of a case"})
    since = Instant()
    before = Instant()


class ActView(Schema):
    """One act."""

    at = Instant(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in AuditKind]))
    action = fields.String(required=True, metadata={"description": "participle, e.g. `work_item.claimed`, `changed`, `session.failed`"})
    actor_id = row_id(required=True, allow_none=True)
    actor_name = fields.String(required=True, allow_none=True)
    on_behalf_name = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True, allow_none=True)
    about = fields.String(required=True, metadata={"description": "kind of what it is about, e.g. `case`, `person`, `limit`"})
    about_id = fields.String(required=True)
    title = fields.String(required=True)
    business_key = fields.String(required=True, allow_none=True)
    detail = json_object(required=True)


class AuditList(Schema):
    """A page of them, latest first."""

    items = fields.List(fields.Nested(ActView), required=True)
    next = fields.String(required=True, allow_none=True)
