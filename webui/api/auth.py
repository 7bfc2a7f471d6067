"""Who calls: a bearer token, or the session of a signed-in browser (which then has to prove that a page of ours sent the write)."""

from __future__ import annotations

from collections.abc import Callable

import flask
from flask_wtf.csrf import ValidationError, validate_csrf

from engine.company.users import actor_for_token
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from webui.api.errors import CsrfError, NotAuthenticatedError

#: longest token that is looked up; ours are far shorter
_TOKEN_LENGTH = 200
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def identify(runtime: Runtime, session_actor: Callable[[], Actor | None]) -> Actor:
    """The caller. NotAuthenticatedError without one, CsrfError for a session's write without the page's token.

    A token that is given counts alone: a bad one is refused even where the browser has a session.
    """
    header = flask.request.headers.get("Authorization")
    if header is not None:
        return _by_token(runtime, header)
    actor = session_actor()
    if actor is None:
        raise NotAuthenticatedError
    if flask.request.method not in _SAFE_METHODS:
        try:
            validate_csrf(flask.request.headers.get("X-CSRFToken"))
        except ValidationError as error:
            raise CsrfError from error
    return actor


def _by_token(runtime: Runtime, header: str) -> Actor:
    scheme, _, token = header.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _TOKEN_LENGTH or not token.isascii():
        raise NotAuthenticatedError
    with UnitOfWork(runtime.database) as uow:
        actor = actor_for_token(runtime, uow, token)
        if uow.is_writing:
            uow.commit()
    if actor is None:
        raise NotAuthenticatedError
    return actor
