"""How a call of the interface runs: identify, parse strictly, do it in a unit of work, answer; commands at most once a key.

A view gets a `Call` and what was parsed, asks services or queries, and returns what its schema shows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, TypeVar

import flask
import flask_smorest
import marshmallow
import orjson
from werkzeug.exceptions import HTTPException

from engine import idempotency
from engine.errors import FieldError, GuichengError
from engine.model import Actor
from engine.permissions import require_scope
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from webui.api import problems
from webui.api.auth import identify
from webui.api.errors import RequestError, RequestInvalidError
from webui.api.parsing import JSON, MULTIPART, StrictParser
from webui.unit_of_work import runtime_of, step

View = TypeVar("View", bound=Callable[..., Any])

#: converter of ids in addresses
ID = "row_id"

#: scope of calls that no limited token may make
CLOSED = ""
#: bytes that may go round the content itself: part headers, other fields
_ENVELOPE = 2**14

_IDEMPOTENCY_KEY: dict[str, Any] = {
    "in": "header", "name": "Idempotency-Key", "required": False,
    "description": "Chosen by the caller, new for each request: a repeat is answered with the first response and done only once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.KEY_LENGTH, "pattern": "^[\\x21-\\x7e]+$"},
}


@dataclass(frozen=True, slots=True)
class Call:
    """What a view needs besides its parameters."""

    runtime: Runtime
    uow: UnitOfWork
    actor: Actor
    #: language of the answer
    locale: str


class Calls(flask_smorest.Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """The calls of one resource, with their place in the OpenAPI document."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, description: str, scope: str | None = None) -> None:
        super().__init__(f"api_{name}", __name__, url_prefix="/api/v1", description=description)
        self._tag = name.replace("_", "-")
        #: endpoint → the setting that limits its body, where that isn't `form_bytes`
        self._limits: dict[str, str] = {}
        #: endpoint → what a limited token must be good for, where that isn't the resource's own
        self._scopes: dict[str, str | None] = {}
        self._scope = scope
        self.before_request(self._admit)
        guard(self)

    def lookup(
        self, rule: str, *, gives: type[marshmallow.Schema] | None, query: type[marshmallow.Schema] | None = None, content_type: str = JSON
    ) -> Callable[[View], View]:
        """A GET. Without `gives` the view returns a response of its own."""

        def decorate(view: View) -> View:
            schema = gives() if gives else None

            @wraps(view)
            def handle(*parsed: Any, **path: Any) -> flask.Response:
                runtime = runtime_of()
                with UnitOfWork(runtime.database) as uow:
                    result = view(_call(runtime, uow), *parsed, **path)
                return result if isinstance(result, flask.Response) else _answer(200, _dump(schema, result))

            documented = self.response(200, gives, content_type=content_type)(handle)
            if query is not None:
                documented = self.arguments(query, location="query")(documented)
            self.add_url_rule(rule, view.__name__, documented, methods=["GET"], tags=[self._tag])
            return view

        return decorate

    def command(
        self, rule: str, *, gives: type[marshmallow.Schema], takes: type[marshmallow.Schema] | None = None,
        query: type[marshmallow.Schema] | None = None, status: int = 200, document: dict[str, Any] | None = None,
        limit: str = "form_bytes", method: str = "POST", once_only: tuple[str, ...] = (), scope: str | None = None,
    ) -> Callable[[View], View]:
        """A POST: one unit of work, tried again when another step of the instance was faster, at most once an `Idempotency-Key`.

        `limit` names the setting that limits the body; `document` goes into the OpenAPI document as it is. Fields in `once_only` are
        secrets: the first answer alone has them, and what is kept for a repeat has null in their place. `scope` (or else the resource's)
        is what a limited token must be good for; with neither, or `CLOSED`, all of them are refused.
        """

        def decorate(view: View) -> View:
            schema = gives()

            @wraps(view)
            def handle(*parsed: Any, **path: Any) -> flask.Response:
                runtime = runtime_of()

                whole: list[bytes] = []

                def act(uow: UnitOfWork) -> idempotency.Response:
                    result = view(_call(runtime, uow), *parsed, **path)
                    whole[:] = [_dump(schema, result)]
                    kept = _dump(schema, {**result, **dict.fromkeys(once_only)}) if once_only else whole[0]
                    return idempotency.Response(status, kept)

                request = _repeatable()
                once = act if request is None else partial(idempotency.once, request=request, now=runtime.clock.now(), act=act)

                def attempt(uow: UnitOfWork) -> idempotency.Response:
                    # what an attempt that was taken back made is nobody's
                    whole.clear()
                    return once(uow)

                done = step(attempt)
                return _answer(done.status, whole[0] if whole else done.body)

            documented = self.response(status, gives)(handle)
            documented = _with_key(self.doc(**(document or {}))(documented))
            if takes is not None:
                documented = self.arguments(takes, location="json", required=_has_required(takes))(documented)
            if query is not None:
                documented = self.arguments(query, location="query")(documented)
            self._limits[f"{self.name}.{view.__name__}"] = limit
            self._scopes[f"{self.name}.{view.__name__}"] = self._scope if scope is None else scope
            self.add_url_rule(rule, view.__name__, documented, methods=[method], tags=[self._tag])
            return view

        return decorate

    def _admit(self) -> None:
        """Who calls, and how much may be sent: settled before anything of the body is read."""
        runtime = runtime_of()
        request = flask.request
        if "\0" in request.path or "\0" in request.full_path:
            raise RequestError
        request.max_content_length = _ENVELOPE + getattr(runtime.settings, self._limits.get(request.endpoint or "", "form_bytes"))
        flask.g.api_actor = identify(runtime, flask.current_app.extensions["guicheng.session_actor"])
        if request.endpoint in self._scopes:
            require_scope(flask.g.api_actor, self._scopes[request.endpoint])


def _with_key(view: View) -> View:
    """Document the header beside the parameters that schemas bring; `doc` would replace those."""
    view._apidoc.setdefault("arguments", {}).setdefault("parameters", []).append(_IDEMPOTENCY_KEY)  # type: ignore[attr-defined]
    return view


def guard(blueprint: flask.Blueprint) -> None:
    """Answer every error of the blueprint's calls as a problem."""
    blueprint.register_error_handler(GuichengError, problems.refuse)
    blueprint.register_error_handler(HTTPException, problems.refuse_http)
    blueprint.register_error_handler(Exception, problems.fail)


def _call(runtime: Runtime, uow: UnitOfWork) -> Call:
    return Call(runtime, uow, flask.g.api_actor, problems.request_locale())


def _repeatable() -> idempotency.Request | None:
    request = flask.request
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= idempotency.KEY_LENGTH or not all("\x21" <= character <= "\x7e" for character in key):
        sentence = "Idempotency-Key 應為 1 到 {limit} 個可見的 ASCII 字元。"
        raise RequestInvalidError([FieldError("Idempotency-Key", "invalid_value", sentence, {"limit": idempotency.KEY_LENGTH})])
    parts = [request.method.encode(), request.full_path.encode(), *_body_parts()]
    return idempotency.Request(flask.g.api_actor.user_id, key, idempotency.digest_of(parts))


def _body_parts() -> list[bytes]:
    """What the body says. A multipart body counts by its parts: its boundary is new each time a client sends it."""
    request = flask.request
    if request.mimetype != MULTIPART:
        return [request.get_data()]
    parts = [f"{name}={value}".encode() for name, value in request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        parts += [name.encode(), (file.filename or "").encode(), hashlib.sha256(file.stream.read()).digest()]
        file.stream.seek(0)
    return parts


def _dump(schema: marshmallow.Schema | None, result: Any) -> bytes:
    return orjson.dumps(schema.dump(result) if schema is not None else result)


def _answer(status: int, body: bytes) -> flask.Response:
    response = flask.Response(body, status=status, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store"
    return response


def _has_required(takes: type[marshmallow.Schema]) -> bool:
    return any(field.required for field in takes().fields.values())
