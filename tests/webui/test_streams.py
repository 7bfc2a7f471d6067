"""Pages that are told when there is news: held without a thread each, told only what concerns them, let go when they leave."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from flask import Flask

from engine import notifications
from engine.notifications import Kind
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, make_site, make_user
from tests.engine.jobs.test_embedded import until
from tests.webui.visitor import Visitor
from webui import streams
from webui.streams import Streams

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def listen(app: Flask, live_server: str) -> Iterator[Callable[[Person], socket.socket]]:
    """Opens a stream as a person's page does; the head of the answer is read."""
    address = urlsplit(live_server)
    opened: list[socket.socket] = []

    def made(person: Person) -> socket.socket:
        visitor = Visitor(app, person)
        visitor.get("/account")
        cookie = visitor.client.get_cookie("guicheng")
        assert cookie is not None
        connection = socket.create_connection((address.hostname, address.port), 10)
        opened.append(connection)
        request = f"GET /notifications/stream?background=1 HTTP/1.1\r\nHost: {address.netloc}\r\nCookie: guicheng={cookie.value}\r\n\r\n"
        connection.sendall(request.encode())
        head = read(connection, b"retry:")
        assert b" 200 " in head
        assert b"text/event-stream" in head
        return connection

    yield made
    for each in opened:
        each.close()


def read(connection: socket.socket, until_seen: bytes) -> bytes:
    """What comes, up to something."""
    got = b""
    while until_seen not in got:
        part = connection.recv(4_096)
        assert part, got
        got += part
    return got


def hears(connection: socket.socket, seconds: float = 1.5) -> bool:
    """Whether news comes in that time."""
    connection.settimeout(seconds)
    try:
        return b"event: news" in read(connection, b"event: news")
    except TimeoutError:
        return False


def tell(runtime: Runtime, **whom: object) -> None:
    """Something happens."""
    with UnitOfWork(runtime.database) as uow:
        notifications.tell(runtime, uow, Kind.MESSAGE, **whom)  # type: ignore[arg-type]
        uow.commit()


@contextmanager
def held(app: Flask, count: int) -> Iterator[Streams]:
    """The streams once they hold so many."""
    found: Streams = app.extensions["guicheng.streams"]
    until(lambda: found.count == count)
    yield found


def test_a_page_hears_of_what_concerns_its_person(runtime: Runtime, app: Flask, listen: Callable[[Person], socket.socket]) -> None:
    """Of their own and of their role at their site; not of others', not of another site's, not of what they did themselves."""
    here, there = make_site(runtime), make_site(runtime)
    worker, other = make_user(runtime, "repair_worker", site_id=here), make_user(runtime, "repair_worker", site_id=there)
    page, elsewhere = listen(worker), listen(other)
    with held(app, 2):
        tell(runtime, people=[worker.id])
        assert hears(page)
        tell(runtime, role="repair_worker", site_id=here)
        assert hears(page)
        tell(runtime, role="repair_worker", site_id=here, by=worker.actor)
        assert not hears(page)
        assert not hears(elsewhere, 0.1)


def test_held_pages_take_no_threads(runtime: Runtime, app: Flask, live_server: str, listen: Callable[[Person], socket.socket]) -> None:
    """Forty on a server of four threads, and it still answers."""
    person = make_user(runtime, "cashier")
    pages = [listen(person) for _ in range(40)]
    with held(app, 40) as found:
        address = urlsplit(live_server)
        with socket.create_connection((address.hostname, address.port), 10) as plain:
            plain.sendall(f"GET /health HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n\r\n".encode())
            read(plain, b" 200 ")
        tell(runtime, people=[person.id])
        assert all(hears(page) for page in pages)
        for page in pages:
            page.close()
        until(lambda: found.count == 0)


def test_a_full_process_lets_pages_ask_instead(runtime: Runtime, app: Flask, live_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """204 ends an EventSource for good."""
    monkeypatch.setattr(Streams, "is_full", True)
    assert Visitor(app, make_user(runtime)).get("/notifications/stream?background=1").status_code == 204


def test_a_page_comes_again_after_a_while(
    runtime: Runtime, app: Flask, monkeypatch: pytest.MonkeyPatch, listen: Callable[[Person], socket.socket]
) -> None:
    """So that somebody whose roles or sign-in changed is not told the old way for ever; a sign of life goes out before."""
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(streams, "LIFE_SECONDS", 1.0)
    began = time.monotonic()
    page = listen(make_user(runtime))
    read(page, b"still here")
    page.settimeout(10)
    while page.recv(4_096):
        pass
    assert time.monotonic() - began < 5
