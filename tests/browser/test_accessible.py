"""Every page that the menu leads to, at a desk's width and a phone's: axe finds nothing serious, the keyboard gets everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from engine import work_items
from engine.company import ledger, outside_links
from engine.company.accounts import account
from engine.company.ledger import Source
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.ledger import AccountKey
from engine.runtime import Runtime
from engine.steps import run_step
from tests.browser.crawling import Crawl
from tests.browser.desk import Desk
from tests.builders import Person, make_tenant, make_unit, make_user, start
from tests.engine.board_cases import Company, make_company
from tests.outside_diagrams import deploy_pricing

pytestmark = pytest.mark.browser

#: together they see every line of the menu; whoever sees most goes first: the others only add what is theirs
ROLES = ("administrator", "manager", "customer_service", "repair_worker")
#: a crawl that does not come to these has lost its way
EXPECTED = {
    "inbox.todo", "inbox.done", "inbox.started", "inbox.copied", "start.overview", "start.form", "cases.overview", "cases.show",
    "work_item.show", "work_item.assign_form", "work_item.paper", "board.show", "board.assign_form", "ledger.overview", "ledger.account",
    "registers.overview", "registers.show", "limits.overview", "substitutes.overview", "directory.overview", "directory.listing",
    "imports.overview", "delivery.overview", "notifications.overview", "notifications.wishes", "account.page", "lists.calendar",
}  # fmt: skip
_FEWEST_STOPS, _TAB_STOPS = 10, 60
#: where the keyboard stands, and what it just left if that looks the same as when it stood there
_STOP = """() => {
  const styles = (element) => [null, "::after"].map((part) => getComputedStyle(element, part));
  const look = (element) => [element, element.closest("label, .key") ?? element].flatMap(styles)
    .map((style) => [style.outline, style.boxShadow, style.borderColor, style.backgroundColor].join(" ")).join("; ");
  const at = document.activeElement ?? document.body, left = window.tabStop;
  window.tabStop = {at, look: look(at)};
  const isUnseen = left && left.at !== at && left.look === look(left.at);
  return {isOver: at === document.body, unseen: isUnseen ? left.at.outerHTML.slice(0, 120) : ""};
}"""


@pytest.fixture
def company(runtime: Runtime) -> Company:
    """Repairs at several steps, an account that owes, somebody in every role."""
    made = make_company(runtime)
    made.call("A-1", "urgent")
    made.call("B-1", told=False)
    made.call("A-2")
    unit_id = make_unit(runtime, site_id=made.site_id, code="A-0801")
    tenant_id = make_tenant(runtime, unit_id=unit_id)
    with UnitOfWork(runtime.database) as uow:
        due_on = (runtime.clock.now() - timedelta(days=40)).date()
        of = account(uow, AccountKey(unit_id, tenant_id))
        ledger.charge(runtime, uow, made.clerk.actor, of, "management_fee", Decimal("1081.25"), due_on=due_on, source=Source())
        uow.commit()
    return made


def test_axe_finds_nothing_serious_on_any_page(
    company: Company, app: Flask, live_server: str, new_page: Callable[..., Page]
) -> None:
    crawl = Crawl(app, live_server)
    for role in ROLES:
        page = new_page()
        Desk(page, live_server, make_user(company.runtime, role, site_id=None if role == "administrator" else company.site_id))
        crawl.walk(page, role)
        page.context.close()
    assert not crawl.found, "\n".join(crawl.found)
    assert EXPECTED - set(crawl.seen) == set()


@pytest.mark.console_errors
def test_axe_finds_nothing_serious_before_the_sign_in_at_a_link_in_a_dialog_and_at_an_error(
    runtime: Runtime, app: Flask, live_server: str, new_page: Callable[..., Page]
) -> None:
    crawl = Crawl(app, live_server)
    page = new_page()
    item, token = _link(runtime)
    for path in ("/sign-in", f"/l/{token}"):
        page.goto(f"{live_server}{path}")
        crawl.look(page, path)
    manager = Desk(page, live_server, make_user(runtime, "manager"))
    for path in ("/no/such/page", "/phone"):
        manager.go(path)
        crawl.look(page, path)
    manager.go(f"/items/{item}")
    page.set_viewport_size({"width": 1280, "height": 844})
    page.locator(".head details.menu summary").click()
    page.get_by_role("link", name="指派").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    crawl.look(page, "a dialog")
    assert not crawl.found, "\n".join(crawl.found)


@pytest.mark.parametrize("width", [1280, 390])
def test_every_stop_of_the_keyboard_can_be_seen(company: Company, live_server: str, new_page: Callable[..., Page], width: int) -> None:
    # without movement: a look is compared at once, not when it has faded in
    page = new_page(reduced_motion="reduce", viewport={"width": width, "height": 844})
    desk = Desk(page, live_server, company.clerk)
    for path in ("/", "/start/repair"):
        desk.go(path)
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        stops = []
        for _ in range(_TAB_STOPS):
            stops.append(page.evaluate(_STOP))
            if stops[-1]["isOver"]:
                break
            page.keyboard.press("Tab")
        assert len(stops) > _FEWEST_STOPS
        assert [each["unseen"] for each in stops if each["unseen"]] == []


def _link(runtime: Runtime) -> tuple[int, str]:
    """An item, and the token of the link by which a tenant agrees to a price there."""
    deploy_pricing(runtime, is_signed=True)
    worker: Person = make_user(runtime, "repair_worker")
    unit = make_unit(runtime)
    make_tenant(runtime, unit_id=unit, contact="林小姐")
    item = start(runtime, "pricing", {"amount": "480", "unit": unit}).work_item_ids[0]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, worker.actor, item))
    return item, run_step(runtime, lambda uow: outside_links.create(runtime, uow, worker.actor, item)).token
