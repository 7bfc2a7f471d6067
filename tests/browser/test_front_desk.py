"""A morning at the front desk, by keys alone: a call in one go, three callers of one leak, a mistake taken back, the shift handed over,
a dossier whose papers of identity are opened by those who may, on record."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from engine import instances
from engine.clock import MovableClock
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import deploy, deploy_folder, make_building, make_site, make_tenant, make_unit, make_user, rows, simple_process

pytestmark = pytest.mark.browser

_START = (
    b'<startEvent id="start"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="papers_in"/></s:properties></extensionElements></startEvent>'
)
_PAPERS = """{"title": "收件", "type": "object", "properties": {
  "unit": {"type": "object", "format": "unit", "title": "單元"},
  "id_number": {"type": "string", "title": "證件號碼", "ui:personal": "identity", "ui:dossier": "documents"},
  "meter": {"type": "integer", "title": "電表讀數", "ui:dossier": "meter"}}}""".encode()


@pytest.fixture
def house(runtime: Runtime) -> dict[str, int]:
    """Three units above each other and one far away; who lives there."""
    for procedure in ("follow_up", "repair", "complaint"):
        deploy_folder(runtime, procedure)
    site = make_site(runtime)
    building = make_building(runtime, site_id=site)
    units = {}
    people = (("A-1101", 11, "明德會計", "何小姐"), ("A-1201", 12, "宏達貿易", "林小姐"), ("A-1301", 13, "曾志偉", "曾先生"),
              ("A-0301", 3, "遠航物流", "周先生"))
    for code, floor, name, contact in people:
        units[code] = make_unit(runtime, site_id=site, building_id=building, code=code, floor=floor)
        make_tenant(runtime, unit_id=units[code], name=name, contact=contact, phone=f"13900{code[2:]}56", code=f"T{code}")
    return units


class Keys:
    """A keyboard that counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def find(self, text: str, found: str) -> None:
        """Type into the finder, wait for the match, take it."""
        expect(self.page.locator("#desk-find")).to_be_focused()
        self.type(text)
        expect(self.page.get_by_role("option", selected=True)).to_contain_text(found)
        self.press("Enter")
        expect(self.page.locator("[data-procedure][data-key]").first).to_be_focused()

    def leak(self, words: str) -> None:
        """A small repair of the drains."""
        self.press("1")
        expect(self.page.locator("[name=urgency]").first).to_be_focused()
        self.press("2", "6")
        expect(self.page.locator("[name=items]")).to_be_focused()
        self.type(words)


def test_a_call_is_taken_by_keys_alone_and_two_more_callers_join_it(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], house: dict[str, int], capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Desk(new_page(), live_server, make_user(runtime, "customer_service"))
    desk.go("/desk")
    keys, began = Keys(desk.page), time.monotonic()
    keys.find("hdmy", "A-1201 宏達貿易")
    keys.leak("toilet leaks")
    expect(desk.page.locator("[name=caller]")).to_have_value("林小姐")
    expect(desk.page.locator("[data-desk-place]")).to_contain_text("沒有未結的案件")
    keys.press("Control+Enter")
    expect(desk.page.locator(".note-good")).to_contain_text("已登記")
    took, pressed = time.monotonic() - began, keys.pressed
    (case,) = rows(runtime, tables.instance)
    assert {(row.kind, row.target_id) for row in rows(runtime, tables.instance_reference)} >= {("unit", house["A-1201"])}

    # the same water one floor down and one floor up; far away nobody is asked
    for unit, words in (("1101", "wet ceiling"), ("zzw", "no pressure")):
        keys.find(unit, "A-1101" if unit == "1101" else "A-1301")
        keys.leak(words)
        expect(desk.page.locator("[data-desk-alike]")).to_contain_text(case.business_key)
        keys.press("Alt+1")
        expect(desk.page.locator(".note-good")).to_contain_text(f"已加入 {case.business_key}")
    keys.find("0301", "A-0301")
    keys.leak("dripping")
    expect(desk.page.locator("[data-desk-place]")).to_contain_text("遠航物流")
    expect(desk.page.locator("[data-desk-alike]")).to_be_empty()
    expect(desk.page.locator("form [data-draft-saved]")).to_be_visible()

    assert len(rows(runtime, tables.instance)) == 1
    called = [(row.name, row.words) for row in rows(runtime, tables.case_reporter)]
    assert called == [("何小姐", "wet ceiling"), ("曾先生", "no pressure")]
    desk.go(f"/cases/{case.id}")
    expect(desk.page.locator("main aside")).to_contain_text("其他報告人")

    # two calls that were begun survive the look elsewhere, each by itself
    desk.go("/desk")
    keys.find("1301", "A-1301")
    keys.leak("no light")
    desk.page.get_by_role("button", name="先接另一通，這通留著").click()
    begun = desk.page.locator(".note", has_text="填到一半、還沒有登記的來電")
    expect(begun).to_have_count(2)
    begun.filter(has_text="dripping").get_by_role("button", name="取回草稿").click()
    expect(desk.page.locator("[name=items]")).to_have_value("dripping")
    expect(desk.page.locator("[name=category][value=drainage]")).to_be_checked()
    desk.page.keyboard.press("Control+Enter")
    expect(desk.page.locator(".note-good")).to_contain_text("已登記")
    expect(begun).to_have_count(1)
    expect(begun).to_contain_text("no light")
    with capsys.disabled():
        print(f"\none call: {pressed} key presses, {took:.1f} s with the waiting of the test")  # noqa: T201


def test_a_mistake_is_voided_and_the_shift_handed_over(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], house: dict[str, int], clock: MovableClock
) -> None:
    day, night = make_user(runtime, "customer_service"), make_user(runtime, "customer_service")
    desk = Desk(new_page(), live_server, day)
    page = desk.page
    desk.go("/desk/shift")
    page.get_by_role("button", name="簽名接班").click()
    desk.go("/desk")
    keys = Keys(page)
    keys.find("1101", "A-1101")
    keys.leak("wrong unit")
    keys.press("Control+Enter")
    page.locator(".note-good a").click()
    page.locator("summary[aria-label='更多操作']").click()
    page.get_by_role("link", name="作廢案件").click()
    page.get_by_label("單元或業戶選錯").check()
    page.get_by_role("dialog").get_by_role("button", name="作廢").click()
    expect(page.get_by_text("此案已作廢")).to_be_visible()
    (case,) = rows(runtime, tables.instance)
    assert (case.state, case.business_key is not None) == ("voided", True)

    clock.advance(timedelta(hours=8))
    desk.go("/desk/shift")
    page.get_by_placeholder("例：B座").fill("電梯廠家十點到")
    page.get_by_role("button", name="記下").click()
    page.get_by_label("還要說明的").fill("一切正常")
    page.get_by_role("button", name="簽名交班").click()
    expect(page.locator(".facts-line")).to_contain_text("沒有人當班")
    other = Desk(new_page(viewport={"width": 390, "height": 844}, has_touch=True), live_server, night)
    other.go("/desk/shift")
    other.page.get_by_role("button", name="簽名接班").click()
    expect(other.page.locator(".facts-line")).to_contain_text(night.name)
    expect(other.page.get_by_text("電梯廠家十點到").first).to_be_visible()
    other.page.get_by_role("button", name="已辦").click()
    other.page.locator(".desk-past summary").first.click()
    expect(other.page.locator(".desk-past").first).to_contain_text("一切正常")
    assert [row.done_by for row in rows(runtime, tables.shift_note)] == [night.id]


def test_papers_of_identity_are_opened_by_those_who_may_and_on_record(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], house: dict[str, int]
) -> None:
    diagram = simple_process("papers", ("file", "customer_service")).replace(b'<startEvent id="start"/>', _START)
    deploy(runtime, {"papers.bpmn": diagram, "forms/papers_in.json": _PAPERS})
    clerk, worker = make_user(runtime, "customer_service"), make_user(runtime, "repair_worker")
    said = {"unit": house["A-1201"], "id_number": "330102X", "meter": 17}
    run_step(runtime, lambda uow: instances.start(runtime, uow, clerk.actor, "papers", said))
    desk, other = Desk(new_page(), live_server, clerk), Desk(new_page(), live_server, worker)
    for each, may in ((desk, True), (other, False)):
        each.go("/dossiers?q=1201")
        each.page.get_by_role("link", name="A-1201").first.click()
        expect(each.page.get_by_role("heading", name="A-1201", level=1)).to_be_visible()
        expect(each.page.locator(".columns")).to_contain_text("17")
        expect(each.page.locator(".columns")).not_to_contain_text("330102X")
        look = each.page.get_by_role("link", name="身份資料（查看會留記錄）")
        expect(look).to_have_count(1 if may else 0)
    desk.page.get_by_role("link", name="身份資料（查看會留記錄）").click()
    assert rows(runtime, tables.identity_look) == []
    desk.page.get_by_role("button", name="查看並留下記錄").click()
    expect(desk.page.get_by_text("330102X")).to_be_visible()
    administrator = Desk(new_page(), live_server, make_user(runtime, "administrator"))
    administrator.go("/dossiers/looks")
    expect(administrator.page.get_by_role("row").last).to_contain_text("證件號碼")
    expect(administrator.page.get_by_role("row").last).to_contain_text(clerk.name)
