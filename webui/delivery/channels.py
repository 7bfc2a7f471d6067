"""Setting up the ways out of the house. What is secret is asked for and never shown."""

from __future__ import annotations

import flask
from flask.typing import ResponseReturnValue

from engine import permissions
from engine.delivery import channels, deliveries
from engine.delivery.channels import HOOKS, PARTS, Channel, ChannelKind
from engine.errors import FormInvalidError, GuichengError
from engine.i18n import LOCALES, describe_field_error
from engine.notifications import WORDINGS, Kind
from engine.queries import directory
from webui import session
from webui.display import role_name
from webui.error_pages import status
from webui.language import current_locale, describe_error, gettext
from webui.notifications.sentences import Sign
from webui.unit_of_work import current, let_go, runtime_of

#: source language
KINDS = {
    ChannelKind.EMAIL: "郵件", ChannelKind.SMS: "短訊閘道", ChannelKind.WEBHOOK: "網路鉤子", ChannelKind.WECOM: "企業微信機器人",
    ChannelKind.DINGTALK: "釘釘機器人",
}
_CHOICES = {"json": "格式 JSON", "form": "表單", "none": "無", "starttls": "STARTTLS", "tls": "TLS"}
_SIGNS = {
    ChannelKind.EMAIL: Sign(icon="mail"), ChannelKind.SMS: Sign(icon="message"), ChannelKind.WEBHOOK: Sign(icon="webhook"),
    ChannelKind.WECOM: Sign(icon="robot"), ChannelKind.DINGTALK: Sign(icon="robot"),
}


def overview() -> ResponseReturnValue:
    """Every channel."""
    found = channels.list_all(current(), session.actor())
    return flask.render_template(
        "delivery/channels.html", channels=found, kinds=KINDS,
        icons={kind.value: sign.icon for kind, sign in _SIGNS.items()},
        from_settings=channels.from_settings(runtime_of().settings),
        dead=deliveries.dead(current(), session.actor()),
    )


def new(kind: str) -> ResponseReturnValue:
    """An empty form."""
    permissions.require(session.actor(), "delivery:administer")
    config = {part.name: part.default for part in PARTS[_kind(kind)] if not part.is_secret}
    return _page(Channel(_kind(kind), gettext(KINDS[_kind(kind)]), config), {})


def create(kind: str) -> ResponseReturnValue:
    """Keep a new one."""
    return _save(_read(_kind(kind), None))


def show(channel_id: int) -> ResponseReturnValue:
    """One, to be changed or tried."""
    return _page(channels.get(current(), session.actor(), channel_id), {})


def change(channel_id: int) -> ResponseReturnValue:
    """Keep what was changed."""
    before = channels.get(current(), session.actor(), channel_id)
    return _save(_read(before.kind, channel_id))


def attempt(channel_id: int) -> ResponseReturnValue:
    """Send a test message now, and say how it went."""
    channel = channels.get(current(), session.actor(), channel_id)
    to = flask.request.form.get("to", "").strip()[:200]
    if channel.kind not in HOOKS and not to:
        return flask.make_response(_page(channel, {"to": gettext("請填寫測試收件人。")}), 422)
    try:
        deliveries.try_channel(runtime_of(), current(), session.actor(), channel_id, to, current_locale())
    except GuichengError as error:
        let_go()
        return flask.make_response(_page(channel, {"try": describe_error(error)}), 422)
    flask.flash(gettext("測試訊息已送出。"))
    return flask.redirect(flask.url_for("delivery.channel", channel_id=channel_id), 303)


def _save(channel: Channel) -> ResponseReturnValue:
    try:
        channels.save(runtime_of(), current(), session.actor(), channel)
    except FormInvalidError as error:
        let_go()
        problems = {each.field: describe_field_error(each, current_locale()) for each in error.errors}
        return flask.make_response(_page(channel, problems), status(error))
    flask.flash(gettext("已保存傳送方式。"))
    return flask.redirect(flask.url_for("delivery.channels"), 303)


def _kind(text: str) -> ChannelKind:
    if text not in list(ChannelKind):
        flask.abort(404)
    return ChannelKind(text)


def _read(kind: ChannelKind, channel_id: int | None) -> Channel:
    form = flask.request.form
    given = {part.name: form.get(part.name, "").strip() for part in PARTS[kind]}
    secrets = {part.name for part in PARTS[kind] if part.is_secret}
    return Channel(
        kind, form.get("name", "").strip(), {name: value for name, value in given.items() if name not in secrets},
        {name: given[name] for name in secrets}, frozenset(Kind(each) for each in form.getlist("kinds") if each in list(Kind)),
        form.get("role") or None, _site(form.get("site_id", "")), form.get("locale") or LOCALES[0], "may_be_inside" in form,
        "is_enabled" in form, channel_id,
    )


def _site(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _page(channel: Channel, problems: dict[str, str]) -> str:
    return flask.render_template(
        "delivery/channel.html", channel=channel, problems=problems, parts=PARTS[channel.kind], kind_name=KINDS[channel.kind],
        is_hook=channel.kind in HOOKS, choices=_CHOICES, kinds=[(kind.value, gettext(each.name)) for kind, each in WORDINGS.items()],
        roles=[(key, role_name(key)) for key, role in runtime_of().organisation.roles.items() if not role.is_outside],
        sites=directory.sites(current(), session.actor()),
    )
