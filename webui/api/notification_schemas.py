"""The shapes of notifications, wishes and telephone calls."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.delivery.wishes import WAYS
from engine.notifications import Kind
from engine.phone_calls import Result
from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import Paging

_KINDS = validate.OneOf([kind.value for kind in Kind])


class NotificationQuery(Paging):
    """What narrows the list."""

    kind = fields.String(validate=_KINDS)
    unread = fields.Boolean(load_default=False)


class NotificationView(Schema):
    """One happening, as it concerns the caller."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True, validate=_KINDS)
    made_at = fields.AwareDateTime(required=True)
    is_read = fields.Boolean(required=True)
    process_instance_id = fields.Integer(required=True, allow_none=True)
    case = fields.String(required=True, metadata={"description": "title or number of the case; empty without one"})
    work_item_id = fields.Integer(required=True, allow_none=True)
    step = fields.String(required=True, metadata={"description": "name of the step, in the source language"})
    role = fields.String(required=True, allow_none=True)
    site_id = fields.Integer(required=True, allow_none=True)
    by = fields.String(required=True, allow_none=True)
    data = fields.Dict(required=True, metadata={"description": "what the kind says beyond the case, e.g. `text` of a mention"})


class NotificationList(Schema):
    """A page of them, newest first."""

    items = fields.List(fields.Nested(NotificationView), required=True)
    next = fields.String(required=True, allow_none=True)
    unread = fields.Integer(required=True, metadata={"description": "how many are new; 100 stands for 100 or more"})


class MarkRead(Schema):
    """Which are read: some by id, or all up to one."""

    ids = fields.List(row_id(), load_default=list, validate=validate.Length(max=200))
    up_to = row_id(load_default=None, allow_none=True)


class UnreadView(Schema):
    """How many are left."""

    unread = fields.Integer(required=True)


class ChoiceView(Schema):
    """Whether a kind is sent by a way."""

    kind = fields.String(required=True, validate=_KINDS)
    way = fields.String(required=True, validate=validate.OneOf(WAYS))
    is_on = fields.Boolean(required=True)


class WishesView(Schema):
    """How the caller wants to be told. Minutes are after midnight of their site."""

    email = Text(length=200, load_default="", required=False)
    phone = Text(length=40, load_default="", required=False)
    digest_hour = fields.Integer(strict=True, load_default=None, allow_none=True)
    quiet_from = fields.Integer(strict=True, load_default=None, allow_none=True)
    quiet_to = fields.Integer(strict=True, load_default=None, allow_none=True)
    choices = fields.List(fields.Nested(ChoiceView), load_default=list, metadata={
        "description": "what differs from the defaults; kinds that are not named keep their default"})


class RecordCall(Schema):
    """Whom somebody called, and what came of it."""

    name = Text(length=100, required=True)
    number = Text(length=40, required=True)
    result = fields.String(required=True, validate=validate.OneOf([each.value for each in Result]))
    note = Text(length=500, load_default="")
    called_at = Instant(load_default=None, allow_none=True)
    work_item_id = row_id(load_default=None, allow_none=True)


class CallView(Schema):
    """One telephone call."""

    id = fields.Integer(required=True)
    work_item_id = fields.Integer(required=True, allow_none=True)
    name = fields.String(required=True)
    number = fields.String(required=True)
    result = fields.String(required=True)
    note = fields.String(required=True)
    called_at = fields.AwareDateTime(required=True)
    by_name = fields.String(required=True, allow_none=True)


class CallList(Schema):
    """A case's calls, latest first."""

    items = fields.List(fields.Nested(CallView), required=True)
