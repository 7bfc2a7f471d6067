"""One line a request, as JSON, under an id that the error pages show too."""

from __future__ import annotations

import re
import secrets
import time

import flask
import structlog

log = structlog.get_logger("guicheng.web")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


#: parts of addresses that open something by themselves
_SECRETS = ("token", "secret")


def register(app: flask.Flask) -> None:
    """Number, time and log every request."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The id of this request: the proxy's, where it sent a sane one."""
    value: str = flask.g.get("request_id", "")
    return value


def shown_path() -> str:
    """The path as it may be logged: without its query, where searches name people, and without the token of a link."""
    rule = flask.request.url_rule
    holds_secret = rule is not None and not rule.arguments.isdisjoint(_SECRETS)
    return rule.rule if rule is not None and holds_secret else flask.request.path


def _begin() -> None:
    sent = flask.request.headers.get("X-Request-Id", "")
    flask.g.request_id = sent if _REQUEST_ID.fullmatch(sent) else secrets.token_hex(8)
    flask.g.begun_at = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=flask.g.request_id)


def _end(response: flask.Response) -> flask.Response:
    response.headers["X-Request-Id"] = request_id()
    if flask.request.endpoint not in ("static", "static_dist"):
        milliseconds = (time.perf_counter() - flask.g.get("begun_at", time.perf_counter())) * 1000
        log.info(
            "request", method=flask.request.method, path=shown_path(), status=response.status_code,
            milliseconds=round(milliseconds, 1), user_id=flask.g.get("user_id"),
        )
    return response
