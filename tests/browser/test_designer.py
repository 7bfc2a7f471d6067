"""A procedure drawn from an empty page by mouse and keyboard, checked meanwhile, deployed and started; two people at one draft."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from engine import instances
from engine.designing import drafts, saving
from engine.designing.saving import Edit
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import Person, deploy_folder, make_site, make_user, rows

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]


class Drawing:
    """A designer's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def ready(self) -> None:
        """Wait until the diagram is there."""
        expect(self.page.locator("[data-designer][data-ready]")).to_be_attached(timeout=20_000)

    def shape(self, identity: str) -> Locator:
        """What is drawn for an element."""
        return self.page.locator(f".djs-shape[data-element-id='{identity}'] > .djs-hit").first

    def pad(self, action: str) -> None:
        """Click an entry beside what is selected."""
        self.page.locator(f".djs-context-pad .entry[data-action='{action}']").click()

    def field(self, name: str) -> Locator:
        """A field of the panel."""
        return self.page.locator(f"#bio-properties-panel-our-{name}")

    def saved(self) -> None:
        """Wait until the server has everything."""
        expect(self.page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=15_000)


def test_a_procedure_is_drawn_from_an_empty_page_deployed_and_started(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page]
) -> None:
    """Mouse and keyboard: a step with its form, a role where the check says that one is missing; then a clerk works a case of it."""
    site = make_site(runtime)
    desk = Desk(new_page(), live_server, make_user(runtime, "process_designer"))
    page, drawing = desk.page, Drawing(desk.page)
    desk.go("/designer/new")
    page.get_by_label("名稱").fill("借用鑰匙")
    page.get_by_label("代碼").fill("key_loan")
    page.get_by_role("button", name="開始畫").click()
    drawing.ready()

    drawing.shape("key_loan_started").click()
    drawing.pad("append.append-task")
    page.keyboard.type("交出鑰匙")
    page.keyboard.press("Enter")
    drawing.pad("replace")
    expect(page.locator(".djs-popup-search input")).to_be_focused()
    page.keyboard.type("人員步驟")
    page.keyboard.press("Enter")
    drawing.pad("append.end-event")
    page.keyboard.type("已借出")
    page.keyboard.press("Enter")

    drawing.shape("task_1").click()
    page.get_by_role("button", name="為這一步新建表單").click()
    page.locator("dialog").get_by_label("代碼").fill("hand_over")
    page.get_by_role("button", name="建立").click()
    expect(drawing.field("form")).to_have_value("hand_over")

    page.locator("[data-do=findings]").click()
    about_lane = page.locator(".designer-finding").filter(has_text="key_loan_lane")
    about_lane.first.click()
    drawing.field("role").select_option("customer_service")
    expect(about_lane).to_have_count(0)
    drawing.saved()

    _play_and_keep(page)
    page.get_by_role("main").get_by_role("link", name="流程圖", exact=True).click()
    drawing.ready()

    page.get_by_role("button", name="部署…").click()
    page.locator("dialog").get_by_label("改了什麼").fill("第一版")
    page.locator("dialog").get_by_role("button", name="部署").click()
    expect(page.locator("dialog").get_by_text("借用鑰匙：第 1 版")).to_be_visible(timeout=20_000)

    clerk = Desk(new_page(), live_server, make_user(runtime, "customer_service", site_id=site))
    clerk.go("/start")
    clerk.page.get_by_role("link", name="借用鑰匙").click()
    clerk.page.locator(".submit-bar .btn-primary").click()
    clerk.do("交出鑰匙", note="已交")
    assert [row.state for row in rows(runtime, tables.instance)] == ["completed"]


def _play_and_keep(page: Page) -> None:
    """With pretend people, through the real form; what was done becomes a scenario of the draft."""
    page.get_by_role("link", name="試玩").click()
    page.get_by_role("button", name="開始", exact=True).click()
    page.get_by_role("button", name="發起", exact=True).click()
    page.get_by_role("main").get_by_role("link", name="交出鑰匙").click()
    page.locator("[name=note]").fill("已交")
    page.get_by_role("button", name="完成這一步").click()
    expect(page.get_by_text("案件已結束。")).to_be_visible()
    page.get_by_text("儲存為情境", exact=True).click()
    page.get_by_label("名稱", exact=True).fill("借出鑰匙")
    page.get_by_label("英文名稱").fill("A key is lent")
    page.get_by_label("檔名").fill("lent")
    page.get_by_role("button", name="走一遍並儲存").click()
    expect(page.get_by_text("已儲存為情境「借出鑰匙」")).to_be_visible()


# a refused save and a lost network are what it is about
@pytest.mark.console_errors
def test_two_people_at_one_draft_lose_nothing(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> None:
    """The second is told who was first, chooses where both changed the same step, and gets everything else put together; a text that did
    not reach the server is there again when the page is opened anew."""
    deploy_folder(runtime, "pass_reconciliation")
    designer, other = make_user(runtime, "process_designer"), make_user(runtime, "process_designer")
    draft = instances.run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "pass_reconciliation"))
    path = "pass_reconciliation.bpmn"
    original = _text(runtime, draft.id, path)
    desk = Desk(new_page(), live_server, designer)
    page, drawing = desk.page, Drawing(desk.page)
    desk.go("/designer/pass_reconciliation")
    drawing.ready()
    mine, both = re.findall(r'<userTask id="(\w+)"', original)[:2]
    rename = """([id, name]) => {
      const canvas = designer.session.canvas;
      canvas.get("modeling").updateProperties(canvas.element(id), { name });
    }"""

    _save(runtime, other, draft.id, path, _renamed(original, both, "他人的名字"))
    page.evaluate(rename, [mine, "我的名字"])
    page.evaluate(rename, [both, "我也改了"])
    expect(page.locator("dialog").get_by_role("heading")).to_contain_text(other.name)
    page.locator("dialog").get_by_label(other.name).check()
    page.get_by_role("button", name="合併兩邊").click()
    drawing.saved()
    assert _text(runtime, draft.id, path) == _renamed(_renamed(original, both, "他人的名字"), mine, "我的名字")

    page.context.set_offline(True)
    page.evaluate(rename, [mine, "沒有網路時改的"])
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "offline")
    assert "沒有網路時改的" not in _text(runtime, draft.id, path)
    # the page goes down without a word, while there is no network (the emulation may end a moment before the page does)
    context = page.context
    page.close(run_before_unload=False)
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"{live_server}/designer/pass_reconciliation")
    Drawing(again).ready()
    Drawing(again).saved()
    assert "沒有網路時改的" in _text(runtime, draft.id, path)


def _text(runtime: Runtime, draft_id: int, path: str) -> str:
    with UnitOfWork(runtime.database) as uow:
        return drafts.files(uow, draft_id)[path].decode()


def _save(runtime: Runtime, person: Person, draft_id: int, path: str, text: str) -> None:
    instances.run_step(runtime, lambda uow: saving.save(runtime, uow, person.actor, draft_id, [Edit(path, text.encode(), 1)]))


def _renamed(text: str, identity: str, name: str) -> str:
    head, mark, rest = text.partition(f'id="{identity}" name="')
    return head + mark + name + rest[rest.index('"'):]
