"""A designer changes a procedure in a browser: sees what is different, what becomes of three running cases, and moves two of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine import migration_runs, work_items
from engine.instances import run_step
from engine.persistence.tables import instance, migration_run, work_item
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import deploy, make_site, make_user, rows, simple_process, start

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]
_STEPS = [("register", "customer_service"), ("inspect", "manager"), ("repair", "repair_worker"), ("close", "manager")]


def test_a_changed_procedure_is_looked_at_deployed_and_two_cases_moved(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    """The step `inspect` is gone and `confirm` is new: who stands at `inspect` stays, the two others move and can be moved back."""
    make_site(runtime)
    deploy(runtime, {"errand.bpmn": simple_process("errand", *_STEPS)})
    cases = [start(runtime, "errand", business_key=f"E-{number}").id for number in range(3)]
    manager = make_user(runtime, "manager", "customer_service", "process_designer", "administrator")
    for case, steps in zip(cases, (0, 1, 2), strict=True):
        for _ in range(steps):
            item, = rows(runtime, work_item, work_item.c.instance_id == case, work_item.c.is_live)
            run_step(runtime, lambda uow, item=item: work_items.complete(runtime, uow, manager.actor, item.id, {}))
    changed = tmp_path / "errand.bpmn"
    changed.write_bytes(simple_process("errand", _STEPS[0], ("confirm", "manager"), *_STEPS[2:]))
    desk = Desk(new_page(), live_server, manager)
    page = desk.page
    desk.go("/rollouts")
    page.set_input_files("#files", changed)
    page.get_by_label("這一版改了什麼").fill("改由主管確認")
    page.get_by_role("button", name="看差異和影響").click()
    expect(page.get_by_text("新版本沒有這一步")).to_be_visible()
    expect(page.get_by_role("heading", name="inspect")).to_be_visible()
    proposal = page.url
    page.get_by_role("link", name="並排看").click()
    page.get_by_role("link", name="confirm", exact=True).first.click()
    expect(page.locator('[data-side="after"] [data-element-id="confirm"].is-selected')).to_have_count(1)
    expect(page.locator('[data-side="before"] .is-removed[data-element-id="inspect"]')).to_have_count(1)
    page.goto(proposal)
    repair = page.locator("section.case-group").filter(has=page.get_by_role("heading", name="repair"))
    repair.get_by_label("現在改用新版本").check()
    page.get_by_label("原因").fill("改由主管確認，不再現場檢查")
    page.get_by_role("button", name="部署新版本").click()
    expect(page.get_by_text("可以離開此頁")).to_be_visible()
    run, = rows(runtime, migration_run)
    migration_runs.carry_out(runtime, run.id)
    expect(page.get_by_role("button", name="全部撤銷")).to_be_visible()
    versions = {row.id: row.definition_id for row in rows(runtime, instance)}
    assert versions[cases[0]] == versions[cases[2]] == run.to_definition_id != versions[cases[1]]
    page.get_by_role("link", name="E-0").click()
    page.get_by_role("button", name="撤銷改版").click()
    expect(page.get_by_text("已撤銷，案件回到原來的版本")).to_be_visible()
    assert {row.definition_id for row in rows(runtime, instance, instance.c.id == cases[0])} == {versions[cases[1]]}
