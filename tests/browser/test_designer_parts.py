"""A designer beside the diagram: a field is added and seen, a used one isn't lost unawares, a clause lights up its steps."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.designing import drafts, saving
from engine.designing.saving import Edit
from engine.instances import run_step
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import make_user

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]
FORM = "forms/hot_work_application.json"
SHIPPED = Path(__file__).parent.parent.parent / "bpmn" / "hot_work"


@pytest.fixture
def desk(runtime: Runtime, live_server: str, page: Page) -> Desk:
    """Somebody who draws, with the hot-work procedure's draft begun."""
    person = make_user(runtime, "process_designer")
    run_step(runtime, lambda uow: drafts.create(runtime, uow, person.actor, "hot_work", "folder"))
    return Desk(page, live_server, person)


def saved(runtime: Runtime, path: str) -> str:
    with UnitOfWork(runtime.database) as uow:
        return drafts.files(uow, 1)[path].decode()


# two saves are refused on the way
@pytest.mark.console_errors
def test_forms_and_clauses_beside_the_diagram(runtime: Runtime, desk: Desk) -> None:
    page, before = desk.page, (SHIPPED / FORM).read_text()
    desk.go(f"/designer/hot_work/{FORM.removesuffix('.json')}")
    frame = page.frame_locator(".parts-frame")
    expect(frame.get_by_label("動火部位")).to_be_visible(timeout=15_000)
    page.locator("[data-path=place]").click()
    page.locator("[data-kind=money]").click()
    page.locator("[data-key=title]").fill("押金")
    expect(frame.get_by_label("押金")).to_be_visible()
    page.locator("[data-path=place]").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-path=place]")).to_be_focused()
    expect(page.locator("[data-save-state]")).to_have_attribute("data-state", "saved", timeout=15_000)
    after = saved(runtime, FORM)
    line = '    "money": {"type": "string", "format": "money", "title": "押金"},\n'
    assert line in after
    # the two headings that the fields stand under are the only other lines that changed
    assert [each.split(",")[0].strip() for each in before.split("\n") if each not in after.split("\n")] == [
        '{"title": "申請"', '{"title": "動火"']
    page.locator("[data-path=unit]").click()
    page.locator("[data-do=remove-field]").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("hot_work_permit")
    expect(asked).to_contain_text("registers/hot_work_permits.toml")
    asked.get_by_role("button", name="保留").click()
    expect(page.locator("[data-path=unit]")).to_be_visible()
    desk.go("/designer/hot_work")
    expect(page.locator("[data-designer][data-ready]")).to_be_attached(timeout=20_000)
    page.locator("[data-do=manual]").click()
    page.locator("[data-act=choose]").first.click()
    expect(page.locator("[data-element-id=watch_hot_work].is-of-clause")).to_be_attached()
    page.locator("[data-act=edit-clause]").click()
    page.get_by_role("dialog").get_by_label("文字（英文）").fill("Hot work needs an approved application.")
    # somebody else has saved another clause meanwhile, and then this one
    other, theirs = make_user(runtime, "process_designer"), (SHIPPED / "clauses.toml").read_text()
    theirs = theirs.replace("The hot-work application and approval.", "The application.")
    run_step(runtime, lambda uow: saving.save(runtime, uow, other.actor, 1, [Edit("clauses.toml", theirs.encode(), 1)]))
    page.get_by_role("dialog").get_by_role("button", name="儲存").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=15_000)
    assert 'en = "The application."' in saved(runtime, "clauses.toml")
    page.locator("[data-act=edit-clause]").click()
    page.get_by_role("dialog").get_by_label("文字（英文）").fill("Mine.")
    theirs = saved(runtime, "clauses.toml").replace("Hot work needs an approved application.", "Theirs.")
    with UnitOfWork(runtime.database) as uow:
        revision = next(each.revision for each in drafts.file_list(uow, 1) if each.path == "clauses.toml")
    run_step(runtime, lambda uow: saving.save(runtime, uow, other.actor, 1, [Edit("clauses.toml", theirs.encode(), revision)]))
    page.get_by_role("dialog").get_by_role("button", name="儲存").click()
    expect(page.get_by_role("dialog").last).to_contain_text("Theirs.", timeout=15_000)
    page.get_by_role("dialog").last.get_by_role("button", name="儲存我的").click()
    expect(page.get_by_role("dialog")).to_have_count(0, timeout=15_000)
    assert ['en = "Mine."' in saved(runtime, "clauses.toml"), "Theirs." in saved(runtime, "clauses.toml")] == [True, False]
    assert saved(runtime, "clauses.toml").count("\n") == (SHIPPED / "clauses.toml").read_text().count("\n")
    assert page.evaluate("[...designer.untranslated]") == []
