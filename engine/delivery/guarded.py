"""Connections to addresses that an administrator typed: never to our own network unless that was allowed, never longer than a while.

The name is looked up once and the connection goes to the very address that was checked, so that a second answer of the name server changes
nothing. Redirections are not followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from engine.errors import GuichengError, InvalidError

#: seconds for each step of a conversation
SECONDS = 10.0
#: bytes of an answer that are read
_ANSWER = 64 * 2**10
#: refusals that a repeat would not change
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


class SendFailedError(GuichengError):
    """A message could not be handed over."""

    code = "send_failed"
    sentence = "傳送失敗：{reason}"

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason=reason)
        #: whether trying again would say the same
        self.is_final = is_final


class AddressInsideError(InvalidError):
    """Expected an address outside the company's own network."""

    code = "address_inside"
    sentence = "「{host}」在內部網路。如確實要傳送到那裡，請勾選「允許內部位址」。"


class UrlInvalidError(InvalidError):
    """Expected an http or https address."""

    code = "url_invalid"
    sentence = "網址必須以 http:// 或 https:// 開頭，且不含帳號密碼。"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an HTTP server said."""

    status: int
    body: bytes


def check_url(url: str) -> None:
    """UrlInvalidError for what cannot be an address of a server."""
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or any(each.isspace() for each in url):
        raise UrlInvalidError


def resolve(host: str, port: int, *, may_be_inside: bool) -> str:
    """The address to connect to. AddressInsideError where the name leads to one that is not public, SendFailedError where nowhere."""
    found = _addresses(host, port)
    if not may_be_inside:
        for address in found:
            plain = ipaddress.ip_address(address.partition("%")[0])
            mapped = getattr(plain, "ipv4_mapped", None) or plain
            if not mapped.is_global or mapped.is_multicast:
                raise AddressInsideError(host=host)
    return found[0]


def _addresses(host: str, port: int) -> list[str]:
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    try:
        return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise SendFailedError(f"{host}: {error}") from error


def post(url: str, headers: Mapping[str, str], body: bytes, *, may_be_inside: bool) -> Answer:
    """POST once. SendFailedError for anything but a 2xx, AddressInsideError and UrlInvalidError before anything is sent."""
    check_url(url)
    parts = urlsplit(url)
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = resolve(parts.hostname, port, may_be_inside=may_be_inside)
    kind = _Https if parts.scheme == "https" else _Http
    connection = kind(parts.hostname, port, timeout=SECONDS)
    connection.address = address
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", target, body=body, headers=dict(headers))
        response = connection.getresponse()
        answer = Answer(response.status, response.read(_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        raise SendFailedError(f"{parts.hostname}: {str(error) or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        said = answer.body[:200].decode("utf-8", "replace")
        raise SendFailedError(f"HTTP {answer.status} {said}".strip(), is_final=answer.status in _FINAL)
    return answer


class _Http(http.client.HTTPConnection):
    address = ""

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)


class _Https(http.client.HTTPSConnection):
    address = ""

    def connect(self) -> None:
        plain = socket.create_connection((self.address, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)


class Smtp(smtplib.SMTP):
    """A mail server at a checked address, by name for its certificate."""

    def __init__(self, host: str, port: int, *, is_tls: bool, may_be_inside: bool) -> None:
        self._address = resolve(host, port, may_be_inside=may_be_inside)
        self._is_tls = is_tls
        super().__init__(host, port, timeout=SECONDS)

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        plain = socket.create_connection((self._address, port), timeout)
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host) if self._is_tls else plain
