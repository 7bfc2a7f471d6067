"""A bucket of an S3-compatible store over signed HTTP (Signature Version 4): the four requests that files need, and no more.

Addresses name the bucket in the path, which every such store understands. A request that was not answered is tried again: each of
them can be repeated without harm.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, urlsplit

from engine.errors import StoreUnavailableError

#: SHA-256 of nothing
EMPTY = hashlib.sha256().hexdigest()
_ALGORITHM = "AWS4-HMAC-SHA256"
_TIMEOUT = 30
_ATTEMPTS = 3
#: bytes that are read ahead of what is asked for
_AHEAD = 2**16


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, and where."""

    access_key: str
    secret_key: str
    region: str


def sign(credentials: Credentials, method: str, path: str, headers: Mapping[str, str], payload: str, now: datetime) -> str:
    """The `Authorization` header of a request without a query. `headers` are all that are signed, `payload` is its SHA-256 in hex."""
    signed = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    names = ";".join(sorted(signed))
    lines = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
    request = "\n".join([method, quote(path, safe="/-_.~"), "", lines, names, payload])
    moment = now.astimezone(UTC)
    scope = f"{moment:%Y%m%d}/{credentials.region}/s3/aws4_request"
    text = "\n".join([_ALGORITHM, f"{moment:%Y%m%dT%H%M%SZ}", scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return f"{_ALGORITHM} Credential={credentials.access_key}/{scope},SignedHeaders={names},Signature={key.hex()}"


class Bucket:
    """One bucket, below a prefix. Every request has a connection of its own, so that threads share nothing."""

    def __init__(
        self, endpoint: str, bucket: str, *, region: str, access_key: str, secret_key: str, prefix: str = "",
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(endpoint or f"https://s3.{region}.amazonaws.com")
        self._is_secure = parts.scheme == "https"
        self._host = parts.netloc
        self._root = f"{parts.path.rstrip('/')}/{bucket}/{prefix.strip('/')}".rstrip("/")
        self._credentials = Credentials(access_key, secret_key, region)
        self._wait = wait

    def put(self, key: str, path: Path) -> None:
        """Store a file under the key."""
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = path.stat().st_size

        def send() -> http.client.HTTPResponse:
            with path.open("rb") as body:
                return self._request("PUT", key, {"content-length": str(size)}, digest, body)

        self._answered(send).close()

    def open(self, key: str, size: int) -> BinaryIO:
        """Its content, fetched as it is read. FileNotFoundError where there is none."""
        self._answered(lambda: self._request("HEAD", key)).close()
        return io.BufferedReader(_Remote(lambda start: self._from(key, start), size), _AHEAD)

    def age(self, key: str) -> timedelta:
        """How long ago it was stored, by the store's own clock. FileNotFoundError where there is none."""
        response = self._answered(lambda: self._request("HEAD", key))
        response.close()
        stored, now = (parsedate_to_datetime(response.headers[name]) for name in ("Last-Modified", "Date"))
        return now - stored

    def delete(self, key: str) -> None:
        """Drop it."""
        self._answered(lambda: self._request("DELETE", key)).close()

    def _from(self, key: str, start: int) -> http.client.HTTPResponse:
        return self._answered(lambda: self._request("GET", key, {"range": f"bytes={start}-"}))

    def _answered(self, ask: Callable[[], http.client.HTTPResponse]) -> http.client.HTTPResponse:
        problem = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                self._wait(0.2 * 4**attempt)
            try:
                response = ask()
            except (OSError, http.client.HTTPException) as error:
                problem = str(error) or type(error).__name__
                continue
            if response.status < 300:
                return response
            problem = f"{response.status} {response.reason}"
            response.close()
            if response.status == 404:
                raise FileNotFoundError(problem)
            if response.status < 500 and response.status != 429:
                break
        raise StoreUnavailableError(reason=f"{self._host}: {problem}")

    def _request(
        self, method: str, key: str, more: Mapping[str, str] | None = None, payload: str = EMPTY, body: BinaryIO | None = None
    ) -> http.client.HTTPResponse:
        path, now = f"{self._root}/{key}", datetime.now(UTC)
        headers = {
            "host": self._host, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}", "x-amz-content-sha256": payload, **(more or {}),
        }
        authorization = sign(self._credentials, method, path, headers, payload, now)
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        connection = kind(self._host, timeout=_TIMEOUT)
        try:
            connection.request(method, quote(path, safe="/-_.~"), body, {**headers, "authorization": authorization, "connection": "close"})
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        if connection.sock is not None:
            # the answer has a hold of its own on the socket, which ends when it is closed
            connection.sock.close()
        return response


class _Remote(io.RawIOBase):
    """Reads an answer from where it is sought; a seek ends the request that runs."""

    def __init__(self, fetch: Callable[[int], http.client.HTTPResponse], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._position = 0
        self._response: http.client.HTTPResponse | None = None

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go there; nothing is fetched before it is read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        wanted = max(0, base + offset)
        if wanted != self._position:
            self._end()
            self._position = wanted
        return wanted

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stubs name a type that has no public name
        """Some bytes; 0 at the end."""
        if self._position >= self._size:
            return 0
        if self._response is None:
            self._response = self._fetch(self._position)
        try:
            count = self._response.readinto(buffer)
        except (OSError, http.client.HTTPException) as error:
            raise StoreUnavailableError(reason=str(error)) from error
        self._position += count
        return count

    def close(self) -> None:
        """End the request that runs."""
        self._end()
        super().close()

    def _end(self) -> None:
        if self._response is not None:
            self._response.close()
            self._response = None
