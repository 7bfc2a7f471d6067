"""A tenant signs the repair on their own phone by a link, while the worker waits at the door."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine import work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.browser.desk import Desk
from tests.builders import Person, make_tenant, make_unit, make_user, rows, start
from tests.outside_diagrams import deploy_pricing

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


class Tenant(Desk):
    """Somebody without an account at the page of a link: draws and fills as people at a desk do, but never signs in."""

    def __init__(self, page: Page) -> None:
        self.page = page


@pytest.fixture
def worker(runtime: Runtime) -> Person:
    """Who repairs."""
    return make_user(runtime, "repair_worker")


@pytest.fixture
def item_id(runtime: Runtime, worker: Person) -> int:
    """What the tenant is to agree to; the worker has claimed it."""
    deploy_pricing(runtime, is_signed=True)
    unit = make_unit(runtime)
    make_tenant(runtime, unit_id=unit, contact="林小姐")
    made = start(runtime, "pricing", {"amount": "480", "unit": unit}).work_item_ids[0]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, made))
    return made


def _keep(page: Page, name: str) -> None:
    """A picture of the page, where somebody wants to look at them."""
    folder = os.environ.get("GUICHENG_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_tenant_signs_by_link_on_a_phone_while_the_worker_waits(
    runtime: Runtime, live_server: str, new_page: Callable[..., Page], worker: Person, item_id: int
) -> None:
    door = Desk(new_page(**PHONE), live_server, worker)
    door.go(f"/items/{item_id}")
    _keep(door.page, "panel")
    expect(door.page.locator("[name=recipient]")).to_have_value("林小姐")
    door.page.get_by_role("button", name="顯示二維碼").click()
    expect(door.page.locator(".qr-sheet > svg")).to_be_visible()
    _keep(door.page, "sheet")
    address = door.page.locator("#link-address").inner_text()

    tenant = Tenant(new_page(**PHONE))
    page = tenant.page
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text("業戶確認報價")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing to push sideways"
    _keep(page, "outside-zh-Hant")
    tenant.fill(remark="請輕聲")
    page.locator("[name=remark]").press("Enter")
    expect(page.locator("[data-form-errors]")).to_be_visible()
    _keep(page, "outside-errors")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tenant agrees to the price")
    expect(page.locator("[name=remark]")).to_have_value("請輕聲")
    _keep(page, "outside-en")
    tenant.fill(agreed="true")
    tenant.sign("signature", "林小姐")
    page.locator(".submit-bar .btn-primary").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sent. Thank you")
    _keep(page, "outside-used-en")
    page.get_by_role("link", name="繁").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已提交，謝謝您")
    _keep(page, "outside-used")

    door.go(f"/items/{item_id}")
    expect(door.page.locator(".note-good")).to_contain_text("已由林小姐於")
    expect(door.page.locator(".hand-over")).to_contain_text("已由對方提交")
    _keep(door.page, "panel-used")
    (signature,) = rows(runtime, tables.signature)
    assert (signature.signer, signature.channel) == ("林小姐", "link")
