"""News without reloading, how to be told, and the administrator's second try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from engine import notifications
from engine.delivery import courier
from engine.instances import run_step
from engine.notifications import Kind
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import deploy_simple, make_user, rows, start
from tests.engine.delivery.servers import http_server, make_channel
from tests.engine.jobs.test_embedded import until

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


def test_a_colleagues_page_gets_new_work_without_reloading(
    runtime: Runtime, app: Any, live_server: str, new_page: Callable[..., Page]
) -> None:
    """The inbox's row, its number and the bell, while the page just stands there."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    desk = Desk(new_page(), live_server, make_user(runtime, "customer_service"))
    until(lambda: app.extensions["guicheng.streams"].count == 1)
    desk.page.evaluate("window.marker = true")
    start(runtime, "errand")
    expect(desk.page.get_by_role("link", name="do_errand", exact=True).first).to_be_visible(timeout=5_000)
    expect(desk.page.locator("nav [data-count=todo]").first).to_have_text("1")
    bell = desk.page.locator(".side .bell")
    expect(bell.locator(".count")).to_have_text("1")
    assert desk.page.evaluate("window.marker") is True
    bell.click()
    desk.page.get_by_role("link", name="請辦理「do_errand」").click()
    expect(desk.page.get_by_role("heading", name="do_errand", level=1)).to_be_visible()
    expect(desk.page.locator(".side .bell .count")).to_be_hidden()


def test_a_person_chooses_on_the_phone_how_to_be_told(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    page = new_page(viewport={"width": 390, "height": 844})
    desk = Desk(page, live_server, make_user(runtime, "customer_service"))
    desk.go("/account/notifications")
    page.get_by_label("電郵", exact=True).fill("ming@example.com")
    page.get_by_label("彙總").select_option("每天 08:00 送一次")
    page.get_by_label("新事項 · 電郵").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存通知設定。")).to_be_visible()
    expect(page.get_by_label("新事項 · 電郵")).to_be_checked()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert rows(runtime, tables.notification_wish)[0].digest_hour == 8


def test_the_administrator_tries_a_given_up_message_again(runtime: Runtime, live_server: str, page: Page) -> None:
    desk = Desk(page, live_server, make_user(runtime, "administrator"))
    with http_server() as server:
        server.statuses = [404]
        make_channel(runtime, "webhook", url=server.url, secret={"key": "k"})
        run_step(runtime, lambda uow: notifications.tell(runtime, uow, Kind.MESSAGE, role="manager", data={"text": "停水"}))
        courier.send_due(runtime)
        desk.go("/messages-out?state=dead")
        expect(page.get_by_text("HTTP 404")).to_be_visible()
        page.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="重試勾選的").click()
        expect(page.get_by_text("已重新排入 1 則。")).to_be_visible()
        courier.send_due(runtime)
        desk.go("/messages-out?state=sent")
        expect(page.get_by_text("webhook測試")).to_be_visible()
    assert len(server.received) == 2
    assert len(set(server.keys)) == 1
