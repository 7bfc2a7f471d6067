"""Somebody with a long to-do list: by keyboard, many at once, by a kept filter, in the calendar, as a file; on a phone with a thumb."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from engine import work_items
from engine.persistence import tables
from engine.runtime import Runtime
from engine.steps import run_step
from tests.browser.desk import Desk
from tests.builders import Person, deploy_simple, make_user, make_work_item, rows, start

pytestmark = pytest.mark.browser


@pytest.fixture
def clerk(runtime: Runtime) -> Person:
    return make_user(runtime, "customer_service")


def test_many_are_chosen_by_key_and_claimed_but_for_what_a_colleague_was_faster_at(
    runtime: Runtime, live_server: str, page: Page, clerk: Person
) -> None:
    deploy_simple(runtime)
    items = [start(runtime, "errand").work_item_ids[0] for _ in range(3)]
    colleague = make_user(runtime, "customer_service")
    desk = Desk(page, live_server, clerk)
    desk.go("/?sort=created")
    for key in ("j", "x", "j", "x", "j", "x", "k"):
        page.keyboard.press(key)
    expect(page.locator(f"#item-{items[1]}")).to_be_focused()
    expect(page.locator("[data-picked]")).to_have_text("已選 3 件")
    page.locator("[data-bulk]").get_by_role("button", name="簽收").click()
    expect(page.locator("[data-summary]")).to_have_text("全部可以辦理。")
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, colleague.actor, items[1]))
    page.locator("[data-bulk-run] button").click()
    expect(page.locator("[data-summary]")).to_have_text("2 件完成，1 件未辦理。")
    expect(page.locator("progress")).to_have_js_property("value", 3)
    expect(page.locator(f"#outcome-{items[1]}")).to_contain_text(f"此項工作已由{colleague.name}簽收")
    assert [row.assignee_id for row in rows(runtime, tables.work_item)] == [clerk.id, colleague.id, clerk.id]


def test_more_rows_come_by_scrolling_and_a_filter_is_kept_seen_in_the_calendar_and_taken_as_a_file(
    runtime: Runtime, live_server: str, page: Page, clerk: Person
) -> None:
    now = runtime.clock.now()
    for number in range(60):
        make_work_item(runtime, title=f"{'水管' if number % 20 == 0 else '電燈'} {number:02}", due_at=now + timedelta(minutes=number))
    desk = Desk(page, live_server, clerk)
    expect(page.locator("[data-list] tbody tr")).to_have_count(25)
    page.locator("#pick-1").check()
    page.mouse.wheel(0, 9000)
    expect(page.locator("[data-list] tbody tr")).to_have_count(50)
    page.mouse.wheel(0, 9000)
    expect(page.locator("[data-list] tbody tr")).to_have_count(60)
    expect(page.locator("#pick-1")).to_be_checked()
    desk.go("/?q=水管")
    page.locator(".list-tools .menu summary").first.click()
    page.get_by_label("把現在的列表存為").fill("漏水")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("main")).to_contain_text("已保存篩選「漏水」")
    expect(page.locator("[data-list] tbody tr")).to_have_count(3)
    page.locator(".list-tools .menu summary").last.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.path().read_text("utf-8-sig").count("水管") == 3
    desk.go("/")
    page.get_by_role("link", name="日曆").click()
    today = page.locator(".due-calendar .is-today")
    expect(today.locator(".count")).to_have_text("60")
    # what does not fit is cut off inside its day
    right = "part => part.getBoundingClientRect().right"
    assert today.locator("li a").first.evaluate(right) <= today.evaluate(right)
    today.locator(".day-number").click()
    expect(page.locator("[data-list] tbody tr")).to_have_count(25)


def test_on_a_phone_a_thumb_chooses_cards_and_the_bar_stands_above_the_menu(
    runtime: Runtime, live_server: str, page: Page, clerk: Person
) -> None:
    deploy_simple(runtime)
    first, second, _ = (start(runtime, "errand").work_item_ids[0] for _ in range(3))
    page.set_viewport_size({"width": 390, "height": 844})
    Desk(page, live_server, clerk)
    page.get_by_role("button", name="選取", exact=True).click()
    page.locator(f"#row-{first}").click(position={"x": 200, "y": 20})
    page.locator(f"#row-{second}").click(position={"x": 200, "y": 20})
    expect(page.locator("[data-picked]")).to_have_text("已選 2 件")
    bar, menu = page.locator("#bulk").bounding_box(), page.locator(".tabbar").bounding_box()
    assert bar is not None
    assert menu is not None
    assert bar["y"] + bar["height"] <= menu["y"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="取消選取").click()
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator(f"#item-{first}").click()
    page.wait_for_url(f"**/items/{first}")
