"""The lists: tabs, filters, parts for the page's own script, empty states, and a cost that doesn't grow."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from engine.model import WorkItemState
from engine.runtime import Runtime
from tests.builders import Person, make_instance, make_work_item
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
Counting = Callable[[], AbstractContextManager[list[str]]]
pytestmark = pytest.mark.databases("sqlite")


def test_an_empty_inbox_says_so_and_offers_a_next_step(visit: Visit, clerk: Person) -> None:
    for address, words in (
        ("/", "都辦完了"),
        ("/done", "還沒有辦結的事項"),
        ("/started", "您還沒有發起過案件"),
        ("/cases", "還沒有案件"),
    ):
        page = visit(clerk).get(address)
        assert words in text_of(page)
        assert select(page, "//*[@class='empty-state']//a"), address


def test_due_times_are_said_in_words_with_the_moment_beside_them(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    now = runtime.clock.now()
    for minutes, title in ((-125, "甲"), (12, "乙"), (300, "丙")):
        make_work_item(runtime, due_at=now + timedelta(minutes=minutes), title=title)
    make_work_item(runtime, title="丁")
    page = visit(clerk).get("/")
    words = text_of(page)
    for expected in ("逾期 2 小時 5 分", "還有 12 分鐘", "還有 5 小時"):
        assert expected in words
    assert [row.get("class") for row in select(page, "//tbody/tr")] == ["is-late", "is-soon", "", ""], (
        "the most urgent come first"
    )
    assert "期限 2026-03-02 09:12" in select(page, "//time/@title")


def test_filters_narrow_and_can_be_cleared(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    make_work_item(runtime, title="水管滲漏", due_at=runtime.clock.now() - timedelta(hours=1))
    make_work_item(runtime, title="燈不亮", assignee_id=clerk.id, state=WorkItemState.CLAIMED)
    visitor = visit(clerk)
    for query, shown, hidden in (
        ("q=滲漏", "水管滲漏", "燈不亮"),
        ("due=late", "水管滲漏", "燈不亮"),
        ("holder=mine", "燈不亮", "水管滲漏"),
        ("holder=unclaimed", "水管滲漏", "燈不亮"),
    ):
        words = text_of(visitor.get(f"/?{query}"))
        assert shown in words, query
        assert hidden not in words, query
        assert "清除" in words
    assert "沒有符合條件的事項" in text_of(visitor.get("/?q=電梯"))


def test_an_address_with_nonsense_in_it_shows_the_plain_list(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    make_work_item(runtime, title="水管滲漏")
    for query in ("sort=nonsense", "holder=x", "due=x", "limit=-4", "limit=9999999", "limit=x"):
        assert "水管滲漏" in text_of(visit(clerk).get(f"/?{query}")), query
    assert visit(clerk).get("/?after=nonsense").status_code == 422


def test_pages_follow_each_other(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    for number in range(28):
        make_work_item(runtime, title=f"第{number}件")
    visitor = visit(clerk)
    first = visitor.get("/?sort=created")
    (more,) = select(first, "//div[@class='more']/a/@href")
    second = visitor.get(more)
    titles = [*select(first, "//tbody//a/@id"), *select(second, "//tbody//a/@id")]
    assert len(titles) == len(set(titles)) == 28


def test_the_pages_script_gets_the_list_alone(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    make_work_item(runtime)
    part = visit(clerk).get("/", HX_Request="true").get_data(as_text=True)
    assert "<table" in part
    assert "<html" not in part
    assert "data-counts" in part


@pytest.mark.parametrize("address", ["/", "/?sort=created", "/done", "/started", "/cases"])
def test_a_list_costs_the_same_however_long_it_is(
    runtime: Runtime, visit: Visit, clerk: Person, count_statements: Counting, address: str
) -> None:
    visitor = visit(clerk)
    costs = []
    for more in (3, 15):
        for _ in range(more):
            make_work_item(runtime, due_at=runtime.clock.now())
            make_work_item(
                runtime, state=WorkItemState.COMPLETED, completed_by=clerk.id, completed_at=runtime.clock.now()
            )
            make_instance(runtime, started_by=clerk.id)
        visitor.get(address)
        with count_statements() as statements:
            assert visitor.get(address).status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1]
    assert costs[0] <= 9, statements


def test_the_done_tab_tells_what_was_late(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    now = runtime.clock.now()
    for title, due in (("甲", now - timedelta(hours=2)), ("乙", now + timedelta(hours=2))):
        make_work_item(
            runtime, title=title, state=WorkItemState.COMPLETED, completed_by=clerk.id, completed_at=now, due_at=due
        )
    words = text_of(visit(clerk).get("/done"))
    assert "逾期 2 小時" in words
    assert "按時" in words
