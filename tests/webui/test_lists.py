"""What lists offer beside their rows: saved filters, columns, order, groups, many at once, the calendar, files."""

from __future__ import annotations

import cProfile
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert
from werkzeug.test import TestResponse

from engine.model import WorkItemState
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_instance, make_user, make_work_item, rows, start
from tests.engine.board_cases import Company, make_company
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
Counting = Callable[[], AbstractContextManager[list[str]]]
pytestmark = pytest.mark.databases("sqlite")
#: function calls that one more row of the to-do list may cost (it was 1,900 when each row asked for everything itself)
_MOST_CALLS_A_ROW = 800


@pytest.fixture
def company(runtime: Runtime) -> Company:
    return make_company(runtime)


def shown(visitor: Visitor, address: str) -> list[str]:
    """Titles of a list's rows."""
    return _words(visitor.get(address), "//td[contains(@class,'c-main')]//span[contains(@class,'under')]")


def _words(page: TestResponse, xpath: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in select(page, xpath)]


def test_a_saved_filter_is_found_again_shared_and_opened_with(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    make_work_item(runtime, title="水管滲漏")
    make_work_item(runtime, title="燈不亮")
    visitor, colleague = visit(clerk), visit(make_user(runtime, "customer_service"))
    page = visitor.post(
        "/lists/todo/filters", {"query": "q=水管&after=x&limit=7", "name": "漏水", "role": "customer_service", "default": "1"}, follow=True
    )
    assert "已保存篩選「漏水」" in text_of(page)
    assert shown(visitor, "/") == [], "it sends to the filter's address"
    assert visitor.get("/").headers["Location"] == "/?q=%E6%B0%B4%E7%AE%A1&view=1"
    assert shown(visitor, visitor.get("/").headers["Location"]) == ["水管滲漏"]
    assert len(shown(visitor, "/?plain=1")) == 2
    (link,) = select(colleague.get("/"), "//div[@class='saved-filter']/a/@href")
    assert shown(colleague, link) == ["水管滲漏"]
    assert len(shown(colleague, "/")) == 2, "what a list opens with is each person's own"
    colleague.post("/lists/filters/1/default")
    assert colleague.get("/").status_code == 302
    assert colleague.post("/lists/filters/1/delete").status_code == 404
    colleague.post("/lists/todo/plain")
    assert colleague.get("/").status_code == 200
    visitor.post("/lists/filters/1/delete")
    assert visitor.get("/").status_code == 200
    assert rows(runtime, tables.saved_filter) == []


def test_a_filter_without_a_name_or_for_a_role_of_others_is_refused(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    visitor = visit(clerk)
    assert "請填寫名稱" in text_of(visitor.post("/lists/todo/filters", {"query": "q=x", "name": " "}, follow=True))
    assert "自己擔任的角色" in text_of(visitor.post("/lists/todo/filters", {"query": "", "name": "x", "role": "manager"}, follow=True))
    assert visitor.post("/lists/nonsense/filters", {"name": "x"}).status_code == 404
    assert rows(runtime, tables.saved_filter) == []


def test_columns_are_chosen_and_include_a_procedures_fields(visit: Visit, company: Company) -> None:
    company.call("A-2", "urgent")
    visitor = visit(company.dispatcher)
    page = visitor.get("/?key=repair&cols=due,registration.urgency,registration.called_at,nonsense")
    assert _words(page, "//thead//th") == ["", "事項", "期限", "維修等級", "報修時間", "操作"]
    assert "急修" in text_of(page)
    assert "A-2" in text_of(visitor.get("/cases?key=repair&cols=registration.unit"))
    plain = visitor.get("/?cols=nonsense")
    assert "所屬案件" in [each.text_content() for each in select(plain, "//thead//th")]


def test_the_list_is_sorted_by_number(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    for number in ("R-3", None, "R-1", "R-2"):
        make_work_item(runtime, business_key=number, title=str(number))
    assert shown(visit(clerk), "/?sort=number") == ["R-1", "R-2", "R-3", "None"]


def test_groups_have_counts_and_open_by_themselves(runtime: Runtime, visit: Visit, company: Company) -> None:
    deploy_simple(runtime)
    for unit in ("A-1", "A-1", "B-1"):
        company.call(unit)
    now = runtime.clock.now()
    for days in (-1, 0, 0):
        make_work_item(runtime, "dispatcher", due_at=now + timedelta(days=days, minutes=5))
    visitor = visit(make_user(runtime, "dispatcher", "manager"))

    def groups(by: str) -> dict[str, tuple[str, int]]:
        found = {}
        for each in select(visitor.get(f"/?group={by}"), "//details[contains(@class,'group')]"):
            (count,) = each.xpath("./summary/*[@class='count']")
            found[each.xpath("string(./summary/text())").strip()] = (each.get("hx-get"), int(count.text))
        return found

    units = groups("unit")
    assert {name: count for name, (_, count) in units.items()} == {"A-1": 2, "B-1": 1}
    assert len(select(visitor.get(units["A-1"][0], HX_Request="true"), "//tbody/tr")) == 2
    days = groups("day")
    assert [count for _, count in days.values()] == [1, 2, 3]
    assert list(days)[-1] == "沒有期限"
    for address, count in days.values():
        assert len(select(visitor.get(address, HX_Request="true"), "//tbody/tr")) == count
    assert {name: count for name, (_, count) in groups("role").items()} == {"工程部派單員": 6}
    for address in ("/done?group=day", "/done?group=role", "/started?group=unit", "/cases?group=day", "/cases?group=unit&key=repair"):
        assert visitor.get(address).status_code == 200


def test_many_are_claimed_with_a_preview_and_a_result_for_each(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    deploy_simple(runtime)
    items = [start(runtime, "errand").work_item_ids[0] for _ in range(3)]
    other = make_user(runtime, "customer_service")
    assert visit(other).post(f"/items/{items[1]}/claim").status_code == 303
    visitor = visit(clerk)
    form = {"verb": "claim", "item": [str(each) for each in (*items, 999)], "back": "/?q=x"}
    preview = visitor.post("/lists/bulk/preview", form)
    words = text_of(preview)
    assert "2 件可以辦理，2 件會被略過" in words
    assert f"此項工作已由{other.name}簽收" in words
    assert [row.assignee_id for row in rows(runtime, tables.work_item)] == [None, other.id, None], "the preview does nothing"
    result = visitor.post("/lists/bulk", form)
    assert "2 件完成，2 件未辦理" in text_of(result)
    assert [row.assignee_id for row in rows(runtime, tables.work_item)] == [clerk.id, other.id, clerk.id]
    assert select(result, "//nav[@class='crumbs']/a/@href") == ["/?q=x"]


def test_many_are_assigned_by_those_who_may_and_reminded_once_an_hour(
    runtime: Runtime, visit: Visit, clerk: Person, manager: Person
) -> None:
    deploy_simple(runtime)
    items = [str(start(runtime, "errand").work_item_ids[0]) for _ in range(2)]
    form = {"verb": "assign", "item": items}
    asked = visit(manager).post("/lists/bulk/preview", form)
    assert clerk.name in text_of(asked)
    assert not select(asked, "//table")
    assert visit(manager).post("/lists/bulk", form).status_code == 422
    assert "2 件未辦理" in text_of(visit(clerk).post("/lists/bulk", {**form, "assignee": str(clerk.id)}))
    assert "2 件完成" in text_of(visit(manager).post("/lists/bulk", {**form, "assignee": str(clerk.id)}))
    assert "2 件完成" in text_of(visit(clerk).post("/lists/bulk", {"verb": "remind", "item": items}))
    assert "剛才已經催辦過" in text_of(visit(clerk).post("/lists/bulk", {"verb": "remind", "item": items}))
    assert visit(clerk).post("/lists/bulk", {"verb": "claim"}).status_code == 422
    assert visit(clerk).post("/lists/bulk", {"verb": "delete", "item": items}).status_code == 404


def test_the_calendar_shows_what_is_due_and_what_is_overdue(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    now = runtime.clock.now()
    for hours, title in ((-30, "昨天的"), (2, "今天的"), (26, "明天的"), (24 * 40, "下月的")):
        make_work_item(runtime, due_at=now + timedelta(hours=hours), title=title)
    visitor = visit(clerk)
    month = visitor.get("/calendar")
    assert len(select(month, "//table//td")) % 7 == 0
    assert "2026年3月" in text_of(month)
    assert select(month, "//td[contains(@class,'is-today')]//li/a/@title") == ["今天的"]
    assert "昨天的" in select(month, "string(//ul[@class='overdue-items'])")
    assert "下月的" not in text_of(month)
    assert "下月的" in text_of(visitor.get("/calendar?at=2026-04-11"))
    assert len(select(visitor.get("/calendar?span=week"), "//table//td")) == 7
    assert shown(visitor, "/?day=2026-03-03") == ["明天的"]
    assert visitor.get("/calendar?at=nonsense&span=x").status_code == 200


def test_a_file_holds_what_the_list_shows_and_is_kept_on_record(runtime: Runtime, visit: Visit, company: Company) -> None:
    company.call("A-2", "urgent")
    company.call("B-1", "small")
    visitor = visit(company.dispatcher)
    answer = visitor.get("/lists/todo/file.xlsx?key=repair&cols=case,registration.unit,registration.called_at&unit=A-2")
    sheet = load_workbook(io.BytesIO(answer.get_data())).active
    assert sheet is not None
    values = list(sheet.iter_rows(values_only=True))
    assert values[0][:3] == ("事項", "案件標題", "編號")
    assert values[0][-2:] == ("單元（座別）", "報修時間")
    assert [row[-2] for row in values[1:]] == ["A-2"]
    assert values[1][-1].year == 2026  # type: ignore[union-attr]
    (kept,) = rows(runtime, tables.list_export)
    assert (kept.user_id, kept.list, kept.kind, kept.row_count) == (company.dispatcher.id, "todo", "xlsx", 1)
    assert "unit=A-2" in kept.query


def test_every_list_leaves_as_csv_without_formulas(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    now = runtime.clock.now()
    for number in range(205):
        make_work_item(runtime, title=f"=1+{number}", due_at=now + timedelta(minutes=number))
    make_work_item(runtime, title="辦完的", state=WorkItemState.COMPLETED, completed_by=clerk.id, completed_at=now)
    visitor = visit(clerk)
    lines = visitor.get("/lists/todo/file.csv").get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == 206
    assert "'=1+0" in lines[1]
    assert "辦完的" in visitor.get("/lists/done/file.csv").get_data(as_text=True)
    assert visitor.get("/lists/cases/file.csv").get_data().decode("utf-8-sig").count("\n") == 207
    for name in ("started", "copied"):
        assert visitor.get(f"/lists/{name}/file.csv").status_code == 200
    assert visitor.get("/lists/nonsense/file.csv").status_code == 404


@pytest.mark.parametrize(
    ("address", "most"),
    [("/?group=day", 9), ("/?group=unit", 10), ("/?group=role", 9), ("/?sort=number", 10), ("/calendar", 8), ("/cases?group=day", 12),
     ("/?key=errand&cols=due", 10)],
)  # fmt: skip
def test_the_cost_of_a_list_page_does_not_grow(
    runtime: Runtime, visit: Visit, clerk: Person, count_statements: Counting, address: str, most: int
) -> None:
    deploy_simple(runtime)
    visitor = visit(clerk)
    asked = []
    for _ in range(2):
        for number in range(30):
            make_work_item(runtime, due_at=runtime.clock.now() + timedelta(hours=number))
        # what was deployed is read once a process
        for _ in range(2):
            visitor.get(address)
        with count_statements() as statements:
            assert visitor.get(address).status_code == 200
        asked.append(len(statements))
    # a list that fits on one page also looks for what has no due time
    assert asked[1] <= asked[0] <= most, statements


def copy_to(runtime: Runtime, person: Person, case: int, at: datetime) -> None:
    """A copy of the case for the person."""
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.carbon_copy).values(instance_id=case, user_id=person.id, at=at))


def test_every_heading_puts_the_list_in_order_and_back(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    now = runtime.clock.now()
    for hours, title in ((3, "乙"), (2, "丙"), (1, "甲")):
        then = now - timedelta(hours=hours)
        case = make_instance(runtime, title=title, started_by=clerk.id, started_at=then, moved_at=then)
        make_work_item(runtime, instance_id=case, title=title, due_at=now + timedelta(hours=hours))
        make_work_item(
            runtime, instance_id=case, title=title, state=WorkItemState.COMPLETED, completed_by=clerk.id, completed_at=then
        )
        copy_to(runtime, clerk, case, then)
    visitor = visit(clerk)
    by_title, newest = ["丙", "乙", "甲"], ["甲", "丙", "乙"]
    for address in ("/done", "/started", "/cases", "/copied"):
        plain = visitor.get(address)
        assert _titles(plain) == newest, address
        by_name, by_time = select(plain, "//thead//a[@class='sort']/@href")
        assert _titles(visitor.get(by_name)) == by_title, address
        oldest = visitor.get(by_time)
        assert _titles(oldest) == newest[::-1], address
        assert select(oldest, "//th[@aria-sort='ascending']"), address
        first = visitor.get(f"{by_name}&limit=2")
        (more,) = select(first, "//a[@data-more]/@href")
        assert _titles(first) + _titles(visitor.get(more)) == by_title, address
        assert visitor.get(f"{more}&sort=oldest").status_code == 200
    assert shown(visitor, "/?sort=title") == by_title


def _titles(page: TestResponse) -> list[str]:
    """Of a list of items what stands below their names, of a list of cases the names."""
    cells = select(page, "//tbody//td[contains(@class,'c-main')]")
    return [(cell.xpath("string(.//span[contains(@class,'under')])") or cell.xpath("string(./a)")).strip() for cell in cells]


def test_what_was_copied_is_searched_and_narrowed(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    definitions = {key: deploy_simple(runtime, key).id for key in ("errand", "visit")}
    for key, title in (("errand", "水管滲漏"), ("errand", "燈不亮"), ("visit", "水管檢查")):
        case = make_instance(runtime, key, definition_id=definitions[key], title=title)
        copy_to(runtime, clerk, case, runtime.clock.now())
    visitor = visit(clerk)
    assert _titles(visitor.get("/copied?q=水管")) == ["水管檢查", "水管滲漏"]
    assert _titles(visitor.get("/copied?q=水管&key=visit")) == ["水管檢查"]
    assert "沒有符合條件的案件" in text_of(visitor.get("/copied?q=電梯"))
    lines = visitor.get("/lists/copied/file.csv?q=水管&key=errand").get_data(as_text=True).splitlines()
    assert len(lines) == 2


def test_a_row_costs_little_beside_its_page(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    """Counted in function calls, which no busy machine changes: what a page asks once must not be asked by every row."""
    deploy_simple(runtime)
    visitor = visit(clerk)
    for number in range(25):
        make_work_item(runtime, due_at=runtime.clock.now() + timedelta(hours=number), title=f"第{number}件")

    def calls(address: str) -> int:
        visitor.get(address)
        profile = cProfile.Profile()
        profile.enable()
        visitor.get(address)
        profile.disable()
        return sum(entry.callcount for entry in profile.getstats())

    few, many = calls("/?limit=5"), calls("/?limit=25")
    assert (many - few) / 20 <= _MOST_CALLS_A_ROW


def test_cases_are_looked_for_by_step_field_person_and_age(visit: Visit, company: Company) -> None:
    """What is folded away opens where it is used, names whom it means, and goes into the file as well."""
    company.call("A-2", "urgent")
    company.call("B-1")
    manager = visit(make_user(company.runtime, "manager"))

    def titles(address: str) -> list[str]:
        return [each.text_content() for each in select(manager.get(address), "//tbody//td[contains(@class, 'c-case')]")]

    assert len(titles("/cases?state=open")) == 2
    assert len(titles("/cases?var=registration.urgency&val=urgent")) == 1
    assert len(titles("/cases?var=registration.unit&val=B-")) == 1
    assert titles("/cases?age=7") == titles("/cases?step=nowhere") == titles(f"/cases?person={company.dispatcher.id}") == []
    (step,) = {each.text_content() for each in select(manager.get("/cases"), "//span[@class='step']")}
    assert len(titles(f"/cases?step={step}")) == 2
    page = manager.get(f"/cases?person={company.dispatcher.id}&idle=3&cols=step,site,version,started")
    assert select(page, "//details[contains(@class, 'further')]/@open")
    assert select(page, "string(//input[@id='by-person']/@value)") == company.dispatcher.name
    headings = select(manager.get("/cases?cols=version,site"), "//thead//th")
    assert [each.text_content() for each in headings] == ["", "案件標題", "管理項目", "版本"]
    assert "不能用來篩選" in text_of(manager.get("/cases?var=registration.called_at&val=gestern"))
    csv = manager.get("/lists/cases/file.csv?var=registration.urgency&val=urgent").get_data(as_text=True)
    assert csv.count("\n") == 2
