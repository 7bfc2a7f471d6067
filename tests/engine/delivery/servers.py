"""A real mail server and a real HTTP server on loopback, which take down what they get and refuse what they are told to."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message as Mail
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import insert

from engine.persistence.tables import notification_channel
from engine.runtime import Runtime


@dataclass
class Received:
    """One HTTP request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpServer:
    """What it got, and what it answers: statuses are used up, then 200."""

    url: str
    received: list[Received] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answer: bytes = b'{"errcode": 0, "errmsg": "ok"}'

    @property
    def keys(self) -> list[str]:
        """Idempotency keys in the order of the requests."""
        return [each.headers["idempotency-key"] for each in self.received]


@contextmanager
def http_server() -> Iterator[HttpServer]:
    """Listens on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            found.received.append(Received(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("Content-Length", str(len(found.answer)))
            self.end_headers()
            self.wfile.write(found.answer)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = HttpServer(f"http://127.0.0.1:{server.server_address[1]}/hook")
    with _running(server):
        yield found


@dataclass
class MailServer:
    """What it got, and how it answers recipients: codes are used up, then 250."""

    port: int
    mails: list[Mail] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Speaks enough SMTP for smtplib."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say(220)
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.strip() else b""
                if verb == b"QUIT":
                    self._say(221)
                    return
                if verb == b"RCPT" and found.codes:
                    self._say(found.codes.pop(0))
                elif verb == b"DATA":
                    self._say(354)
                    self._data()
                else:
                    self._say(250)

        def _data(self) -> None:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line)
            found.mails.append(message_from_bytes(b"".join(lines), policy=default))
            self._say(250)

        def _say(self, code: int) -> None:
            self.wfile.write(f"{code} test\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    found = MailServer(server.server_address[1])
    with _running(server):
        yield found


@contextmanager
def secure_mail_server(ca: trustme.CA, *, is_tls: bool, user: str, password: str) -> Iterator[MailServer]:
    """Takes mail only over an encrypted line, by STARTTLS or from the start, and only from who signs in."""

    class Handler:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the name that the server calls
            found.mails.append(message_from_bytes(envelope.content, policy=default))
            return "250 OK"

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        is_right = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=is_right, handled=is_right)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    how: dict[str, Any] = {"ssl_context": context, "auth_require_tls": False} if is_tls else {
        "tls_context": context, "require_starttls": True}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port, authenticator=authenticate, auth_required=True, **how)
    found = MailServer(port)
    controller.start()
    try:
        yield found
    finally:
        controller.stop()


@contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def make_channel(runtime: Runtime, kind: str, *, secret: dict[str, str] | None = None, inside: bool = True, **config: str) -> int:
    """A channel; returns its id. Columns of its own go by name, the rest is where and how."""
    columns = {name: config.pop(name) for name in ("role", "locale") if name in config}
    now = runtime.clock.now()
    values = {
        "kind": kind, "name": f"{kind}測試", "config": orjson.dumps(config).decode(), "secret": orjson.dumps(secret or {}).decode(),
        "kinds": "[]", "locale": "zh-Hant", "may_be_inside": inside, "is_enabled": True, "made_at": now, "changed_at": now, **columns,
    }
    with runtime.database.writing() as connection:
        made: int = connection.execute(insert(notification_channel).values(**values).returning(notification_channel.c.id)).scalar_one()
    return made


def make_mail(runtime: Runtime, server: MailServer) -> int:
    """A channel that leads to the mail server."""
    return make_channel(runtime, "email", host="127.0.0.1", port=str(server.port), security="none", sender="服務中心 <service@example.com>")
