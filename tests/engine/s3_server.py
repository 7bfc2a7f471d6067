"""A small S3-compatible store on loopback for tests. It checks each signature with its own reading of the rules, not with ours."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ACCESS, SECRET = "access", "secret"


@dataclass
class Store:
    """What lies in it, and how it is to fail."""

    address: str = ""
    objects: dict[str, bytes] = field(default_factory=dict)
    #: seconds that an object counts as old
    ages: dict[str, float] = field(default_factory=dict)
    #: (method, path, range)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    #: statuses to answer with before anything else
    failures: list[int] = field(default_factory=list)
    clock: float = 1_772_000_000.0


@contextmanager
def serving() -> Iterator[Store]:
    """A running store."""
    store = Store()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Quiet."""

        def date_time_string(self, timestamp: float | None = None) -> str:
            return formatdate(store.clock, usegmt=True)

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            store.asked.append((self.command, self.path, self.headers.get("range")))
            if store.failures:
                self._send(store.failures.pop(0))
            elif not self._is_signed(body):
                self._send(403)
            else:
                self._serve(body)

        do_GET = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815 - the names that http.server calls

        def _serve(self, body: bytes) -> None:
            if self.command == "PUT":
                store.objects[self.path] = body
                return self._send(200)
            found = store.objects.get(self.path)
            if found is None:
                return self._send(404)
            if self.command == "DELETE":
                del store.objects[self.path]
                return self._send(204)
            start = int((self.headers.get("range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
            return self._send(206 if start else 200, found[start:])

        def _send(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Last-Modified", formatdate(store.clock - store.ages.get(self.path, 0), usegmt=True))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _is_signed(self, body: bytes) -> bool:
            given = dict(part.strip().split("=", 1) for part in self.headers["authorization"].partition(" ")[2].split(","))
            access, day, region, service, last = given["Credential"].split("/")
            payload = hashlib.sha256(body).hexdigest()
            canonical = [self.command, self.path, ""]
            canonical += [f"{name}:{self.headers[name]}" for name in given["SignedHeaders"].split(";")]
            canonical += ["", given["SignedHeaders"], payload]
            scope = f"{day}/{region}/{service}/{last}"
            hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
            wanted = f"AWS4-HMAC-SHA256\n{self.headers['x-amz-date']}\n{scope}\n{hashed}"
            key = b"AWS4" + SECRET.encode()
            for part in (day, region, service, last):
                key = hmac.new(key, part.encode(), hashlib.sha256).digest()
            signature = hmac.new(key, wanted.encode(), hashlib.sha256).hexdigest()
            is_same = self.headers["x-amz-content-sha256"] == payload and access == ACCESS
            return is_same and hmac.compare_digest(signature, given["Signature"])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    store.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
