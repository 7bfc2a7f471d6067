"""Hands one message over by one channel, once. Each way carries the message's key, so that whoever gets it twice can tell."""

from __future__ import annotations

import base64
import hashlib
import hmac
import smtplib
import ssl
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import quote, urlencode

import orjson

from engine.delivery.channels import Channel, ChannelKind
from engine.delivery.guarded import Answer, SendFailedError, Smtp, post
from engine.delivery.messages import Message
from engine.i18n import fill

#: bytes that robots take of a text
_ROBOT_TEXT = 2_000
_JSON = "application/json; charset=utf-8"


def send(channel: Channel, message: Message, to: str, now: datetime) -> None:
    """Hand it over. SendFailedError and its kin where that did not go well; whether it arrived all the same nobody knows then."""
    if channel.kind is ChannelKind.EMAIL:
        _mail(channel, message, to, now)
    elif channel.kind is ChannelKind.SMS:
        _text(channel, message, to)
    elif channel.kind is ChannelKind.WEBHOOK:
        _webhook(channel, message, now)
    elif channel.kind is ChannelKind.WECOM:
        _wecom(channel, message)
    else:
        _dingtalk(channel, message, now)


def signature(key: str, timestamp: str, body: bytes) -> str:
    """What a webhook's receiver computes again: HMAC-SHA256 over the time, a dot and the body, in hex."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def dingtalk_sign(secret: str, milliseconds: str) -> str:
    """DingTalk's rule: HMAC-SHA256 with the secret over time, line feed and secret, in base64; to be quoted into the address."""
    digest = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _mail(channel: Channel, message: Message, to: str, now: datetime) -> None:
    config = channel.config
    name, sender = parseaddr(config.get("sender", ""))
    mail = EmailMessage()
    try:
        mail["From"] = Address(name, addr_spec=sender)
        mail["To"] = Address(addr_spec=to)
        mail["Subject"] = " ".join(message.subject.split())[:200]
    except (ValueError, IndexError) as error:
        raise SendFailedError(f"{sender} → {to}: {error}", is_final=True) from error
    mail["Date"] = formatdate(now.timestamp())
    mail["Message-ID"] = f"<{message.key}@{sender.rpartition('@')[2] or 'guicheng'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    security = config.get("security", "starttls")
    try:
        with Smtp(config["host"], int(config["port"]), is_tls=security == "tls", may_be_inside=channel.may_be_inside) as server:
            if security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if config.get("username"):
                server.login(config["username"], channel.secret.get("password", ""))
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise SendFailedError(f"{code} {_plain(said)}", is_final=code >= 500) from error
    except smtplib.SMTPResponseException as error:
        raise SendFailedError(f"{error.smtp_code} {_plain(error.smtp_error)}", is_final=error.smtp_code in (550, 553, 554)) from error
    except (OSError, smtplib.SMTPException) as error:
        raise SendFailedError(f"{config.get('host')}: {str(error) or type(error).__name__}") from error


def _text(channel: Channel, message: Message, to: str) -> None:
    config = channel.config
    is_json = config.get("format") != "form"
    values = {"to": to, "text": message.text, "key": message.key}
    quoted = {name: orjson.dumps(value).decode()[1:-1] if is_json else quote(value, safe="") for name, value in values.items()}
    headers = {"Content-Type": _JSON if is_json else "application/x-www-form-urlencoded", "Idempotency-Key": message.key}
    if config.get("header") and channel.secret.get("token"):
        headers[config["header"]] = channel.secret["token"]
    answer = post(config["url"], headers, fill(config["template"], quoted).encode(), may_be_inside=channel.may_be_inside)
    expected = config.get("expect", "")
    if expected and expected not in answer.body.decode("utf-8", "replace"):
        raise SendFailedError(answer.body[:200].decode("utf-8", "replace"))


def _webhook(channel: Channel, message: Message, now: datetime) -> None:
    body = orjson.dumps({"key": message.key, "subject": message.subject, "text": message.text, "notifications": message.items})
    timestamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": _JSON, "Idempotency-Key": message.key, "X-Guicheng-Timestamp": timestamp,
        "X-Guicheng-Signature": "sha256=" + signature(channel.secret.get("key", ""), timestamp, body),
    }
    post(channel.config["url"], headers, body, may_be_inside=channel.may_be_inside)


def _wecom(channel: Channel, message: Message) -> None:
    text = {"content": _short(message.text), "mentioned_mobile_list": list(message.mention)}
    url = f"{channel.config['url']}?{urlencode({'key': channel.secret.get('key', '')})}"
    _robot(url, {"msgtype": "text", "text": text}, message.key, channel)


def _dingtalk(channel: Channel, message: Message, now: datetime) -> None:
    query = {"access_token": channel.secret.get("access_token", "")}
    if channel.secret.get("sign"):
        milliseconds = str(int(now.timestamp() * 1_000))
        query |= {"timestamp": milliseconds, "sign": dingtalk_sign(channel.secret["sign"], milliseconds)}
    body = {"msgtype": "text", "text": {"content": _short(message.text)}, "at": {"atMobiles": list(message.mention), "isAtAll": False}}
    _robot(f"{channel.config['url']}?{urlencode(query)}", body, message.key, channel)


def _robot(url: str, body: object, key: str, channel: Channel) -> None:
    """Both robots answer 200 with an error's number in the body."""
    headers = {"Content-Type": _JSON, "Idempotency-Key": key}
    answer: Answer = post(url, headers, orjson.dumps(body), may_be_inside=channel.may_be_inside)
    try:
        said = orjson.loads(answer.body)
        number = said.get("errcode", 0)
    except (ValueError, AttributeError) as error:
        raise SendFailedError(answer.body[:200].decode("utf-8", "replace")) from error
    if number != 0:
        raise SendFailedError(f"errcode {number}: {said.get('errmsg', '')}")


def _short(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= _ROBOT_TEXT else raw[: _ROBOT_TEXT - 3].decode("utf-8", "ignore") + "…"


def _plain(said: object) -> str:
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)

