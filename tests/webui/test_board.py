"""The board's pages: what a card says, filters in the address, giving work without scripts, an idle refresh that costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from engine import instances
from engine.company import substitutes
from engine.persistence import tables
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import make_user, rows
from tests.engine.board_cases import Company, make_company
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
Counting = Callable[[], AbstractContextManager[list[str]]]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def company(runtime: Runtime) -> Company:
    return make_company(runtime)


def test_cards_stand_in_their_columns_with_class_and_clocks(visit: Visit, company: Company) -> None:
    company.call("A-1", "urgent")
    company.call("B-1", told=False)
    page = visit(company.dispatcher).get("/board")
    assert len(select(page, "//section[@id='column-reported']//li[@data-card]")) == 2
    words = text_of(page)
    for expected in ("待派單", "急修", "報修後二十分鐘到場", "還有 20 分鐘", "小修當天完成"):
        assert expected in words, expected
    assert len(select(page, "//li[@data-card and @draggable]")) == 1, "what engineering has not been told yet can't be given out"
    english = text_of(visit(company.dispatcher, locale="en").get("/board"))
    assert "派單看板" in english, "the account's language goes before the browser's"


def test_an_empty_board_says_so(visit: Visit, company: Company) -> None:
    assert "沒有卡片" in text_of(visit(company.dispatcher).get("/board"))


def test_whoever_uses_no_board_is_told_so(visit: Visit, company: Company) -> None:
    administrator = visit(make_user(company.runtime, "administrator"))
    page = administrator.get("/board")
    assert page.status_code == 200
    assert "您的角色目前不在其中" in text_of(page)
    assert administrator.get("/board?board=repair").status_code == 404
    assert visit(make_user(company.runtime, "cashier")).get("/board").status_code == 403


def test_filters_and_the_map_are_addresses(visit: Visit, company: Company) -> None:
    company.call("A-1", "urgent")
    company.call("B-1", "small")
    visitor = visit(company.dispatcher)

    def cards(query: str) -> int:
        return len(select(visitor.get(f"/board?{query}"), "//li[@data-card]"))

    (east,) = select(visitor.get("/board"), "//figcaption/a[text()='東座']/@href")
    assert cards(east.partition("?")[2]) == 1
    queries = ("class=urgent", "class=nonsense", "q=B-1", "worker=999", "floor=x&site=x&limit=x")
    assert [cards(query) for query in queries] == [1, 0, 1, 0, 2]


def test_giving_work_without_scripts_asks_and_offers_the_way_back(visit: Visit, company: Company) -> None:
    case, worker = company.call(), company.workers[0]
    visitor = visit(company.dispatcher)
    address = f"/board/repair/assign/{company.open_item(case.id)}"
    assert worker.name in text_of(visitor.get(address))
    assert visitor.post(address, {}).status_code == 422
    page = visitor.post(address, {"worker": str(worker.id)}, follow=True)
    assert f"已派給{worker.name}" in text_of(page)
    fields = {each.get("name"): each.get("value") for each in select(page, "//form[contains(@action, '/undo')]//input")}
    assert visitor.post("/board/repair/undo", fields, follow=True).status_code == 200
    assert rows(company.runtime, tables.work_item)[-1].element_id == "assign_worker"
    again = visitor.post("/board/repair/undo", fields)
    assert again.status_code == 409


def test_the_second_dispatcher_reads_who_was_first(visit: Visit, company: Company) -> None:
    case = company.call()
    address = f"/board/repair/assign/{company.open_item(case.id)}"
    first, second = (visit(company.dispatcher) for _ in range(2))
    first.post(address, {"worker": str(company.workers[0].id)})
    answer = second.post(address, {"worker": str(company.workers[1].id)}, HX_Request="true")
    assert answer.status_code == 409
    assert company.dispatcher.name in text_of(answer)


def test_an_idle_refresh_is_answered_without_reading_cards(visit: Visit, company: Company, count_statements: Counting) -> None:
    company.call()
    visitor = visit(company.dispatcher)
    tag = visitor.get("/board", HX_Request="true").headers["ETag"]
    with count_statements() as statements:
        answer = visitor.get("/board", HX_Request="true", If_None_Match=tag)
    assert (answer.status_code, answer.get_data()) == (304, b"")
    assert len(statements) <= 5
    company.call()
    assert visitor.get("/board", HX_Request="true", If_None_Match=tag).status_code == 200


def test_the_board_asks_as_little_for_many_cards_as_for_few(visit: Visit, company: Company, count_statements: Counting) -> None:
    company.call()
    visitor = visit(company.dispatcher)
    asked = []
    for _ in range(2):
        visitor.get("/board")
        with count_statements() as statements:
            assert visitor.get("/board").status_code == 200
        asked.append(len(statements))
        for _ in range(25):
            company.call()
    # a column costs its cards and their clocks
    assert asked[0] == asked[1]
    more = select(visitor.get("/board"), "//li[@class='board-more']/button/@hx-get")
    assert len(more) == 1
    assert len(select(visitor.get(more[0], HX_Request="true"), "//li[@data-card]")) == 20


def test_who_is_away_and_who_stands_in_is_shown_and_a_suspended_case_stands_apart(visit: Visit, company: Company) -> None:
    runtime, (first, second) = company.runtime, company.workers
    case, other = company.call("A-1"), company.call("B-1")
    visitor = visit(company.dispatcher)
    tag = visitor.get("/board", HX_Request="true").headers["ETag"]
    now, manager = runtime.clock.now(), make_user(runtime, "manager", site_id=company.site_id)
    for absent, procedures in ((first, None), (second, ["follow_up"])):
        run_step(runtime, lambda uow, absent=absent, procedures=procedures: substitutes.appoint(
            runtime, uow, manager.actor, absent_id=absent.id, substitute_id=company.clerk.id, starts_at=now,
            ends_at=now + timedelta(days=1),
            procedures=procedures))
    refreshed = visitor.get("/board", HX_Request="true", If_None_Match=tag)
    assert refreshed.status_code == 200, "it changes when somebody goes away"
    (away,) = select(refreshed, "//li[contains(@class,'is-away')]")
    assert away.get("data-worker") == str(first.id), "who is away for another procedure only is there for this board"
    assert f"由{company.clerk.name}代理" in away.text_content()
    run_step(runtime, lambda uow: instances.suspend(runtime, uow, manager.actor, case.id, "業戶外出"))
    page = visitor.get("/board")
    (apart,) = select(page, "//section[contains(@class,'is-suspended')]//a/@href")
    assert apart == f"/cases/{case.id}"
    (card,) = select(page, "//li[@data-card]//a[@class='lead']/@href")
    assert card == f"/cases/{other.id}"
