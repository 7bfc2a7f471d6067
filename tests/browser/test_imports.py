"""Going live in a browser: a workbook with an error, the corrected one, its progress and the reconciliation; a paper entered afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from engine import definitions
from engine.clock import MovableClock
from engine.imports import planning, storing
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import make_site, make_user, rows
from tests.slips import SLIPS
from tests.workbooks import COMPANY, changed, workbook

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


def test_from_a_workbook_with_an_error_to_a_sheet_without_a_difference(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    """The error stands beside its row and nothing can be confirmed; the corrected file is carried out while the page looks on."""
    wrong, right = tmp_path / "wrong.xlsx", tmp_path / "right.xlsx"
    wrong.write_bytes(workbook(changed(COMPANY, "單元", 1, 4, "約八十")))
    right.write_bytes(workbook(COMPANY))
    desk = Desk(new_page(), live_server, make_user(runtime, "administrator"))
    page = desk.page
    desk.go("/imports")
    page.set_input_files("#workbook", wrong)
    page.get_by_role("button", name="上傳並預覽").click()
    expect(page.get_by_text("核對中 0%")).to_be_visible()
    _plan(runtime)
    row = page.get_by_role("row").filter(has_text="A-101").filter(has_text="應為數字")
    expect(row).to_be_visible()
    expect(page.get_by_role("button", name="確認匯入")).to_have_count(0)
    page.get_by_role("link", name="上傳更正後的活頁簿").click()
    page.set_input_files("#workbook", right)
    page.get_by_role("button", name="上傳並預覽").click()
    expect(page.get_by_text("核對中 0%")).to_be_visible()
    _plan(runtime)
    page.get_by_role("button", name="確認匯入").click()
    expect(page.get_by_text("匯入中 0%")).to_be_visible()
    found = next(run for run in rows(runtime, tables.import_run) if run.state == "applying")
    storing.carry_out(runtime, found.id)
    page.get_by_role("link", name="對賬表").click()
    expect(page.get_by_text("全部相符")).to_be_visible()


def _plan(runtime: Runtime) -> None:
    """What the job does with what was sent, while the page looks on."""
    for run in rows(runtime, tables.import_run):
        planning.plan(runtime, run.id)


def test_what_was_done_on_paper_is_entered_afterwards(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], clock: MovableClock
) -> None:
    """Numbers are reserved with a few clicks; the paper's number and time become the case's."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    make_site(runtime)
    desk = Desk(new_page(), live_server, make_user(runtime, "manager"))
    page = desk.page
    desk.go("/blank-forms")
    page.get_by_role("link", name="連編號預印").last.click()
    page.get_by_label("張數").fill("2")
    page.get_by_label("放在哪裡").fill("二號門崗")
    page.get_by_role("button", name="預留並列印").click()
    expect(page.get_by_text("2 張未用")).to_be_visible()
    (number, _) = [each.number for each in rows(runtime, tables.paper_number, tables.paper_number.c.series == "slip")]
    done_at = clock.now().astimezone(ZoneInfo(runtime.organisation.calendar.zone))
    clock.advance(timedelta(hours=6))
    desk.go("/start")
    page.get_by_role("link", name="補錄紙本").click()
    page.get_by_role("link", name="p", exact=True).click()
    page.get_by_label("實際發生時間").fill(f"{done_at:%Y-%m-%dT%H:%M}")
    page.get_by_label("紙上的編號").fill(number)
    page.get_by_role("button", name="登記並發起").click()
    expect(page.get_by_role("navigation", name="位置").get_by_text(number)).to_be_visible()
    desk.go("/paper-numbers")
    page.get_by_role("link", name=number).click()
    expect(page.get_by_text("1 張已用")).to_be_visible()
    page.get_by_label("原因").fill("簿子收回")
    page.get_by_role("button", name="作廢").click()
    expect(page.get_by_text("1 張作廢")).to_be_visible()
