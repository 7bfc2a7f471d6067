"""The embedded server serves, refuses what it can't have, and lets running requests finish."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from engine.cli.http_server import CannotListenError, EmbeddedServer


@contextmanager
def serving(app: Callable[[dict[str, Any], Any], Iterable[bytes]]) -> Iterator[tuple[EmbeddedServer, threading.Thread]]:
    """A server in a thread of its own."""
    server = EmbeddedServer(app, "127.0.0.1", 0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server, thread
    finally:
        server.stop()
        thread.join(10)


def _connect_until_refused(port: int) -> None:
    late = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for _ in range(1000):
        late.request("GET", "/")
        late.close()


def test_a_request_that_runs_at_the_stop_is_answered_whole() -> None:
    """The listener closes at once; the answer still goes out, and then `run` returns."""
    entered, go_on = threading.Event(), threading.Event()
    body = b"x" * 300_000

    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        entered.set()
        assert go_on.wait(10)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with serving(app) as (server, thread):
        running = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        running.request("GET", "/")
        assert entered.wait(10)
        server.stop()
        with pytest.raises(OSError, match=r"(?i)refused|reset|closed"):
            _connect_until_refused(server.port)
        go_on.set()
        assert running.getresponse().read() == body
        running.close()
        thread.join(10)
        assert not thread.is_alive()


def test_an_idle_connection_does_not_hold_up_the_stop() -> None:
    """Keep-alive connections of browsers are closed."""

    def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with serving(app) as (server, thread):
        idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        idle.request("GET", "/")
        assert idle.getresponse().read() == b"ok"
        server.stop()
        thread.join(10)
        assert not thread.is_alive()
        idle.close()


def test_a_taken_port_is_said_plainly() -> None:
    """As wrong use, with the address."""
    with serving(lambda _environ, _start: []) as (server, _thread), pytest.raises(CannotListenError, match=str(server.port)):
        EmbeddedServer(lambda _environ, _start: [], "127.0.0.1", server.port, threads=1)


def test_an_unknown_host_is_said_plainly() -> None:
    """Also as wrong use."""
    with pytest.raises(CannotListenError):
        EmbeddedServer(lambda _environ, _start: [], "127.0.0.256", 0, threads=1)
