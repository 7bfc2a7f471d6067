"""The shapes of one-time links."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.company.outside_links import LinkState
from engine.i18n import LOCALES
from webui.api.fields import Text, row_id
from webui.api.schemas import PersonView


class CreateLink(Schema):
    """For whom a one-time link is, and whether it is sent."""

    recipient = Text(length=100, load_default="", metadata={"description": "whom it is for, as the list of links shows it"})
    locale = fields.String(load_default=LOCALES[0], validate=validate.OneOf(LOCALES), metadata={"description": "language of its page"})
    send_to = Text(length=200, load_default=None, allow_none=True, metadata={
        "description": "number or address to send it to; its address is then in the message alone"})


class LinkView(Schema):
    """A one-time link of somebody without an account, as it stands."""

    id = row_id(required=True)
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in LinkState]))
    outside = fields.String(required=True)
    locale = fields.String(required=True)
    recipient = fields.String(required=True)
    send_to = fields.String(required=True, allow_none=True)
    sent_at = fields.AwareDateTime(required=True, allow_none=True)
    created_at = fields.AwareDateTime(required=True)
    created_by = fields.Nested(PersonView, required=True, allow_none=True)
    expires_at = fields.AwareDateTime(required=True)
    opened_at = fields.AwareDateTime(required=True, allow_none=True)
    open_count = fields.Integer(required=True)
    used_at = fields.AwareDateTime(required=True, allow_none=True)
    used_by = fields.String(required=True, allow_none=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)


class NewLinkView(LinkView):
    """A link just made."""

    address = fields.String(required=True, allow_none=True, metadata={
        "description": "told once: null in a repeat of the request, and where the link is sent"})


class LinkList(Schema):
    """Links of a work item, newest first."""

    items = fields.List(fields.Nested(LinkView), required=True)
