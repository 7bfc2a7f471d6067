"""The ways out of the house that an administrator sets up: mail server, text message gateway, robots of group chats, any URL.

What is secret is written and never given out again: not to pages, not to the interface, not to the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import orjson
from sqlalchemy import Row, insert, select, update

from engine import permissions
from engine.delivery.guarded import UrlInvalidError, check_url
from engine.errors import FieldError, FormInvalidError, NotFoundError
from engine.i18n import LOCALES
from engine.model import Actor
from engine.notifications import Kind
from engine.persistence.tables import notification_channel, site
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings


class ChannelKind(StrEnum):
    """What stands at the other end."""

    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"


#: those that get what happens by themselves; the others carry what is for one person
HOOKS = (ChannelKind.WEBHOOK, ChannelKind.WECOM, ChannelKind.DINGTALK)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to say of a channel."""

    name: str
    #: source language
    label: str
    default: str = ""
    is_secret: bool = False
    is_required: bool = True
    #: the only values
    choices: tuple[str, ...] = ()
    hint: str = ""
    is_long: bool = False


PARTS: dict[ChannelKind, tuple[Part, ...]] = {
    ChannelKind.EMAIL: (
        Part("host", "郵件伺服器"),
        Part("port", "連接埠", "587"),
        Part("security", "加密", "starttls", choices=("starttls", "tls", "none")),
        Part("sender", "寄件人", hint="例：物業服務中心 <service@example.com>"),
        Part("username", "登入名", is_required=False),
        Part("password", "密碼", is_secret=True, is_required=False),
    ),
    ChannelKind.SMS: (
        Part("url", "網址"),
        Part("format", "格式", "json", choices=("json", "form")),
        Part("template", "內容", '{"mobile": "{to}", "content": "{text}"}', is_long=True,
             hint="{to} 是號碼，{text} 是內容，{key} 是訊息編號。"),
        Part("expect", "成功時回應含有", is_required=False, hint="留空則以 HTTP 狀態為準。"),
        Part("header", "驗證標頭", "Authorization", is_required=False),
        Part("token", "驗證標頭的值", is_secret=True, is_required=False),
    ),
    ChannelKind.WEBHOOK: (
        Part("url", "網址"),
        Part("key", "簽章密鑰", is_secret=True, hint="每次傳送附時間和 HMAC-SHA256 簽章，對方用它核對。"),
    ),
    ChannelKind.WECOM: (
        Part("url", "網址", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"),
        Part("key", "機器人的 key", is_secret=True),
    ),
    ChannelKind.DINGTALK: (
        Part("url", "網址", "https://oapi.dingtalk.com/robot/send"),
        Part("access_token", "機器人的 access_token", is_secret=True),
        Part("sign", "加簽密鑰", is_secret=True, is_required=False, hint="以 SEC 開頭；機器人未啟用加簽時留空。"),
    ),
}


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out, ready to be used."""

    kind: ChannelKind
    name: str
    config: Mapping[str, str]
    #: never shown
    secret: Mapping[str, str] = field(default_factory=dict, repr=False)
    kinds: frozenset[Kind] = frozenset()
    role: str | None = None
    site_id: int | None = None
    locale: str = LOCALES[0]
    may_be_inside: bool = False
    is_enabled: bool = True
    #: None for one that the settings name
    id: int | None = None

    def wants(self, kind: str, role: str | None, site_id: int | None) -> bool:
        """Whether a robot or webhook gets a happening."""
        return (not self.kinds or kind in self.kinds) and self.role in (None, role) and self.site_id in (None, site_id)


def list_all(uow: UnitOfWork, actor: Actor) -> list[Channel]:
    """Every channel, with the names of its secrets but not what they say."""
    permissions.require(actor, "delivery:administer")
    return [_hidden(each) for each in _read(uow)]


def get(uow: UnitOfWork, actor: Actor, channel_id: int) -> Channel:
    """One to be changed, without its secrets."""
    permissions.require(actor, "delivery:administer")
    return _hidden(_find(uow, channel_id))


def usable(uow: UnitOfWork) -> list[Channel]:
    """Those that are switched on, with their secrets: for the courier only."""
    return [each for each in _read(uow) if each.is_enabled]


def for_way(runtime: Runtime, uow: UnitOfWork, way: str) -> Channel | None:
    """What carries mail or text messages now: the first that is switched on, for mail also what the settings name."""
    found = next((each for each in usable(uow) if each.kind == way), None)
    return found or (from_settings(runtime.settings) if way == ChannelKind.EMAIL else None)


def for_use(uow: UnitOfWork, channel_id: int) -> Channel:
    """One with its secrets: for the courier and the test button only."""
    return _find(uow, channel_id)


def save(runtime: Runtime, uow: UnitOfWork, actor: Actor, channel: Channel) -> int:
    """Keep a new or changed channel; a secret that is left empty stays as it was. FormInvalidError names each field that cannot be."""
    permissions.require(actor, "delivery:administer")
    before = _find(uow, channel.id) if channel.id is not None else None
    kept = dict(before.secret) if before is not None else {}
    unknown = sorted(channel.secret.keys() - {part.name for part in PARTS[channel.kind] if part.is_secret})
    if unknown:
        raise FormInvalidError([FieldError(name[:60], "unknown_field", "這種傳送方式沒有這一項。", {}) for name in unknown])
    secret = {part.name: channel.secret.get(part.name) or kept.get(part.name, "") for part in PARTS[channel.kind] if part.is_secret}
    given, channel = channel.secret, replace(channel, secret=secret)
    _check(runtime, uow, channel)
    if before is not None and _destination(before) != _destination(channel):
        # whoever may change the address must not learn the password by having it sent to their own
        again = [FieldError(name, "required", "傳送的地方改了，請重新輸入。", {}) for name in kept if kept[name] and not given.get(name)]
        if again:
            raise FormInvalidError(again)
    now = runtime.clock.now()
    values: dict[str, Any] = {
        "kind": channel.kind.value, "name": channel.name, "config": orjson.dumps(dict(channel.config)).decode(),
        "secret": orjson.dumps(secret).decode(), "kinds": orjson.dumps(sorted(channel.kinds)).decode(), "role": channel.role,
        "site_id": channel.site_id, "locale": channel.locale, "may_be_inside": channel.may_be_inside, "is_enabled": channel.is_enabled,
        "changed_at": now, "changed_by": actor.user_id,
    }
    table = notification_channel
    if channel.id is None:
        made: int = uow.writing.execute(insert(table).values(**values, made_at=now).returning(table.c.id)).scalar_one()
        return made
    uow.writing.execute(update(table).where(table.c.id == channel.id).values(**values))
    return channel.id


def from_settings(settings: Settings) -> Channel | None:
    """The mail server that `smtp` names: `smtp://user:password@host:587/?from=…`, `smtps://` for TLS from the start; None without one."""
    if not settings.smtp:
        return None
    parts = urlsplit(settings.smtp)
    query = parse_qs(parts.query)
    config = {
        "host": parts.hostname or "", "port": str(parts.port or (465 if parts.scheme == "smtps" else 587)),
        "security": "tls" if parts.scheme == "smtps" else query.get("security", ["starttls"])[0],
        "sender": query.get("from", [""])[0], "username": unquote(parts.username or ""),
    }
    # who may set the environment may reach whatever the machine reaches
    return Channel(ChannelKind.EMAIL, "GUICHENG_SMTP", config, {"password": unquote(parts.password or "")}, may_be_inside=True)


def _destination(channel: Channel) -> tuple[str, ...]:
    """Who gets to see the secrets: the server, and whether the way there is open."""
    if channel.kind == ChannelKind.EMAIL:
        return channel.config.get("host", ""), channel.config.get("port", ""), channel.config.get("security", "")
    parts = urlsplit(channel.config.get("url", ""))
    return parts.scheme, parts.netloc


def _check(runtime: Runtime, uow: UnitOfWork, channel: Channel) -> None:
    errors = []
    known = {part.name for part in PARTS[channel.kind] if not part.is_secret}
    errors += [FieldError(name[:60], "unknown_field", "這種傳送方式沒有這一項。", {}) for name in sorted(channel.config.keys() - known)]
    if not 0 < len(channel.name) <= 100:
        errors.append(FieldError("name", "required", "請填寫名稱，最多 100 字。", {}))
    for part in PARTS[channel.kind]:
        value = (channel.secret if part.is_secret else channel.config).get(part.name, "")
        if part.is_required and not value:
            errors.append(FieldError(part.name, "required", "請填寫。", {}))
        elif len(value) > 2_000 or (not part.is_long and "\n" in value):
            errors.append(FieldError(part.name, "too_long", "內容太長，或含有換行。", {}))
        elif value and part.choices and value not in part.choices:
            errors.append(FieldError(part.name, "invalid_value", "請從清單中選擇。", {}))
        elif value and part.name == "url":
            try:
                check_url(value)
            except UrlInvalidError as error:
                errors.append(FieldError("url", error.code, error.sentence, {}))
        elif value and part.name == "port" and not (value.isascii() and value.isdigit() and 0 < int(value[:6]) < 65_536):
            errors.append(FieldError("port", "invalid_value", "連接埠應為 1 到 65535。", {}))
        elif value and part.name == "template" and "{to}" not in value:
            errors.append(FieldError("template", "invalid_value", "內容必須含有 {to} 和 {text}。", {"to": "{to}", "text": "{text}"}))
    if channel.locale not in LOCALES:
        errors.append(FieldError("locale", "invalid_value", "沒有這種語言。", {}))
    if channel.role is not None and channel.role not in runtime.organisation.roles:
        errors.append(FieldError("role", "invalid_value", "沒有這個角色。", {}))
    if channel.site_id is not None and uow.reading.execute(select(site.c.id).where(site.c.id == channel.site_id)).scalar() is None:
        errors.append(FieldError("site_id", "invalid_value", "沒有這個園區。", {}))
    if errors:
        raise FormInvalidError(errors)


def _hidden(channel: Channel) -> Channel:
    return replace(channel, secret={name: "•" if value else "" for name, value in channel.secret.items()})


def _find(uow: UnitOfWork, channel_id: int) -> Channel:
    row = uow.reading.execute(select(notification_channel).where(notification_channel.c.id == channel_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="傳送方式", id=channel_id)
    return _channel(row)


def _read(uow: UnitOfWork) -> list[Channel]:
    return [_channel(row) for row in uow.reading.execute(select(notification_channel).order_by(notification_channel.c.id))]


def _channel(row: Row[Any]) -> Channel:
    known = set(Kind)
    return Channel(
        ChannelKind(row.kind), row.name, orjson.loads(row.config), orjson.loads(row.secret or "{}"),
        frozenset(Kind(each) for each in orjson.loads(row.kinds) if each in known), row.role, row.site_id, row.locale, row.may_be_inside,
        row.is_enabled, row.id,
    )
