"""Keeping the directory as people click it: a new price before it counts, and signing in at an identity provider."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from engine.persistence import tables
from engine.runtime import Runtime
from engine.settings import Settings
from tests.browser.desk import Desk
from tests.builders import make_user, rows
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, provider

pytestmark = pytest.mark.browser


@pytest.fixture
def identity() -> Iterator[Provider]:
    """An identity provider with somebody who has a verified address."""
    with provider() as running:
        running.claims = {"sub": "s-1", "name": "林美玲", "email": "lin@example.com", "email_verified": True}
        yield running


@pytest.fixture
def settings(settings: Settings, identity: Provider) -> Settings:
    """With that provider."""
    return replace(settings, oidc_issuer=identity.url, oidc_client_id=CLIENT_ID, oidc_client_secret=CLIENT_SECRET)


def test_a_new_price_is_announced_before_it_counts(runtime: Runtime, live_server: str, page: Page) -> None:
    desk = Desk(page, live_server, make_user(runtime, "manager"))
    item = {"code": "W01", "name": "更換水龍頭", "unit_name": "個", "material": "45.50"}
    prices = (("new", {**item, "labour": "30", "effective_from": "2026-01-01"}),
              ("new?code=W01", {"labour": "36", "effective_from": "2099-01-01"}))
    for address, values in prices:
        desk.go(f"/directory/prices/{address}")
        desk.fill(**values)
        page.get_by_role("button", name="儲存").click()
        expect(page.get_by_role("heading", name="更換水龍頭", level=1)).to_be_visible()
    expect(page.get_by_text("尚未生效")).to_be_visible()
    expect(page.get_by_text("現行")).to_be_visible()


def test_a_click_signs_in_at_the_provider(runtime: Runtime, live_server: str, page: Page) -> None:
    person = make_user(runtime, "cashier", email="lin@example.com")
    page.goto(f"{live_server}/sign-in")
    page.get_by_role("link", name="單一登入").click()
    expect(page.get_by_role("heading", name="待辦", level=1)).to_be_visible()
    assert [row.user_id for row in rows(runtime, tables.external_identity)] == [person.id]
