"""The embedded web server: waitress on one socket, which lets running requests finish when it is told to stop."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from engine.errors import UsageError

#: seconds that running requests are given after the stop
DRAIN_SECONDS = 30.0
_WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class CannotListenError(UsageError):
    """The address or port isn't ours to listen on."""

    code = "cannot_listen"
    sentence = "不能在 {host}:{port} 提供服務：{error}"


class EmbeddedServer:
    """Listens from the moment it is made; serves while `run` runs; `stop` may be called from any thread or signal handler."""

    def __init__(self, app: _WsgiApplication, host: str, port: int, threads: int) -> None:
        from waitress import create_server

        self._listener = _listen(host, port)
        self._server: Any = create_server(app, sockets=[self._listener], threads=threads, ident=None, clear_untrusted_proxy_headers=True)
        self._stopping = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def run(self) -> None:
        """Serve until told to stop, then take no more connections, finish what runs, and return."""
        from waitress import wasyncore

        def turn(timeout: float) -> None:
            # the library's own `run` does the same, but cannot be asked to stop taking connections
            wasyncore.loop(timeout=timeout, map=self._server._map, count=1)

        while not self._stopping.is_set():
            turn(1.0)
        self._server.accepting = False
        self._server.del_channel()
        self._listener.close()
        patience = time.monotonic() + DRAIN_SECONDS
        while self._is_busy() and time.monotonic() < patience:
            turn(0.1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._server._map)

    def stop(self) -> None:
        """Ask `run` to come to its end."""
        self._stopping.set()
        # the trigger is gone once `run` has returned
        with suppress(OSError):
            self._server.pull_trigger()

    def _is_busy(self) -> bool:
        return any(channel.requests or channel.request is not None or channel.total_outbufs_len
                   for channel in list(self._server.active_channels.values()))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise CannotListenError(host=host, port=port, error=error.strerror if isinstance(error, OSError) else error) from error
