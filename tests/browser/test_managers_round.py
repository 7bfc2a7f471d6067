"""A manager's round in one sitting: the day, its cases, one of them stopped and let go on, the figures of the month, who did what, what
runs by itself, and what the house keeps."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from engine.jobs.dbos_runner import JobQueue, prepare_store
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import make_user, rows
from tests.engine.board_cases import make_company

pytestmark = pytest.mark.browser


def test_a_managers_round_from_the_day_to_the_tokens(runtime: Runtime, live_server: str, page: Page) -> None:
    company = make_company(runtime)
    case = company.call("A-1", "urgent")
    company.call("B-1", "small")
    runtime.clock.advance(timedelta(minutes=30))
    prepare_store(runtime.database)
    with closing(JobQueue(runtime.database)) as queue, runtime.database.writing() as connection:
        queue.put(connection, "fire_due", "due:7", {"due": 7})
    number = rows(runtime, tables.instance, tables.instance.c.id == case.id)[0].business_key
    desk = Desk(page, live_server, make_user(runtime, "manager", "administrator", display_name="周經理"))

    # the day: a figure opens its cases
    desk.go("/today")
    page.locator(".tile.is-late").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)

    # the list: narrowed, and kept under a name
    desk.go("/cases")
    page.get_by_label("狀態").first.select_option("open")
    expect(page).to_have_url(re.compile("state=open"))
    page.get_by_role("searchbox").first.fill(number)
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.locator("details.menu", has=page.locator(".saved-filters")).locator("summary").click()
    page.get_by_label("把現在的列表存為").fill("東座那件")
    page.locator(".save-filter button").click()
    page.locator("details.menu", has=page.locator(".saved-filters")).locator("summary").click()
    expect(page.get_by_role("link", name="東座那件")).to_be_visible()

    # many at once: tried, done with a reason, taken back, on the list of what was done
    page.keyboard.press("Escape")
    page.locator("input[name='item']").first.check()
    page.locator("[data-bulk] select[name=verb]").select_option("suspend")
    page.locator("[data-bulk]").get_by_role("button", name="繼續").click()
    page.get_by_label("原因").fill("停水檢修")
    page.get_by_role("button", name="看看會怎樣").click()
    expect(page.locator("#preview")).to_contain_text("1 件都可以辦理")
    page.locator("#preview button").click()
    expect(page.get_by_role("status").last).to_contain_text("已辦 1 件")
    assert rows(runtime, tables.instance, tables.instance.c.id == case.id)[0].state == "suspended"
    page.get_by_role("button", name="撤銷").click()
    expect(page.get_by_role("status").last).to_contain_text("撤銷 1 件")
    desk.go("/interventions")
    expect(page.locator("tbody tr")).to_contain_text(["停水檢修"])
    page.locator("tbody a", has_text=number).click()

    # the case: its picture, a step of it, the same as a table
    expect(page.locator("[data-element-id='register_call'].is-done, [data-element-id='register_call']").first).to_be_visible()
    page.locator("[data-element-id='assign_worker'][role=button]").click()
    expect(page.locator("[data-about-panel]").first).to_contain_text("工程部派單員")
    page.get_by_text("以表格查看步驟").first.click()
    expect(page.get_by_role("row", name="指定維修人員").first).to_contain_text("工程部派單員")
    # by itself: put to rest and woken again, on the same list with its reason
    for verb, does, reason, state in (("暫停案件", "暫停", "等鑰匙", "suspended"), ("恢復案件", "恢復", "鑰匙到了", "active")):
        page.get_by_label("更多操作").click()
        page.get_by_role("link", name=verb).click()
        page.get_by_role("dialog").get_by_role("textbox").fill(reason)
        page.get_by_role("dialog").get_by_role("button", name=does).click()
        expect(page.get_by_role("status").last).to_contain_text("案件已")
        assert rows(runtime, tables.instance, tables.instance.c.id == case.id)[0].state == state
    desk.go("/interventions")
    expect(page.locator("tbody")).to_contain_text("鑰匙到了")

    # the month: where cases stand beside the month before, and a limit down to its case
    desk.go("/heat/repair")
    page.locator(".period-tabs a").last.click()
    expect(page.locator(".period-tabs a[aria-current=page]")).to_have_count(1)
    expect(page.locator("tbody").first).to_contain_text("前期")
    desk.go("/limits/over-time")
    page.locator("a[href*='/limits/repair.on_site']").first.click()
    page.get_by_role("link", name=number).first.click()
    expect(page).to_have_url(re.compile(f"/cases/{case.id}$"))
    desk.go("/month-pack/2026-03")
    expect(page.get_by_role("heading", name="2026-03 月報")).to_be_visible()

    # who did what, as a file that is itself on record
    desk.go("/audit?kind=intervention")
    expect(page.locator("tbody tr")).to_contain_text(["停水檢修", "撤銷"])
    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert "停水檢修" in taken.value.path().read_text(encoding="utf-8-sig")
    page.get_by_label("類別").select_option("export")
    expect(page.locator("tbody tr").first).to_contain_text("匯出操作記錄")

    # what runs by itself: taken out, queued again
    for state, verb in (("waiting", "取消"), ("cancelled", "重新執行")):
        desk.go(f"/jobs?state={state}")
        page.locator("tbody").get_by_role("link", name=verb).click()
        page.locator("dialog .btn-danger, dialog .btn-primary").first.click()
        expect(page.locator("dialog[open]")).to_have_count(0)
    desk.go("/jobs?state=waiting")
    expect(page.locator("tbody tr")).to_have_count(1)

    # a token: shown once, revoked
    desk.go("/tokens")
    page.locator("main form input[name=name]").fill("報表程式")
    page.get_by_label("代誰存取").select_option(label="周經理")
    page.get_by_role("button", name="建立權杖").click()
    expect(page.get_by_text("權杖已建立，只顯示這一次")).to_be_visible()
    page.locator("tr", has_text="報表程式").get_by_role("link", name="撤銷權杖").click()
    page.locator("dialog .btn-danger, dialog .btn-primary").first.click()
    expect(page.locator("tr", has_text="報表程式")).to_have_count(0)

    # the house: a setting for everybody, a rule of what is kept, who is signed in
    desk.go("/settings")
    page.get_by_label("閒置多少小時後登出").fill("8")
    page.get_by_role("button", name="儲存").click()
    expect(page.get_by_label("閒置多少小時後登出")).to_have_value("8")
    expect(page.get_by_text("已更改；可寫回原來的值。")).to_be_visible()
    desk.go("/retention")
    page.get_by_role("link", name="照片").first.click()
    expect(page.get_by_role("heading", name="現在會刪除什麼")).to_be_visible()
    page.get_by_label("保存天數").fill("400")
    page.get_by_label("啟用，到期後自動刪除").check()
    page.get_by_role("button", name="儲存").click()
    expect(page.locator("tr", has_text="照片").first).to_contain_text("400 天")
    desk.go("/sessions?q=周經理")
    expect(page.locator("tbody tr")).to_contain_text(["目前使用中"])
