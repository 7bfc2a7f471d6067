"""Signing in at an identity provider, against one that really runs: linking, roles by groups, and whatever must be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask

from engine.model import RoleGrant
from engine.persistence import tables
from engine.runtime import Runtime
from engine.settings import Settings
from tests.builders import make_user, rows
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider
from tests.webui.visitor import Visitor, text_of

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def identity() -> Iterator[Provider]:
    """The provider, with somebody who has a verified address."""
    with provider() as running:
        running.claims = {"sub": "s-1", "name": "林美玲", "email": "Lin@example.com", "email_verified": True, "preferred_username": "lin"}
        yield running


@pytest.fixture
def settings(settings: Settings, identity: Provider) -> Settings:
    """With that provider, whose groups mean roles."""
    return replace(settings, oidc_issuer=identity.url, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET,
                   oidc_role_claim="groups", oidc_roles="kefu=customer_service,boss=manager")


def go(visitor: Visitor, change: Callable[[str], str] = str):  # type: ignore[no-untyped-def]
    """To the provider and back, as a browser follows it."""
    leaving = visitor.get("/sign-in/oidc?next=/cases")
    assert leaving.status_code == 302
    back = requests.get(leaving.location, allow_redirects=False, timeout=5).headers["Location"]
    parts = urlsplit(change(back))
    return visitor.get(f"{parts.path}?{parts.query}")


def test_a_verified_address_links_the_account_and_then_the_subject_counts(runtime: Runtime, app: Flask, identity: Provider) -> None:
    person = make_user(runtime, "cashier", email="lin@example.com")
    visitor = Visitor(app)
    assert "單一登入" in text_of(visitor.get("/sign-in"))
    assert go(visitor).location == "/cases"
    assert person.name in text_of(visitor.get("/account"))
    identity.claims["email"] = "another@example.com"
    again = Visitor(app)
    assert go(again).location == "/cases"
    assert [row.user_id for row in rows(runtime, tables.external_identity)] == [person.id]
    assert [row.method for row in rows(runtime, tables.user_session)] == ["oidc", "oidc"]


def test_an_address_that_nobody_vouches_for_links_nothing(runtime: Runtime, app: Flask, identity: Provider) -> None:
    make_user(runtime, "cashier", email="lin@example.com")
    for verified in (False, None, "true"):
        identity.claims["email_verified"] = verified
        refused = go(Visitor(app))
        assert refused.status_code == 403
        assert "沒有可用的帳號" in text_of(refused)
    assert rows(runtime, tables.external_identity) == []


def test_an_address_of_two_people_and_a_deactivated_account_are_refused(runtime: Runtime, app: Flask, identity: Provider) -> None:
    for _ in range(2):
        make_user(runtime, "cashier", email="lin@example.com")
    assert go(Visitor(app)).status_code == 403
    identity.claims |= {"sub": "s-2", "email": "gone@example.com"}
    make_user(runtime, "cashier", email="gone@example.com", deactivated_at=runtime.clock.now())
    assert go(Visitor(app)).status_code == 403


def test_what_is_not_for_this_sign_in_is_refused(runtime: Runtime, app: Flask, identity: Provider) -> None:
    """Tokens for somebody else, of yesterday or from elsewhere; forged ones; answers to another question."""
    make_user(runtime, "cashier", email="lin@example.com")
    for spoiled in ({"nonce": "another"}, {"aud": "somebody else"}, {"exp": 1}, {"iss": "http://elsewhere.example"}, {"sub": None}):
        identity.spoiled = spoiled
        visitor = Visitor(app)
        assert go(visitor).status_code == 422, spoiled
        assert visitor.get("/").status_code == 302
    identity.spoiled = {}
    assert go(Visitor(app), lambda back: back.partition("&state=")[0] + "&state=made-up").status_code == 422
    identity.is_forged = True
    assert go(Visitor(app)).status_code == 422
    # an answer without a question
    assert Visitor(app).get("/sign-in/oidc/callback?code=x&state=y").status_code == 422
    assert Visitor(app).get("/sign-in/oidc/callback?error=access_denied").status_code == 422


def test_groups_give_and_take_the_roles_that_are_mapped(runtime: Runtime, app: Flask, identity: Provider) -> None:
    person = make_user(runtime, "cashier", "manager", email="lin@example.com")
    identity.claims["groups"] = ["kefu", "unknown"]
    go(Visitor(app))
    held = {RoleGrant(row.role, row.site_id) for row in rows(runtime, tables.role_grant, tables.role_grant.c.user_id == person.id)}
    assert held == {RoleGrant("cashier"), RoleGrant("customer_service")}


def test_a_provider_that_is_out_of_reach_leaves_the_password(runtime: Runtime, app: Flask, identity: Provider) -> None:
    runtime.settings = replace(runtime.settings, oidc_issuer="http://127.0.0.1:9")
    refused = Visitor(app).get("/sign-in/oidc")
    assert refused.status_code == 422
    assert "用登入名和密碼登入" in text_of(refused)


def test_accounts_are_made_where_settings_say_so(runtime: Runtime, app: Flask, identity: Provider) -> None:
    make_user(runtime, "cashier", username="lin")
    runtime.settings = replace(runtime.settings, oidc_create=True)
    assert go(Visitor(app)).location == "/cases"
    assert [row.username for row in rows(runtime, tables.user)] == ["lin", "lin2"]
