"""The manager's day: figures that open the lists behind them, by clause, role, person and site; an idle refresh that sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from engine.runtime import Runtime
from tests.builders import Person, deploy, deploy_simple, make_instance, make_site, make_user, make_work_item, simple_process, start
from tests.engine.board_cases import Company, make_company
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
Counting = Callable[[], AbstractContextManager[list[str]]]
_DUE = """<userTask id="do_errand" name="送件"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">
<s:property name="due" value="PT1H"/><s:property name="clause" value="errand 2.1"/></s:properties></extensionElements>
</userTask>""".encode()
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def company(runtime: Runtime) -> Company:
    return make_company(runtime)


def figure_links(page: object) -> list[tuple[int, str]]:
    """(number, address) of every figure that opens something."""
    links = select(page, "//a[contains(@class, 'figure-link')] | //ul[@class='tiles']//a[contains(@href, '/today/')]")
    return [(int("".join(link.xpath(".//b//text()" if link.xpath(".//b") else ".//text()"))), link.get("href")) for link in links]


def test_every_figure_opens_as_many_rows_as_it_says(visit: Visit, company: Company, manager: Person) -> None:
    for unit in ("A-1", "A-2"):
        company.call(unit, "urgent")
    company.call("B-1", "small", told=False)
    company.runtime.clock.advance(timedelta(minutes=30))
    visitor = visit(manager)
    page = visitor.get("/today")
    words = text_of(page)
    for expected in ("報修後二十分鐘到場", "§5.1", "逾期 10 分鐘", "工程部派單員"):
        assert expected in words, expected
    found = figure_links(page)
    assert len(found) > 8
    for number, address in found:
        assert len(select(visitor.get(address), "//table/tbody/tr")) == number, address


def test_a_step_with_a_due_time_of_its_own_stands_with_its_clause(visit: Visit, runtime: Runtime, manager: Person) -> None:
    diagram = simple_process("errand", ("do_errand", "customer_service")).replace(b'<userTask id="do_errand" name="do_errand"/>', _DUE)
    deploy(runtime, {"errand.bpmn": diagram})
    start(runtime, "errand")
    runtime.clock.advance(timedelta(hours=2))
    (row,) = select(visit(manager).get("/today"), "//tbody/tr[contains(., '步驟「')]")
    words = "".join(row.text_content().split())
    assert words.startswith("步驟「送件」errand§2.1")
    assert "逾期1小時" in words


def test_an_empty_day_says_so(visit: Visit, manager: Person) -> None:
    words = text_of(visit(manager).get("/today"))
    for expected in ("沒有逾期，往後 4 小時內也沒有要到期的", "沒有等人辦理的工作", "本月還沒有可以比對的結果"):
        assert expected in words, expected
    assert "目前沒有" in text_of(visit(manager).get("/today/cases?figure=late"))


def test_a_supervisor_sees_the_own_site_alone(visit: Visit, runtime: Runtime) -> None:
    deploy_simple(runtime)
    here, there = make_site(runtime, name="東園"), make_site(runtime, name="西園")
    for site in (here, there, there):
        make_instance(runtime, site_id=site, state="incident")
    supervisor, manager = make_user(runtime, "engineering_supervisor", site_id=here), make_user(runtime, "manager")
    failed = "//li[.//span='異常']//b/text()"
    assert select(visit(supervisor).get("/today"), failed) == ["1"]
    assert visit(supervisor).get(f"/today?site={there}").status_code == 403
    page = visit(manager).get("/today")
    assert select(page, failed) == ["3"]
    assert select(visit(manager).get(f"/today?site={there}"), failed) == ["2"]
    assert "西園" in text_of(page)


def test_an_idle_refresh_is_answered_with_nothing(visit: Visit, company: Company, manager: Person, count_statements: Counting) -> None:
    company.call()
    visitor = visit(manager)
    part = visitor.get("/today", HX_Request="true")
    assert "<html" not in part.get_data(as_text=True)
    tag = part.headers["ETag"]
    answer = visitor.get("/today", HX_Request="true", If_None_Match=tag)
    assert (answer.status_code, answer.get_data()) == (304, b"")
    company.call()
    assert visitor.get("/today", HX_Request="true", If_None_Match=tag).status_code == 200


def test_it_asks_as_little_for_many_cases_as_for_few(visit: Visit, company: Company, manager: Person, count_statements: Counting) -> None:
    company.call()
    visitor = visit(manager)
    asked = []
    for _ in range(2):
        company.runtime.clock.advance(timedelta(hours=1))
        visitor.get("/today", HX_Request="true")
        with count_statements() as statements:
            assert visitor.get("/today", HX_Request="true").status_code == 200
        asked.append(len(statements))
        for _ in range(15):
            company.call()
            make_work_item(company.runtime, assignee_id=make_user(company.runtime).id, definition_key="repair", element_id="assign_worker")
    assert asked[0] == asked[1] <= 14, asked
