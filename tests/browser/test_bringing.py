"""A designer brings in a file of another tool in a browser: looks, picks a role, makes a draft that opens in the editor."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine.persistence.tables import design_draft, design_version
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import make_user, rows
from tests.engine.foreign.dialects import CASES, FILES

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


def test_a_file_is_looked_at_and_becomes_a_draft(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    """The files stay chosen while they are looked at; what a script said is shown as text and stays as the version's note."""
    desk = Desk(new_page(), live_server, make_user(runtime, "process_designer"))
    page = desk.page
    desk.go("/designer")
    page.get_by_role("link", name="帶入檔案").click()
    page.set_input_files("#bring-in-files", [FILES / path for path in CASES["leave_request"]])
    page.get_by_role("button", name="看會變成什麼").click()
    expect(page.locator(".bring-in-picture svg")).to_have_count(1)
    expect(page.get_by_text("type=mail")).to_be_visible()
    page.get_by_label("「Leave office」是哪個角色").select_option("assistant_manager")
    page.get_by_role("button", name="再看一次").click()
    expect(page.locator(".bring-in-picture svg").get_by_text("Leave office")).to_have_count(0)
    assert not rows(runtime, design_draft)
    page.get_by_label("代碼").fill("leave")
    page.get_by_role("button", name="做成草稿").click()
    page.wait_for_url("**/designer/leave")
    expect(page.locator("[data-canvas] svg [data-element-id=checkRequest]").first).to_be_visible()
    assert [row.procedure for row in rows(runtime, design_draft)] == ["leave"]
    assert "type=mail" in rows(runtime, design_version)[0].note
