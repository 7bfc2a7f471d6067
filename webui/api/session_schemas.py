"""The shapes of signed-in browsers."""

from __future__ import annotations

from marshmallow import Schema, fields

from webui.api.fields import Instant, Text, row_id
from webui.api.schemas import Paging


class SignedInQuery(Paging):
    """Which ones."""

    q = Text(load_default="", length=100, metadata={"description": "words of a person's name, sign-in, or an address"})


class SignedInView(Schema):
    """One browser that is signed in."""

    id = row_id(required=True)
    user_id = row_id(required=True)
    user_name = fields.String(required=True)
    username = fields.String(required=True)
    method = fields.String(required=True, metadata={"description": "`password`, `oidc` or `link`"})
    device = fields.String(required=True, metadata={"description": "what the browser says of itself"})
    address = fields.String(required=True)
    created_at = Instant(required=True)
    last_seen_at = Instant(required=True, metadata={"description": "to five minutes"})


class SignedInList(Schema):
    """A page of them."""

    items = fields.List(fields.Nested(SignedInView), required=True)
    next = fields.String(required=True, allow_none=True)
