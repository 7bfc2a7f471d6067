"""A dispatcher at the board: by drag, by key, with a way back; the second one is told who was first; the board comes by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from engine import boards
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests.browser.desk import Desk
from tests.builders import make_user, rows
from tests.engine.board_cases import Company, make_company

pytestmark = pytest.mark.browser


@pytest.fixture
def company(runtime: Runtime) -> Company:
    return make_company(runtime)


@pytest.fixture
def desk(company: Company, live_server: str, page: Page) -> Desk:
    """The dispatcher at the board."""
    return Desk(page, live_server, company.dispatcher)


def refresh(page: Page) -> None:
    """As after ten seconds."""
    page.evaluate("document.dispatchEvent(new CustomEvent('refresh-now'))")


def holder(company: Company, case_id: int) -> int | None:
    """Who has the case's open item."""
    (item,) = rows(company.runtime, tables.work_item, tables.work_item.c.id == company.open_item(case_id))
    found: int | None = item.assignee_id
    return found


def test_by_drag_and_back_again(company: Company, desk: Desk) -> None:
    case, (worker, _) = company.call(), company.workers
    desk.go("/board")
    page = desk.page
    page.locator("[data-card]").drag_to(page.locator(f"[data-worker='{worker.id}']"))
    expect(page.locator("#notices")).to_contain_text(f"已派給{worker.name}")
    expect(page.locator("#column-assigned [data-card]")).to_have_count(1)
    assert holder(company, case.id) == worker.id
    page.get_by_role("button", name="撤銷").click()
    expect(page.locator("#column-reported [data-card]")).to_have_count(1)
    expect(page.locator("#notices")).to_contain_text("已撤銷派單")
    assert holder(company, case.id) is None


def test_by_key_with_the_selection_kept_through_a_refresh(company: Company, desk: Desk) -> None:
    first, second = company.call("A-1"), company.call("B-1")
    desk.go("/board")
    page, keys = desk.page, desk.page.keyboard
    keys.press("j")
    keys.press("j")
    selected = page.locator(".card-item.is-selected")
    expect(selected).to_contain_text("B-1")
    company.call("A-2", told=False)
    refresh(page)
    expect(page.locator("[data-card]")).to_have_count(3)
    expect(selected).to_contain_text("B-1")
    keys.press("a")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("B-1")
    keys.press("2")
    expect(page.locator("#column-assigned [data-card]")).to_have_count(1)
    last = page.locator("[data-worker]").nth(1).get_attribute("data-worker")
    assert (str(holder(company, second.id)), holder(company, first.id)) == (last, None)
    keys.press("u")
    expect(page.locator("#column-assigned [data-card]")).to_have_count(0)
    page.locator("#column-reported [data-card]").first.click(position={"x": 6, "y": 6})
    keys.press("1")
    expect(page.locator("#column-assigned [data-card]")).to_have_count(1)
    assert holder(company, first.id) is not None


def test_the_second_dispatcher_is_told_who_was_first(company: Company, desk: Desk) -> None:
    case, other = company.call(), make_user(company.runtime, "dispatcher")
    desk.go("/board")
    with UnitOfWork(company.runtime.database) as uow:
        board = boards.open_board(company.runtime, uow, other.actor).board
    item = company.open_item(case.id)
    run_step(company.runtime, lambda uow: boards.assign(company.runtime, uow, other.actor, board, item, company.workers[0].id))
    desk.page.keyboard.press("j")
    desk.page.keyboard.press("2")
    expect(desk.page.locator("#notices")).to_contain_text(other.name)
    expect(desk.page.locator("#column-assigned [data-card]")).to_contain_text(company.workers[0].name)
    assert holder(company, case.id) == company.workers[0].id


def test_on_a_phone_it_is_a_list_and_work_is_given_with_a_thumb(company: Company, desk: Desk) -> None:
    case = company.call()
    page = desk.page
    page.set_viewport_size({"width": 390, "height": 844})
    desk.go("/board")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-choose]").click()
    page.get_by_role("dialog").get_by_role("button", name=company.workers[0].name).click()
    expect(page.locator("#column-assigned [data-card]")).to_have_count(1)
    assert holder(company, case.id) == company.workers[0].id
