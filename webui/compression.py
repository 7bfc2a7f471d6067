"""Gzip for pages and answers. The bundles are compressed when they are built."""

from __future__ import annotations

import gzip

import flask

_COMPRESSED_FROM = 1_000
_TEXT = frozenset({"text/html", "image/svg+xml", "application/json", "application/problem+json", "text/plain", "text/javascript",
                   "application/manifest+json"})


def register(app: flask.Flask) -> None:
    """Compress what is text and long enough to be worth it."""
    app.after_request(_compress)


def _compress(response: flask.Response) -> flask.Response:
    if (
        response.mimetype not in _TEXT or response.direct_passthrough or response.is_streamed or "Content-Encoding" in response.headers
        or flask.request.accept_encodings["gzip"] <= 0
    ):
        return response
    body = response.get_data()
    if len(body) >= _COMPRESSED_FROM:
        response.set_data(gzip.compress(body, 5, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response
