"""The ways out of the house, and what messages say; for the administrator."""

from __future__ import annotations

from typing import Any

from engine.delivery import channels, deliveries, previews, templates
from engine.delivery.channels import Channel, ChannelKind
from engine.delivery.templates import Edited, Texts
from engine.i18n import LOCALES, translate
from engine.notifications import Kind
from webui.api import delivery_schemas as schemas
from webui.api.calls import ID, Call, Calls

calls = Calls("message_channels", "Ways out of the house and what messages say")

_CHANNEL = f"/notification-channels/<{ID}:channel_id>"
_TEMPLATE = "/message-templates/<string(maxlength=40):key>"


@calls.lookup("/notification-channels", gives=schemas.ChannelList)
def list_channels(call: Call) -> dict[str, Any]:
    """Every way out of the house."""
    return {"items": [_channel(each) for each in channels.list_all(call.uow, call.actor)]}


@calls.command("/notification-channels", takes=schemas.NewChannel, gives=schemas.ChannelView, status=201)
def create_channel(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Set up a way out of the house; it is used at once where it is enabled."""
    return _keep(call, ChannelKind(body.pop("kind")), body, None)


@calls.lookup(_CHANNEL, gives=schemas.ChannelView)
def get_channel(call: Call, channel_id: int) -> dict[str, Any]:
    """One of them."""
    return _channel(channels.get(call.uow, call.actor, channel_id))


@calls.command(_CHANNEL, takes=schemas.ChannelSettings, gives=schemas.ChannelView, method="PUT")
def put_channel(call: Call, body: dict[str, Any], channel_id: int) -> dict[str, Any]:
    """Set one up anew. Secrets that are left out stay as they were."""
    return _keep(call, channels.get(call.uow, call.actor, channel_id).kind, body, channel_id)


@calls.command(f"{_CHANNEL}/try", takes=schemas.TryChannel, gives=schemas.Tried)
def try_channel(call: Call, body: dict[str, Any], channel_id: int) -> dict[str, Any]:
    """Send a test message now, once; what went wrong is the answer."""
    deliveries.try_channel(call.runtime, call.uow, call.actor, channel_id, body["to"], call.locale)
    return {"sent": True}


@calls.lookup("/message-templates", gives=schemas.TemplateList)
def list_templates(call: Call) -> dict[str, Any]:
    """Every text that messages are made of."""
    found, now = templates.listing(call.uow, call.actor), templates.in_force(call.uow)
    return {"items": [_template(call, each, now) for each in found]}


@calls.lookup(_TEMPLATE, gives=schemas.TemplateView)
def get_template(call: Call, key: str) -> dict[str, Any]:
    """One text."""
    return _template(call, templates.get(call.uow, call.actor, key), templates.in_force(call.uow))


@calls.command(_TEMPLATE, takes=schemas.SaveTemplate, gives=schemas.TemplateView, method="PUT")
def put_template(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Word a text in all languages; no words at all bring ours back."""
    templates.save(call.runtime, call.uow, call.actor, key, body["texts"], body["version"])
    return _template(call, templates.get(call.uow, call.actor, key), templates.in_force(call.uow))


@calls.command(f"{_TEMPLATE}/preview", takes=schemas.PreviewTemplate, gives=schemas.PreviewView)
def preview_template(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """What a text would make of something that really happened. Nothing is kept or sent."""
    found = previews.show(call.runtime, call.uow, call.actor, key, body["texts"], body["notification_id"])
    texts = [{"locale": locale, "subject": each.subject, "text": each.text} for locale, each in found.messages.items()]
    return {"notification_id": found.chosen or None, "messages": texts}


def _keep(call: Call, kind: ChannelKind, body: dict[str, Any], channel_id: int | None) -> dict[str, Any]:
    body["kinds"] = frozenset(Kind(each) for each in body["kinds"])
    made = channels.save(call.runtime, call.uow, call.actor, Channel(kind, id=channel_id, **body))
    return _channel(channels.get(call.uow, call.actor, made))


def _channel(channel: Channel) -> dict[str, Any]:
    names = ("id", "kind", "name", "config", "role", "site_id", "locale", "may_be_inside", "is_enabled")
    set_secrets = sorted(name for name, value in channel.secret.items() if value)
    return {**{name: getattr(channel, name) for name in names}, "kinds": sorted(channel.kinds), "secrets": set_secrets}


def _template(call: Call, edited: Edited, now: Texts) -> dict[str, Any]:
    template = edited.template
    return {
        "key": template.key, "name": translate(call.locale, template.name), "placeholders": template.placeholders,
        "required": template.required, "own": edited.own, "texts": {locale: now.text(locale, template.key) for locale in LOCALES},
        "version": edited.version,
    }
