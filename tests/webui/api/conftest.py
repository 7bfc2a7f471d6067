"""Callers of the REST API: a person's bearer token in front of the test client."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from engine.company import users
from engine.instances import run_step
from engine.model import SYSTEM
from engine.runtime import Runtime
from tests.builders import make_user
from tests.webui.api.caller import CallAs, Caller


@pytest.fixture
def call_as(app: Flask, runtime: Runtime) -> CallAs:
    """`call_as("manager")` is a new person of that role; `call_as()` somebody without any."""

    def make(*roles: str, site_id: int | None = None, language: str = "en", **overrides: Any) -> Caller:
        person = make_user(runtime, *roles, site_id=site_id, **overrides)
        token = run_step(runtime, lambda uow: users.add_token(runtime, uow, SYSTEM, person.id, "tests"))
        return Caller(app, token, person, language)

    return make


@pytest.fixture
def stranger(app: Flask) -> Caller:
    """Nobody: no token."""
    return Caller(app, None)
