"""What scripts add to the pages: lists that refresh, dialogs, pickers, cards of the picture. Pages work on a phone and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine import work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import (
    Started,
    deploy_folder,
    deploy_simple,
    make_building,
    make_site,
    make_tenant,
    make_unit,
    make_user,
    make_work_item,
    rows,
    start,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def errand(runtime: Runtime) -> Started:
    """A case of two steps, the first open for the desk."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "manager"))
    return start(runtime, "errand")


@pytest.fixture
def desk(runtime: Runtime, live_server: str, page: Page) -> Desk:
    """Somebody who is clerk and manager at once, at a desk."""
    return Desk(page, live_server, make_user(runtime, "customer_service", "manager"))


def refresh(page: Page) -> None:
    """As after 20 seconds."""
    page.evaluate("document.dispatchEvent(new CustomEvent('refresh-now'))")


def test_a_list_shows_new_work_without_reloading_and_keeps_its_place(runtime: Runtime, desk: Desk) -> None:
    for number in range(40):
        make_work_item(runtime, title=f"第{number}件")
    desk.go("/")
    desk.page.evaluate("window.marker = true")
    desk.page.evaluate("scrollTo(0, 600)")
    focused = desk.page.locator("tbody a.lead").nth(20)
    focused.evaluate("link => link.focus({preventScroll: true})")
    name = focused.get_attribute("id")
    before = desk.page.evaluate("scrollY")
    make_work_item(runtime, title="新到的急件", due_at=runtime.clock.now())
    refresh(desk.page)
    expect(desk.page.get_by_text("新到的急件").first).to_be_attached()
    expect(desk.page.locator("nav [data-count=todo]").first).to_have_text("41")
    assert desk.page.evaluate("window.marker") is True
    assert desk.page.evaluate("document.activeElement.id") == name
    assert abs(desk.page.evaluate("scrollY") - before) < 4


def test_claiming_from_the_list_changes_the_row_in_place(runtime: Runtime, desk: Desk, errand: Started) -> None:
    desk.go("/")
    desk.page.evaluate("window.marker = true")
    desk.page.get_by_role("button", name="簽收 do_errand").click()
    row = desk.page.locator(f"#row-{errand.work_item_ids[0]}")
    expect(row).to_contain_text(desk.person.name)
    assert desk.page.evaluate("window.marker") is True
    assert rows(runtime, tables.work_item)[0].assignee_id == desk.person.id


def test_claiming_what_somebody_has_just_taken_says_who(runtime: Runtime, desk: Desk, errand: Started) -> None:
    desk.go("/")
    other = make_user(runtime, "customer_service")
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, other.actor, errand.work_item_ids[0]))
    desk.page.get_by_role("button", name="簽收 do_errand").click()
    expect(desk.page.locator("#notices")).to_contain_text(other.name)


def test_a_question_opens_as_a_dialog_and_escape_gives_the_focus_back(desk: Desk, errand: Started) -> None:
    desk.go(f"/cases/{errand.id}")
    menu = desk.page.get_by_label("更多操作")
    menu.click()
    desk.page.get_by_role("link", name="暫停案件").click()
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("textbox")).to_be_focused()
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(menu).to_be_focused()
    menu.click()
    desk.page.get_by_role("link", name="暫停案件").click()
    dialog.get_by_role("textbox").fill("等材料")
    dialog.get_by_role("button", name="暫停").click()
    expect(desk.page.locator(".facts-line")).to_contain_text("已暫停")


def test_the_picture_tells_who_and_when_on_hover_and_by_keyboard(runtime: Runtime, desk: Desk, errand: Started) -> None:
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, desk.person.actor, errand.work_item_ids[0], {}))
    desk.go(f"/cases/{errand.id}")
    card = desk.page.locator(".popover-card")
    expect(card).to_be_hidden()
    done = desk.page.locator("[data-element-id=do_errand]")
    done.hover()
    expect(card).to_contain_text(desk.person.name)
    desk.page.mouse.move(2, 2)
    expect(card).to_be_hidden()
    done.focus()
    expect(card).to_contain_text("已完成")
    desk.page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_picker_is_worked_by_keyboard_and_says_when_nothing_fits(runtime: Runtime, desk: Desk) -> None:
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    site = make_site(runtime)
    unit = make_unit(runtime, site_id=site, building_id=make_building(runtime, site_id=site), code="A-1201", search="a1201")
    make_tenant(runtime, unit_id=unit)
    desk.go("/start/repair")
    field = desk.page.locator("input[name=unit]")
    field.press_sequentially("ZZ9")
    expect(desk.page.get_by_text("沒有符合的結果")).to_be_visible()
    field.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    field.fill("")
    desk.pick("unit", "120")
    expect(field).to_have_value("A-1201")
    expect(desk.page.locator("input[name=unit-id]")).to_have_value(str(unit))


def test_a_draft_is_offered_after_the_page_was_lost(runtime: Runtime, desk: Desk) -> None:
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    desk.go("/start/repair")
    desk.fill(caller="王小明")
    expect(desk.page.get_by_text("草稿已存在這台裝置上")).to_be_visible()
    desk.go("/")
    desk.go("/start/repair")
    expect(desk.page.locator("input[name=caller]")).to_have_value("")
    desk.page.get_by_role("button", name="取回草稿").click()
    expect(desk.page.locator("input[name=caller]")).to_have_value("王小明")


@pytest.mark.parametrize("locale", ["zh-Hant", "en"])
def test_no_page_is_wider_than_a_phone(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], errand: Started, locale: str
) -> None:
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    desk = Desk(new_page(viewport={"width": 390, "height": 844}), live_server, make_user(runtime, "customer_service", "manager"))
    desk.page.locator(f".phone-top button[value='{locale}']").click()
    item = errand.work_item_ids[0]
    lists, work = ("/", "/done", "/started", "/cases", "/start"), (f"/cases/{errand.id}", f"/items/{item}", f"/items/{item}/assign")
    for path in (*lists, *work, "/start/repair", "/account"):
        desk.go(path)
        assert desk.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        shown = "[...document.querySelectorAll('main .btn, .tabbar a')].filter((element) => element.offsetParent)"
        small = desk.page.evaluate(f"{shown}.filter((element) => element.getBoundingClientRect().height < 36).length")
        assert small == 0, f"{path}: too small to tap"


def test_work_is_done_without_scripts(runtime: Runtime, live_server: str, new_page: Callable[..., Page], errand: Started) -> None:
    desk = Desk(new_page(java_script_enabled=False), live_server, make_user(runtime, "customer_service"))
    desk.take("do_errand")
    desk.submit()
    assert [row.state for row in rows(runtime, tables.work_item)] == ["completed", "open"]
