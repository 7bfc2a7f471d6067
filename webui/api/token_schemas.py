"""The shapes of bearer tokens."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.users import MOST_TOKEN_DAYS
from engine.permissions import SCOPES
from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import Paging

_SCOPES_SAY = "what it may do besides reading, empty for reading only; null: whatever its person may"


class BearerQuery(Paging):
    """Which ones."""

    ended = fields.Boolean(load_default=False, metadata={"description": "those that were revoked or have run out"})


class BearerView(Schema):
    """One token, never itself."""

    id = row_id(required=True)
    name = fields.String(required=True)
    user_id = row_id(required=True)
    user_name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True, metadata={"description": "roles of its person"})
    only_roles = fields.List(fields.String(), required=True, allow_none=True, metadata={"description": "null: all of its person's"})
    only_sites = fields.List(fields.String(), required=True, allow_none=True, metadata={"description": "names; null: all of its person's"})
    only_scopes = fields.List(fields.String(), required=True, allow_none=True, metadata={"description": _SCOPES_SAY})
    created_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True, metadata={"description": "to the hour"})
    revoked_at = Instant(required=True, allow_none=True)


class BearerList(Schema):
    """A page of them, newest first."""

    items = fields.List(fields.Nested(BearerView), required=True)
    next = fields.String(required=True, allow_none=True)


class NewBearer(Schema):
    """Whom it acts for, and how long."""

    user_id = row_id(required=True)
    name = Text(required=True, length=100, shortest=1)
    days = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, MOST_TOKEN_DAYS),
        metadata={"description": "how long it is good; without it until it is revoked"},
    )
    roles = fields.List(fields.String(), load_default=None, allow_none=True, metadata={"description": "only with these roles"})
    site_ids = fields.List(row_id(), load_default=None, allow_none=True, metadata={"description": "only at these sites"})
    scopes = fields.List(
        fields.String(validate=validate.OneOf(list(SCOPES))), load_default=None, allow_none=True, metadata={"description": _SCOPES_SAY})


class MadeBearer(Schema):
    """The token itself; null when a request is repeated."""

    token = fields.String(required=True, allow_none=True)
