"""A manager at the day and at a case: from a figure to the case behind it, a step's settings, and how the case went, played by key."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import Started, make_user
from tests.engine.board_cases import Company, make_company

pytestmark = pytest.mark.browser


def told_later(company: Company) -> Started:
    """A call of which engineering was told a minute later."""
    case = company.call("A-1", "urgent", told=False)
    company.runtime.clock.advance(timedelta(minutes=1))
    company.complete(case.id, {"told": "張偉強"})
    return case


def test_from_a_figure_of_the_day_to_what_happened_at_a_step(runtime: Runtime, live_server: str, page: Page) -> None:
    company = make_company(runtime)
    told_later(company)
    runtime.clock.advance(timedelta(minutes=30))
    desk = Desk(page, live_server, make_user(runtime, "manager"))
    desk.go("/today")
    late = page.locator(".tile.is-late b").first
    expect(late).to_have_text("1")
    company.call("A-2", "urgent", told=False)
    runtime.clock.advance(timedelta(minutes=30))
    page.evaluate("document.dispatchEvent(new CustomEvent('refresh-now'))")
    expect(late).to_have_text("2")
    page.get_by_role("link", name="報修後二十分鐘到場 逾期: 2").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="A-1").first.click()
    step = page.locator("[data-element-id='assign_worker'][role=button]")
    step.focus()
    page.keyboard.press("Enter")
    about = page.locator("[data-about-panel]").first
    expect(about).to_contain_text("工程部派單員")
    expect(about).to_contain_text("發生了什麼")
    page.locator("[data-element-id='phone_engineering'][role=button]").click()
    expect(about).to_contain_text("完成")

    player = page.locator("[data-player]").first
    player.locator("[data-next]").click()
    told = player.locator("[data-told]")
    expect(told).to_contain_text("1/")
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("2/")
    expect(page.locator(".played-here")).not_to_have_count(0)
    player.get_by_role("button", name="重播經過").click()
    expect(told).to_contain_text("1/")
    page.keyboard.press("Escape")
    expect(page.locator(".diagram.is-playing")).to_have_count(0)


def test_who_wants_no_movement_steps_through(runtime: Runtime, live_server: str, page: Page) -> None:
    company = make_company(runtime)
    case = told_later(company)
    page.emulate_media(reduced_motion="reduce")
    Desk(page, live_server, make_user(runtime, "manager")).go(f"/cases/{case.id}")
    player = page.locator("[data-player]").first
    expect(player.locator("[data-next]")).to_be_visible()
    expect(player.locator("[data-play]")).to_be_hidden()
