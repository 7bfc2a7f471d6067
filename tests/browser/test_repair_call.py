"""One repair call from the telephone to the archive, through six signed-in roles, with the twenty minutes missed on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from engine.clock import MovableClock
from engine.jobs.inline import advance
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import deploy_folder, make_building, make_site, make_tenant, make_unit, make_user, rows

pytestmark = pytest.mark.browser


@pytest.fixture
def desks(runtime: Runtime, live_server: str, new_page: Callable[..., Page]) -> dict[str, Desk]:
    """Six people at six browsers, the worker with a phone."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    site = make_site(runtime)
    unit = make_unit(runtime, site_id=site, building_id=make_building(runtime, site_id=site), code="A-1201", search="a1201")
    make_tenant(runtime, unit_id=unit, name="王小明", search="王小明")
    roles = ("customer_service", "dispatcher", "repair_worker", "engineering_supervisor", "manager", "cashier")
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
    people = {role: make_user(runtime, role) for role in roles}
    return {role: Desk(new_page(**(phone if role == "repair_worker" else {})), live_server, person) for role, person in people.items()}


def test_a_call_is_registered_escalated_repaired_signed_paid_followed_up_and_archived(
    runtime: Runtime, clock: MovableClock, desks: dict[str, Desk]
) -> None:
    desk, dispatcher, worker = desks["customer_service"], desks["dispatcher"], desks["repair_worker"]

    desk.go("/start/repair")
    desk.pick("unit", "A-1201")
    desk.fill(caller="王小明", phone="0571-88001234", category="doors_windows", urgency="general")
    desk.fill(items="大門地彈簧失效", charged="unknown")
    expect(desk.submit()).to_contain_text("已發起「接修」")
    case = desk.page.url
    desk.take("電話告知工程部")
    desk.fill(told="李派單")
    expect(desk.submit()).to_contain_text("下一步：指定維修人員")

    advance(runtime, clock, timedelta(minutes=21))
    manager = desks["manager"]
    manager.go("/")
    row = manager.page.get_by_role("row").filter(has_text="指定維修人員")
    expect(row).to_contain_text("已升級")
    manager.page.goto(case)
    expect(manager.page.locator("aside").filter(has_text="時限").last).to_contain_text("逾期")

    dispatcher.take("指定維修人員")
    dispatcher.fill(worker=worker.person.name)
    dispatcher.submit()

    worker.take("簽認接單")
    worker.sign("signature", worker.person.name)
    worker.submit()
    clock.advance(timedelta(minutes=9))
    worker.take("攜單到場確認")
    worker.fill(trade="plumbing", diagnosis="地彈簧漏油", cost_basis="outside_list")
    worker.submit()

    supervisor = desks["engineering_supervisor"]
    supervisor.take("評審並定價")
    supervisor.fill(**{"lines-0-name": "地彈簧及人工", "lines-0-quantity": "1", "lines-0-price": "480", "review": "詢價三家，取其中價"})
    expect(supervisor.page.locator("[data-field=total] [data-output]")).to_have_text("480.00")
    supervisor.submit()

    worker.take("業戶確認報價")
    worker.fill(agreed="true")
    worker.sign("signature", "王小明")
    worker.submit()
    worker.take("現場維修")
    worker.fill(finished="true")
    worker.submit()
    worker.take("填寫維修情況")
    worker.fill(cause="漏油失效", done="更換地彈簧", labour="100")
    worker.submit()
    worker.take("業戶簽認維修結果")
    worker.fill(outcome="signed")
    worker.sign("signature", "王小明")
    worker.submit()

    dispatcher.take("報修單返回客服部")
    dispatcher.fill(complete="true")
    dispatcher.submit()

    cashier = desks["cashier"]
    cashier.take("收取維修費")
    cashier.fill(method="transfer", receipt_no="0001288")
    cashier.submit()

    desk.take("確認回訪形式")
    desk.fill(form="phone")
    desk.submit()
    desk.take("回訪並填寫記錄單")
    desk.fill(result="satisfied", quality="5", attitude="5")
    desk.submit()
    desk.take(_open_step(runtime))
    desk.fill(kind="repair_slip")
    desk.submit()
    desk.take("歸檔備查")
    desk.fill(place="報修檔2026-03")
    desk.submit()

    (ended,) = rows(runtime, tables.instance)
    assert ended.state == "completed"
    assert ended.late_since is not None
    assert len(rows(runtime, tables.signature)) == 3
    desk.page.goto(case)
    expect(desk.page.locator(".facts-line .chip").first).to_have_text("已完成")
    expect(desk.page.locator(".timeline")).to_contain_text("超過時限：報修後二十分鐘到場")
    desk.page.get_by_role("link", name="報修單", exact=True).click()
    expect(desk.page.locator("article")).to_contain_text("更換地彈簧")
    assert desk.page.locator("article img").count() >= 2, "signatures on the paper"


def _open_step(runtime: Runtime) -> str:
    """Name of the one step that is open."""
    (item,) = [row for row in rows(runtime, tables.work_item) if row.is_live]
    name: str = item.name
    return name
