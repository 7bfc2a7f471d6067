"""The embedded web server: waitress on one socket, which lets running requests finish when it is told to stop.

An answer may be held: once its head is sent, the connection leaves the server and is somebody else's (`webui.streams`). An application
asks for that by calling `environ["guicheng.hold"]` with its holder and what the connection is for; where that is missing it can't.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Protocol

from engine.errors import UsageError

#: seconds that running requests are given after the stop
DRAIN_SECONDS = 30.0
_WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Holder(Protocol):
    """Keeps connections whose answer goes on for as long as their page is open."""

    def take(self, purpose: Any, connection: socket.socket) -> None:
        """From now on it is the holder's, who closes it."""
        ...

    def stop(self) -> None:
        """Close them all: the server stops."""
        ...


class CannotListenError(UsageError):
    """The address or port isn't ours to listen on."""

    code = "cannot_listen"
    sentence = "不能在 {host}:{port} 提供服務：{error}"


#: connections besides the held ones, which the server doesn't count
_MOST_CONNECTIONS = 1_000


class EmbeddedServer:
    """Listens from the moment it is made; serves while `run` runs; `stop` may be called from any thread or signal handler."""

    def __init__(self, app: _WsgiApplication, host: str, port: int, threads: int) -> None:
        from waitress import create_server

        self._listener = _listen(host, port)
        self._server: Any = create_server(
            app, sockets=[self._listener], threads=threads, ident=None, clear_untrusted_proxy_headers=True,
            connection_limit=_MOST_CONNECTIONS,
        )
        self._held: deque[tuple[Any, Holder, Any]] = deque()
        self._holders: set[Holder] = set()
        self._server.channel_class = channel_class(self._held)
        self._stopping = threading.Event()
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def run(self) -> None:
        """Serve until told to stop, then take no more connections, finish what runs, and return."""
        from waitress import wasyncore

        def turn(timeout: float) -> None:
            # the library's own `run` does the same, but cannot be asked to stop taking connections
            wasyncore.loop(timeout=timeout, use_poll=True, map=self._server._map, count=1)
            self._hand_over()

        while not self._stopping.is_set():
            turn(1.0)
        self._server.accepting = False
        self._server.del_channel()
        self._listener.close()
        for holder in self._holders:
            holder.stop()
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

    def _hand_over(self) -> None:
        """Let go of connections whose answer is held, as soon as their head is sent. On the loop's own thread, which owns the channels."""
        for _ in range(len(self._held)):
            channel, holder, purpose = self._held.popleft()
            if not channel.connected:
                continue
            if channel.requests or channel.total_outbufs_len:
                self._held.append((channel, holder, purpose))
                continue
            channel.del_channel(self._server._map)
            channel.connected = False
            for buffer in channel.outbufs:
                buffer.close()
            self._holders.add(holder)
            holder.take(purpose, channel.socket)

    def _is_busy(self) -> bool:
        return any(channel.requests or channel.request is not None or channel.total_outbufs_len
                   for channel in list(self._server.active_channels.values()))


def channel_class(held: deque[tuple[Any, Holder, Any]]) -> type[Any]:
    """waitress's channel, whose answers can be held."""
    from waitress.channel import HTTPChannel
    from waitress.task import WSGITask

    class HoldableTask(WSGITask):  # type: ignore[misc]  # waitress has no types
        holding: tuple[Holder, Any] | None = None

        def get_environment(self) -> dict[str, Any]:
            environ: dict[str, Any] = super().get_environment()
            if self.version == "1.1":
                environ["guicheng.hold"] = self.hold
            return environ

        def hold(self, holder: Holder, purpose: Any) -> None:
            self.holding = (holder, purpose)

        def finish(self) -> None:
            if self.holding is None:
                super().finish()
                return
            # no last chunk, and the connection stays
            self.close_on_finish = False
            held.append((self.channel, *self.holding))

    class HoldableChannel(HTTPChannel):  # type: ignore[misc]
        task_class = HoldableTask

    return HoldableChannel


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=1024)
    except (OSError, OverflowError) as error:
        raise CannotListenError(host=host, port=port, error=error.strerror if isinstance(error, OSError) else error) from error
