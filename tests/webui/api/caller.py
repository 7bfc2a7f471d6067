"""Somebody who calls the REST API."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.builders import Person

#: one transparent pixel
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls the interface."""

    app: Flask
    token: str | None
    person: Person | None = None
    language: str = "en"

    def get(self, path: str, **query: Any) -> TestResponse:
        """GET under /api/v1."""
        return self._send("GET", path, **({"query_string": query} if query else {}))

    def post(self, path: str, body: Any = None, *, key: str | None = None, **options: Any) -> TestResponse:
        """POST JSON under /api/v1, with an Idempotency-Key where one is given."""
        headers = {"Idempotency-Key": key} if key is not None else {}
        if body is not None:
            options["json"] = body
        return self._send("POST", path, headers=headers, **options)

    def put(self, path: str, body: Any) -> TestResponse:
        """PUT JSON under /api/v1."""
        return self._send("PUT", path, json=body)

    def delete(self, path: str) -> TestResponse:
        """DELETE under /api/v1."""
        return self._send("DELETE", path, json={})

    def upload(self, path: str, files: list[tuple[str, str, bytes]], *, key: str | None = None, **fields: str) -> TestResponse:
        """POST multipart: (field, file name, content)."""
        data: dict[str, Any] = dict(fields)
        for field, name, content in files:
            data.setdefault(field, []).append((io.BytesIO(content), name))
        headers = {"Idempotency-Key": key} if key is not None else {}
        return self._send("POST", path, headers=headers, data=data, content_type="multipart/form-data")

    def deploy(self, files: dict[str, bytes], **query: str) -> TestResponse:
        """POST /process-definitions."""
        data = {"files": [(io.BytesIO(content), name) for name, content in files.items()]}
        return self._send("POST", "/process-definitions", query_string=query, data=data, content_type="multipart/form-data")

    def _send(self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        sent = {"Accept-Language": self.language, **(headers or {})}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        # a client of its own for each request: a program keeps no cookies
        return self.app.test_client(use_cookies=False).open(f"/api/v1{path}", method=method, headers=sent, **options)


#: makes a caller who holds the roles
CallAs = Callable[..., Caller]
