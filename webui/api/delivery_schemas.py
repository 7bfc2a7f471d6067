"""The shapes of messages on their way out, the ways they take, and what they say."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from engine.delivery.channels import PARTS, ChannelKind
from engine.delivery.deliveries import STATES
from engine.delivery.templates import LONGEST, TEMPLATES
from engine.i18n import LOCALES
from engine.notifications import Kind
from webui.api.fields import Text, row_id
from webui.api.schemas import Paging

_KEYS = validate.OneOf(list(TEMPLATES))
_LOCALES = validate.OneOf(LOCALES)
_PARTS = "; ".join(f"{kind.value}: {', '.join(part.name for part in parts if not part.is_secret)}" for kind, parts in PARTS.items())
_SECRETS = "; ".join(f"{kind.value}: {', '.join(part.name for part in parts if part.is_secret)}" for kind, parts in PARTS.items())


class DeliveryQuery(Paging):
    """What narrows the list."""

    state = fields.String(validate=validate.OneOf(STATES))
    way = fields.String(validate=validate.OneOf(["email", "sms", "hook"]))


class DeliveryView(Schema):
    """One message on its way out."""

    id = fields.Integer(required=True)
    key = fields.String(required=True, metadata={"description": "goes with every attempt"})
    way = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    to = fields.String(required=True)
    count = fields.Integer(required=True, metadata={"description": "notifications that it tells of; 0 for a one-time link"})
    attempts = fields.Integer(required=True)
    made_at = fields.AwareDateTime(required=True)
    next_at = fields.AwareDateTime(required=True)
    ended_at = fields.AwareDateTime(required=True, allow_none=True)
    problem = fields.String(required=True, allow_none=True, metadata={"description": "what the last attempt failed with"})


class DeliveryList(Schema):
    """A page of them, latest first."""

    items = fields.List(fields.Nested(DeliveryView), required=True)
    next = fields.String(required=True, allow_none=True)


class DeliveryIds(Schema):
    """Which."""

    ids = fields.List(row_id(), required=True, validate=validate.Length(min=1, max=200))


class Handled(Schema):
    """How many it met."""

    handled = fields.Integer(required=True)


class ChannelSettings(Schema):
    """How a way out of the house is set up. What is secret is taken and never given out."""

    name = Text(length=100, required=True)
    config = fields.Dict(
        keys=fields.String(), values=Text(length=2_000), required=True,
        metadata={"description": f"where and how, by kind. {_PARTS}"})
    secret = fields.Dict(
        keys=fields.String(), values=Text(length=2_000), load_default=dict,
        metadata={"description": f"what is left out stays as it was. {_SECRETS}"})
    kinds = fields.List(
        fields.String(validate=validate.OneOf([kind.value for kind in Kind])), load_default=list,
        metadata={"description": "kinds of notifications that a robot or webhook gets; empty for all"})
    role = Text(length=60, load_default=None, allow_none=True)
    site_id = row_id(load_default=None, allow_none=True)
    locale = fields.String(validate=_LOCALES, load_default=LOCALES[0])
    may_be_inside = fields.Boolean(load_default=False, metadata={"description": "whether it may lead into the company's own network"})
    is_enabled = fields.Boolean(load_default=True)


class NewChannel(ChannelSettings):
    """A new one."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ChannelKind]))


class ChannelView(Schema):
    """A way out of the house, without what is secret."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    name = fields.String(required=True)
    config = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    secrets = fields.List(fields.String(), required=True, metadata={"description": "names of the secrets that are set"})
    kinds = fields.List(fields.String(), required=True)
    role = fields.String(required=True, allow_none=True)
    site_id = fields.Integer(required=True, allow_none=True)
    locale = fields.String(required=True)
    may_be_inside = fields.Boolean(required=True)
    is_enabled = fields.Boolean(required=True)


class ChannelList(Schema):
    """Every one."""

    items = fields.List(fields.Nested(ChannelView), required=True)


class TryChannel(Schema):
    """Whom a test message goes to; robots and webhooks need nobody."""

    to = Text(length=200, load_default="")


class Tried(Schema):
    """The message was handed over."""

    sent = fields.Boolean(required=True)


class TemplateTexts(Schema):
    """Words by language. A language left out, or empty, says what comes with the program; Simplified Chinese follows Traditional."""

    texts = fields.Dict(keys=fields.String(validate=_LOCALES), values=Text(length=LONGEST), required=True)


class SaveTemplate(TemplateTexts):
    """Words to be kept."""

    version = fields.Integer(strict=True, load_default=None, allow_none=True, metadata={
        "description": "the version that was looked at: refused with 409 where another holds meanwhile"})


class PreviewTemplate(TemplateTexts):
    """Words to be tried."""

    notification_id = row_id(load_default=None, allow_none=True, metadata={"description": "one of the newest of the kind"})


class TemplateView(Schema):
    """A text that messages are made of."""

    key = fields.String(required=True, validate=_KEYS)
    name = fields.String(required=True)
    placeholders = fields.List(fields.String(), required=True)
    required = fields.List(fields.String(), required=True, metadata={"description": "placeholders that must be in it"})
    own = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "own words by language"})
    texts = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "what holds, by language"})
    version = fields.Integer(required=True)


class TemplateList(Schema):
    """Every text."""

    items = fields.List(fields.Nested(TemplateView), required=True)


class MessageView(Schema):
    """How a message would read."""

    locale = fields.String(required=True)
    subject = fields.String(required=True)
    text = fields.String(required=True)


class PreviewView(Schema):
    """How messages would read in every language."""

    notification_id = fields.Integer(required=True, allow_none=True, metadata={"description": "null: an example stood for one"})
    messages = fields.List(fields.Nested(MessageView), required=True)
