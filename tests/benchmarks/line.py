"""A line whose bytes are counted: a proxy on loopback between a browser and the server, for what a browser's own tools leave out."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_REQUEST = re.compile(rb"(?:GET|POST|HEAD) (\S+) HTTP/1\.1\r\n")


@dataclass(slots=True)
class Line:
    """What has gone over it since `begin`."""

    address: str
    received: int = 0
    paths: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Count from here."""
        self.received, self.paths = 0, []

    @property
    def kilobytes(self) -> float:
        """Received by the browser, headers and the worker's own requests included."""
        return self.received / 1024


@contextmanager
def counted(server: str) -> Iterator[Line]:
    """A line to the server's address."""
    target = urlsplit(server)
    assert target.hostname is not None
    listening = socket.create_server(("127.0.0.1", 0))
    line = Line(f"http://127.0.0.1:{listening.getsockname()[1]}")
    threading.Thread(target=_accept, args=(line, listening, (target.hostname, target.port)), daemon=True).start()
    try:
        yield line
    finally:
        listening.close()


def _accept(line: Line, listening: socket.socket, target: tuple[str, int | None]) -> None:
    while True:
        try:
            near, _ = listening.accept()
        except OSError:
            return
        far = socket.create_connection((target[0], target[1] or 80))
        threading.Thread(target=_pass_on, args=(line, near, far, True), daemon=True).start()
        threading.Thread(target=_pass_on, args=(line, far, near, False), daemon=True).start()


def _pass_on(line: Line, source: socket.socket, sink: socket.socket, is_asking: bool) -> None:
    try:
        while data := source.recv(65536):
            if is_asking:
                line.paths += [path.decode() for path in _REQUEST.findall(data)]
            else:
                line.received += len(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass
