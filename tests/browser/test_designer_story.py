"""The hot-work procedure from an empty page to running cases: drawn by mouse and keyboard, checked, played, deployed, worked, changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from engine import migration_runs
from engine.persistence.tables import instance, migration_run
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.browser.pencil import Pencil
from tests.builders import make_site, make_user, rows

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


def test_hot_work_from_an_empty_page_to_running_cases(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    """A designer draws and deploys it, staff begin three cases; the fire check goes, and the two cases that are past it move."""
    site = make_site(runtime)
    desk = Desk(new_page(), live_server, make_user(runtime, "process_designer"))
    desk.go("/designer/new")
    desk.page.get_by_label("名稱").fill("動火作業")
    desk.page.get_by_label("代碼").fill("hot_work")
    desk.page.get_by_role("button", name="開始畫").click()
    pencil = Pencil(desk.page)
    pencil.ready()
    _draw(pencil)
    _mend_what_the_check_finds(pencil)
    _let_the_form_ask(pencil)
    _play_and_keep(desk.page, "消防檢查", "批准動火", "監火")
    _deploy(pencil)

    staff = Desk(new_page(), live_server, make_user(runtime, "customer_service", "fire_officer", "manager", site_id=site))
    for done in ({}, {"消防檢查": {}}, {"消防檢查": {}, "批准動火": {"agreed": True}}):
        staff.go("/start")
        staff.page.get_by_role("link", name="動火作業").click()
        staff.submit()
        for step, values in done.items():
            staff.do(step, **values)

    _take_the_fire_check_out(desk, pencil)
    _move_two(runtime, desk.page)
    staff.do("批准動火", agreed=False)
    ran = Counter(row.state for row in rows(runtime, instance))
    assert ran == {"active": 2, "completed": 1}
    _move_one_back(runtime, desk.page)


def _draw(pencil: Pencil) -> None:
    """Steps, a decision and two ends; a lane a department, each lane with its role but one; a form for each step."""
    pencil.lane("hot_work_lane").click()
    for _ in range(3):
        pencil.pad("lane-insert-below")
    pencil.shape("hot_work_started").click()
    pencil.append("append-task", "消防檢查", "人員步驟")
    pencil.append("append-task", "批准動火", "人員步驟")
    pencil.append("gateway")
    pencil.append("append-task", "監火", "人員步驟")
    pencil.append("end-event", "已停火")
    pencil.shape("question_1").click()
    pencil.append("end-event", "未批准")
    for step, lane in (("task_1", "lane_3"), ("task_2", "lane_2"), ("question_1", "lane_2"), ("task_3", "lane_1"), ("end_2", "lane_2")):
        pencil.move_into(step, lane)
    for lane, role in (("hot_work_lane", "customer_service"), ("lane_3", "fire_officer"), ("lane_2", "manager")):
        pencil.lane(lane).click()
        pencil.field("role").select_option(role)
    for step, form in (("hot_work_started", "application"), ("task_1", "fire_check"), ("task_2", "approval"), ("task_3", "watch")):
        pencil.begin_form(step, form)
    pencil.choose_flow("flow_4")
    pencil.field("condition").fill("approval.agreed")
    pencil.choose_flow("flow_6")
    pencil.page.get_by_label("其他條件都不符時走這條").check()


def _mend_what_the_check_finds(pencil: Pencil) -> None:
    """Each finding leads to the field that it is about."""
    pencil.page.locator("[data-do=findings]").click()
    pencil.finding("要寫成").click()
    pencil.field("condition").fill('approval["agreed"]')
    expect(pencil.finding("要寫成")).to_have_count(0)
    # the form doesn't ask it yet
    expect(pencil.finding("approval.agreed")).to_be_visible()
    pencil.finding("對應的角色").click()
    pencil.field("role").select_option("security_officer")
    expect(pencil.finding("對應的角色")).to_have_count(0)


def _let_the_form_ask(pencil: Pencil) -> None:
    page = pencil.page
    pencil.shape("task_2").click()
    page.get_by_text("編輯這張表單").click()
    page.locator("[data-kind=yes_no]").click()
    page.locator("[data-key=title]").fill("准許動火")
    page.get_by_text("少用").click()
    page.locator("[data-key=name]").fill("agreed")
    page.get_by_label("必填").check()
    pencil.saved()
    page.goto(page.url.partition("/forms/")[0])
    pencil.ready()
    page.locator("[data-do=findings]").click()
    expect(pencil.finding("沒有名稱").first).to_be_visible()
    expect(pencil.finding("approval.agreed")).to_have_count(0)
    # the condition now reads as a field and a value
    pencil.choose_flow("flow_4")
    row = page.get_by_role("group", name="條件 1")
    expect(row.get_by_label("欄位")).to_have_value("approval.agreed")
    row.get_by_label("比較").select_option("no")
    expect(pencil.field("condition")).to_have_value('not approval["agreed"]')
    row.get_by_label("比較").select_option("yes")
    expect(pencil.field("condition")).to_have_value('approval["agreed"]')
    pencil.saved()


def _play_and_keep(page: Page, *steps: str, replaces: bool = False) -> None:
    """With pretend people, through the real forms; what was done becomes the draft's only scenario."""
    page.get_by_role("link", name="試玩").click()
    if replaces:
        page.get_by_role("button", name="從這一步起重做").click()
    else:
        page.get_by_role("button", name="開始", exact=True).click()
        page.get_by_role("button", name="發起", exact=True).click()
    for step in steps:
        page.get_by_role("main").get_by_role("link", name=step).click()
        if step == "批准動火":
            page.locator("[name=agreed][value=true]").check()
        page.get_by_role("button", name="完成這一步").click()
    expect(page.get_by_text("案件已結束。")).to_be_visible()
    page.get_by_text("儲存為情境", exact=True).click()
    page.get_by_label("名稱", exact=True).fill("准許後監火")
    page.get_by_label("英文名稱").fill("Watched once it is allowed")
    page.get_by_label("檔名").fill("watched")
    page.get_by_role("button", name="走一遍並儲存").click()
    if replaces:
        page.get_by_label("取代同名的情境").check()
        page.get_by_role("button", name="走一遍並儲存").click()
    expect(page.get_by_text("已儲存為情境「准許後監火」")).to_be_visible()


def _deploy(pencil: Pencil) -> None:
    page = pencil.page
    page.get_by_role("main").get_by_role("link", name="流程圖", exact=True).click()
    pencil.ready()
    page.get_by_role("button", name="部署…").click()
    page.locator("dialog").get_by_label("改了什麼").fill("第一版")
    page.locator("dialog").get_by_role("button", name="部署").click()
    expect(page.locator("dialog").get_by_text("動火作業：第 1 版")).to_be_visible(timeout=20_000)


def _take_the_fire_check_out(desk: Desk, pencil: Pencil) -> None:
    desk.go("/designer/hot_work")
    pencil.ready()
    pencil.shape("task_1").click()
    desk.page.keyboard.press("Delete")
    pencil.saved()
    _play_and_keep(desk.page, "批准動火", "監火", replaces=True)
    desk.page.get_by_role("main").get_by_role("link", name="流程圖", exact=True).click()


def _move_two(runtime: Runtime, page: Page) -> None:
    """The case that stands at the step that is gone stays on its version."""
    page.get_by_role("button", name="影響").click()
    expect(page.get_by_text("消防檢查：新版本沒有這一步")).to_be_visible()
    proposal = page.url
    page.get_by_role("link", name="並排看").click()
    expect(page.locator('[data-side="before"] .is-removed[data-element-id="task_1"]')).to_have_count(1)
    page.goto(proposal)
    for name in ("監火", "批准動火"):
        group = page.locator("section.case-group").filter(has=page.get_by_role("heading", name=name))
        group.get_by_label("現在改用新版本").check()
    page.get_by_label("原因").fill("消防檢查併入動火前的現場檢查")
    page.get_by_role("button", name="部署新版本").click()
    expect(page.get_by_text("可以離開此頁")).to_be_visible()
    run, = rows(runtime, migration_run)
    migration_runs.carry_out(runtime, run.id)
    expect(page.get_by_role("button", name="全部撤銷")).to_be_visible()
    assert Counter(row.definition_id == run.to_definition_id for row in rows(runtime, instance)) == {True: 2, False: 1}


def _move_one_back(runtime: Runtime, page: Page) -> None:
    """All that is asked back: the case that went on meanwhile stays where it is."""
    run, = rows(runtime, migration_run)
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="全部撤銷").click()
    expect(page.get_by_text("已開始撤銷")).to_be_visible()
    migration_runs.carry_back(runtime, run.id, run.asked_by)
    expect(page.get_by_text("未能撤銷").first).to_be_visible()
    assert Counter(row.definition_id == run.to_definition_id for row in rows(runtime, instance)) == {True: 1, False: 2}
