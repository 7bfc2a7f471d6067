"""An item's page at a desk: a draft that another device goes on with, a mention that is picked, a file that is refused by what is in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import JSHandle, Page, expect

from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import deploy, make_user, rows, start
from tests.webui.test_work_item import FORM, PROCESS

pytestmark = pytest.mark.browser


def test_a_draft_a_mention_and_a_file_that_is_not_what_it_says(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page]
) -> None:
    deploy(runtime, {"errand.bpmn": PROCESS.encode(), "forms/call.json": FORM})
    start(runtime, "errand")
    clerk = make_user(runtime, "customer_service", display_name="王前台", search="王前台")
    make_user(runtime, "dispatcher", display_name="李派單", search="李派單")
    desk = Desk(new_page(), live_server, clerk)
    desk.take("登記來電")
    desk.fill(caller="王小明")
    expect(desk.page.locator("[data-draft-saved]")).to_contain_text("草稿已保存")

    tablet = Desk(new_page(viewport={"width": 390, "height": 844}), live_server, clerk)
    tablet.take("登記來電")
    expect(tablet.page.get_by_text("已存在伺服器上")).to_be_visible()
    tablet.page.get_by_role("button", name="取回草稿").click()
    expect(tablet.page.locator("input[name=caller]")).to_have_value("王小明")

    comment = tablet.page.locator("#comment-body")
    comment.press_sequentially("請 @李")
    expect(tablet.page.get_by_role("option", name="李派單")).to_be_visible()
    comment.press("Enter")
    comment.press_sequentially("看看")
    tablet.page.get_by_role("button", name="送出留言").click()
    expect(tablet.page.locator(".mention")).to_have_text("@李派單")
    assert rows(runtime, tables.case_comment)[0].body == "請 @李派單 看看"

    files = desk.page.locator("#attach-file")
    good = {"name": "合約.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 x"}
    files.set_input_files([good, {"name": "照片.png", "mimeType": "image/png", "buffer": b"<script>alert(1)</script>"}])
    expect(desk.page.locator(".attached")).to_contain_text("合約.pdf")
    expect(desk.page.locator(".uploads .is-bad")).to_contain_text("照片.png")
    expect(desk.page.locator("input[name=caller]")).to_have_value("王小明"), "what is half typed stays"
    assert [row.name for row in rows(runtime, tables.file)] == ["合約.pdf"]


def test_files_are_dropped_or_pasted_and_the_link_is_copied(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    deploy(runtime, {"errand.bpmn": PROCESS.encode(), "forms/call.json": FORM})
    item = start(runtime, "errand").work_item_ids[0]
    desk = Desk(new_page(permissions=["clipboard-read", "clipboard-write"]), live_server, make_user(runtime, "customer_service"))
    page = desk.page
    desk.go(f"/items/{item}")
    page.dispatch_event("form[data-drop]", "drop", {"dataTransfer": _carried(page, "合約.pdf")})
    expect(page.locator(".attached")).to_contain_text("合約.pdf")
    page.evaluate("data => document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data}))", _carried(page, "截圖.pdf"))
    expect(page.locator(".attached")).to_contain_text("截圖.pdf")
    assert [row.name for row in rows(runtime, tables.file)] == ["合約.pdf", "截圖.pdf"]
    page.get_by_label("更多操作").click()
    page.get_by_role("button", name="複製連結").click()
    expect(page.get_by_role("button", name="已複製連結")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"{live_server}/items/{item}"


def _carried(page: Page, name: str) -> JSHandle:
    """A file as a hand that drags it or a clipboard carries it."""
    return page.evaluate_handle("""(name) => {
      const data = new DataTransfer();
      data.items.add(new File(["%PDF-1.7 x"], name, {type: "application/pdf"}));
      return data;
    }""", name)
