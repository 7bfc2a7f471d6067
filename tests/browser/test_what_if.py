"""A manager asks what if, waits, and reads the figures side by side: they come by themselves, and anybody can read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if as queries
from engine.runtime import Runtime
from engine.what_if import runs
from engine.what_if.order import Order
from engine.what_if.playing import play
from tests.browser.crawling import Crawl
from tests.browser.desk import Desk
from tests.builders import deploy_simple, make_user
from tests.what_if_history import told, work_through

pytestmark = pytest.mark.browser


def test_asking_waiting_and_reading(
    runtime: Runtime, app: Flask, live_server: str, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, process = runtime.clock.now(), deploy_simple(runtime)
    starts = [now - timedelta(days=day, minutes=-20 * number) for day in range(3, 8) for number in range(12)]
    work_through(runtime, process, starts, [2400.0], [make_user(runtime, "customer_service").id])
    manager, crawl = make_user(runtime, "manager"), Crawl(app, live_server)
    desk = Desk(page, live_server, manager)
    desk.go("/what-if")
    page.get_by_role("link", name="新推演").first.click()
    crawl.look(page, "the form")
    page.locator("[name='staff.customer_service']").fill("3")
    page.get_by_label("預演幾週").fill("1")
    page.get_by_label("走幾遍").fill("1")
    page.get_by_role("button", name="開始推演").click()
    expect(page.locator("#progress")).to_contain_text("正在等前面的推演結束")
    (waiting,) = _plays(runtime, manager.actor)
    with UnitOfWork(runtime.database) as uow:
        result = play(runtime, uow, Order.from_json(waiting.question), None)
    monkeypatch.setattr(runs, "Worker", told(result))
    runs.carry_out(runtime, waiting.id)
    # nobody has asked for the page again
    expect(page.locator(".what-if-role", has_text="1 人 → 3 人")).to_be_visible(timeout=20_000)
    expect(page.locator(".what-if-chart .is-changed").first).to_be_visible()
    crawl.look(page, "the figures")
    assert not crawl.found, "\n".join(crawl.found)
    page.get_by_role("link", name="刪除推演").click()
    page.get_by_role("dialog").get_by_role("button", name="刪除推演").click()
    expect(page.get_by_text("還沒有推演過")).to_be_visible()


def _plays(runtime: Runtime, actor: Actor) -> tuple[queries.PlayView, ...]:
    with UnitOfWork(runtime.database) as uow:
        return queries.plays(uow, actor).rows
