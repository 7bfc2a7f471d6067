"""A form that is sent twice is done once: the page gives each form a key, and a repeat gets the answer of the first.

The same rule as the REST API's `Idempotency-Key`, with one difference: a form that was changed before it came again is a new one. It is
not answered as if it had been done, but as anything that comes second.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

import flask
import orjson

from engine import idempotency
from engine.errors import IdempotencyKeyReusedError
from engine.model import InstanceState
from engine.persistence.unit_of_work import UnitOfWork
from engine.steps import StepResult
from webui import session
from webui.unit_of_work import current, runtime_of

#: the form's field, and the header of what a phone sends later
FIELD, HEADER = "_key", "Idempotency-Key"
_LEFT_OUT = (FIELD, "csrf_token")


def new_key() -> str:
    """A key for a form that is being drawn; one that comes back refused keeps its own."""
    return _given() or secrets.token_urlsafe(16)


def done_before() -> StepResult | None:
    """What exactly this request led to when it came the first time; None when it is new, or carries no key."""
    request = _request()
    if request is None:
        return None
    try:
        stored = idempotency.find(current(), request)
    except IdempotencyKeyReusedError:
        return None
    return None if stored is None else _read(stored)


def once(act: Callable[[UnitOfWork], StepResult | None]) -> Callable[[UnitOfWork], StepResult | None]:
    """The act, done at most once for this request."""
    request = _request()
    if request is None:
        return act

    def respond(uow: UnitOfWork) -> idempotency.Response:
        result = act(uow)
        return idempotency.Response(303, orjson.dumps(None if result is None else [
            result.instance_id, result.state, result.new_work_items, result.incident_id,
        ]))

    def attempt(uow: UnitOfWork) -> StepResult | None:
        try:
            return _read(idempotency.once(uow, request, runtime_of().clock.now(), respond))
        except IdempotencyKeyReusedError:
            # changed since: the service says what stands in its way
            return act(uow)

    return attempt


def _read(response: idempotency.Response) -> StepResult | None:
    values = orjson.loads(response.body)
    if values is None:
        return None
    instance_id, state, items, incident_id = values
    return StepResult(instance_id, InstanceState(state), tuple(items), incident_id)


def _request() -> idempotency.Request | None:
    if "repeatable" not in flask.g:
        key = _given()
        user_id = session.actor().user_id
        known = key and user_id is not None
        flask.g.repeatable = idempotency.Request(user_id, f"page:{key}", _digest()) if known and user_id is not None else None
    found: idempotency.Request | None = flask.g.repeatable
    return found


def _given() -> str:
    request = flask.request
    key = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return key if 1 <= len(key) <= idempotency.KEY_LENGTH - 5 and all("\x21" <= each <= "\x7e" for each in key) else ""


def _digest() -> bytes:
    request = flask.request
    parts = [request.path.encode()]
    parts += [f"{name}={value}".encode() for name, value in request.form.items(multi=True) if name not in _LEFT_OUT]
    for name, upload in request.files.items(multi=True):
        if upload.filename:
            parts += [name.encode(), hashlib.file_digest(upload.stream, "sha256").digest()]  # type: ignore[arg-type]  # IO[bytes] reads
            upload.stream.seek(0)
    return idempotency.digest_of(parts)
