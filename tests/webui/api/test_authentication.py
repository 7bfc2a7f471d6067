"""Who may call at all: bearer tokens, sessions with their CSRF token, nobody else."""

from __future__ import annotations

import pytest
from flask import Flask

from engine.company import users
from engine.instances import run_step
from engine.model import SYSTEM
from engine.runtime import Runtime
from tests.builders import make_user
from tests.webui.api.caller import CallAs, Caller
from tests.webui.visitor import begin_session


def test_a_call_without_a_token_is_refused(stranger: Caller) -> None:
    """401, as a problem, with the scheme to use."""
    answer = stranger.get("/process-definitions")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["code"] == "not_authenticated"


def test_a_token_tells_who_calls(call_as: CallAs) -> None:
    """A good token opens what its owner may see."""
    assert call_as("manager").get("/process-definitions").status_code == 200


@pytest.mark.parametrize("header", ["Bearer gct_wrong", "Bearer", "Basic dXNlcjpwYXNz", "Bearer " + "x" * 500, "Bearer ä", ""])
def test_a_bad_authorization_header_is_refused(app: Flask, header: str) -> None:
    """Unknown tokens, other schemes, oversize and non-ASCII values: 401 each."""
    answer = app.test_client().get("/api/v1/process-definitions", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_revoked_token_is_refused(call_as: CallAs, runtime: Runtime) -> None:
    """Revoking ends it at once."""
    caller = call_as("manager")
    assert caller.person is not None
    person_id = caller.person.id
    run_step(runtime, lambda uow: users.revoke_tokens(runtime, uow, SYSTEM, person_id))
    assert caller.get("/process-definitions").status_code == 401


def test_a_deactivated_persons_token_is_refused(call_as: CallAs, runtime: Runtime) -> None:
    """Who has left calls no more."""
    call_as("administrator")
    caller = call_as("manager")
    assert caller.person is not None
    person_id = caller.person.id
    run_step(runtime, lambda uow: users.deactivate(runtime, uow, SYSTEM, person_id))
    assert caller.get("/process-definitions").status_code == 401


def test_somebody_without_a_role_sees_nothing(call_as: CallAs) -> None:
    """An account without grants is refused by permission, not by sign-in."""
    answer = call_as().get("/process-definitions")
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "forbidden"


def _signed_in(app: Flask, runtime: Runtime) -> tuple[object, object]:
    person = make_user(runtime, "manager")
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = begin_session(app, person)
        session["_fresh"] = True
        session["seen"] = 2**31
    return client, person


def test_a_session_reads(app: Flask, runtime: Runtime) -> None:
    """A signed-in browser may read without more."""
    client, _ = _signed_in(app, runtime)
    assert client.get("/api/v1/process-definitions").status_code == 200  # type: ignore[attr-defined]


def test_a_sessions_write_needs_the_pages_token(app: Flask, runtime: Runtime) -> None:
    """Without X-CSRFToken a write by session is refused, and says why."""
    client, _ = _signed_in(app, runtime)
    answer = client.post("/api/v1/messages", json={"name": "hello"})  # type: ignore[attr-defined]
    assert answer.status_code == 403
    assert answer.get_json()["code"] == "csrf"


def test_a_sessions_write_with_the_pages_token_is_done(app: Flask, runtime: Runtime) -> None:
    """With the token it is let through to the service, which here finds nobody waiting."""
    from flask_wtf.csrf import generate_csrf

    client, _ = _signed_in(app, runtime)
    with client.session_transaction() as session:  # type: ignore[attr-defined]
        with app.test_request_context():
            import flask

            token = generate_csrf()
            raw = flask.session["csrf_token"]
        session["csrf_token"] = raw
    answer = client.post("/api/v1/messages", json={"name": "hello"}, headers={"X-CSRFToken": token})  # type: ignore[attr-defined]
    assert answer.status_code == 409
    assert answer.get_json()["code"] == "nobody_waits"


def test_a_bad_token_counts_even_with_a_session(app: Flask, runtime: Runtime) -> None:
    """The header that is given decides alone."""
    client, _ = _signed_in(app, runtime)
    answer = client.get("/api/v1/process-definitions", headers={"Authorization": "Bearer gct_wrong"})  # type: ignore[attr-defined]
    assert answer.status_code == 401
