"""Registers and limits on the page: lists, filters, order, figures, files, and the way to a case."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from engine.clock import MovableClock
from engine.jobs.inline import advance
from engine.persistence import tables
from engine.queries import registers
from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, make_building, make_site, make_unit, make_user, rows, start
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
REGISTER = "/registers/repair/repair_register"


@pytest.fixture
def repairs(runtime: Runtime, clock: MovableClock, clerk: Person) -> list[int]:
    """Three repair calls in two units of two buildings; the first is late on site."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    site = make_site(runtime)
    for code, name in (("A-1", "東座"), ("B-1", "西座")):
        make_unit(runtime, code=code, site_id=site, building_id=make_building(runtime, site_id=site, name=name))
    made = []
    for unit, urgency in (("A-1", "small"), ("A-1", "urgent"), ("B-1", "general")):
        values = {
            "channel": "phone", "called_at": runtime.clock.now().isoformat(), "unit": unit, "caller": "王小明", "phone": "0571-88001234",
            "category": "water", "urgency": urgency, "items": "水管滲漏", "charged": "unknown",
        }  # fmt: skip
        made.append(start(runtime, "repair", values, actor=clerk.actor).id)
        if len(made) == 1:
            advance(runtime, clock, timedelta(minutes=30))
    return made


def test_the_list_leads_to_a_register_and_that_to_its_cases(visit: Visit, clerk: Person, repairs: list[int]) -> None:
    visitor = visit(clerk)
    assert REGISTER in select(visitor.get("/registers"), "//ul[@class='rows']//a/@href")
    page = visitor.get(REGISTER)
    assert page.status_code == 200
    links = select(page, "//table[contains(@class, 'register')]//a[@class='lead']/@href")
    assert sorted(links) == sorted(f"/cases/{case}" for case in repairs)
    # the unit's name leads to its dossier
    (dossier, *_) = select(page, "//table[contains(@class, 'register')]//a[contains(@href, '/dossiers?')]/@href")
    opened = visitor.get(dossier)
    assert (opened.status_code, "/dossiers/unit" in opened.headers["Location"]) == (303, True)


def test_filters_and_order_come_from_the_address(visit: Visit, clerk: Person, repairs: list[int]) -> None:
    visitor = visit(clerk)

    def rows(query: str) -> int:
        return len(select(visitor.get(f"{REGISTER}?{query}"), "//table[contains(@class, 'register')]/tbody/tr"))

    assert rows("unit=A-1") == 2
    assert rows("building=1") == 2
    assert rows("q=B-1") == 1
    assert rows("state=completed") == 0
    assert rows("since=2026-03-02&until=2026-03-02") == 3
    assert rows("since=2026-03-03") == 0
    # what makes no sense is passed over
    assert rows("since=soon&until=0001-01-01&building=x&state=x&sort=x&by=x&f_x=y") == 3


@pytest.mark.parametrize("locale", ["zh-Hant", "zh-Hans", "en"])
def test_every_language_has_the_page(visit: Visit, runtime: Runtime, repairs: list[int], locale: str) -> None:
    person = make_user(runtime, "manager", locale=locale)
    words = text_of(visit(person, locale=locale).get(REGISTER))
    assert {"zh-Hant": "單元", "zh-Hans": "单元", "en": "Summary"}[locale] in words


def test_of_a_large_register_the_month_comes_first(
    visit: Visit, clerk: Person, clock: MovableClock, repairs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is one link away, and files follow what is shown."""
    monkeypatch.setattr(registers, "LARGE", 2)
    visitor = visit(clerk)
    assert len(select(visitor.get(REGISTER), "//table[contains(@class, 'register')]/tbody/tr")) == 3
    clock.advance(timedelta(days=40))
    page = visitor.get(REGISTER)
    assert select(page, "//table[contains(@class, 'register')]/tbody/tr") == []
    assert "since=" in select(page, "//a[contains(@href, 'file.csv')]/@href")[0]
    (whole,) = select(page, "//a[contains(@href, 'period=all')]/@href")
    page = visitor.get(whole)
    assert len(select(page, "//table[contains(@class, 'register')]/tbody/tr")) == 3
    assert "period=all" in select(page, "//th//a[contains(@href, 'sort=')]/@href")[0]


def test_files_hold_what_the_page_shows(visit: Visit, clerk: Person, runtime: Runtime, repairs: list[int]) -> None:
    visitor = visit(clerk)
    text = visitor.get(f"{REGISTER}/file.csv?unit=A-1")
    assert text.headers["Content-Type"].startswith("text/csv")
    assert len(text.get_data().decode("utf-8-sig").splitlines()) == 3
    book = visitor.get(f"{REGISTER}/file.xlsx?sort=number")
    assert "attachment" in book.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(book.get_data())).active
    assert isinstance(sheet, Worksheet)
    head, *lines, totals = sheet.iter_rows()
    assert (head[0].value, len(lines), totals[0].value) == ("編號", 3, "合計（3）")
    called = next(cell for cell in lines[0] if cell.is_date)
    assert called.number_format == "yyyy-mm-dd hh:mm"
    # what is narrower than a time shows crosses instead
    assert sheet.column_dimensions[called.column_letter].width > len("2026-03-02 09:00")
    assert "0.0% (0/1)" in {cell.value for cell in totals}
    assert sheet.auto_filter.ref == f"A1:{head[-1].column_letter}4"
    noted = [(row.list, row.kind, row.row_count) for row in rows(runtime, tables.list_export)]
    assert noted == [("register", "csv", 2), ("register", "xlsx", 3)]
    assert visitor.get(f"{REGISTER}/file.exe").status_code == 404
    assert visitor.get("/registers/repair/nonsense").status_code == 404


def test_limits_are_measured_and_told_apart(visit: Visit, clerk: Person, repairs: list[int]) -> None:
    visitor = visit(clerk)
    overview = visitor.get("/limits")
    (row,) = select(overview, "//tr[td/a[contains(., '報修後二十分鐘到場')]]")
    assert [cell.text_content().strip() for cell in row.findall("td")][2:7] == ["0.0%", "未達標", "0", "1", "0"]
    page = visitor.get("/limits/repair.on_site")
    assert "東座" in text_of(page)
    assert "西座" in text_of(page)
    missed = visitor.get("/limits/repair.on_site?outcome=missed&by=person")
    assert select(missed, "//table[last()]//a[@class='lead']/@href")[-1] == f"/cases/{repairs[0]}"
    none = visitor.get("/limits/repair.on_site?since=2020-01-01&until=2020-01-31")
    assert "這段期間沒有案件" in text_of(none)
    assert visitor.get("/limits/nonsense").status_code == 404


def test_lists_cost_a_fixed_number_of_statements(
    visit: Visit, clerk: Person, repairs: list[int], count_statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    visitor = visit(clerk)
    for address, most in ((REGISTER, 17), ("/limits", 10), ("/limits/repair.on_site", 24), ("/limits/over-time", 16)):
        visitor.get(address)
        with count_statements() as statements:
            assert visitor.get(address).status_code == 200
        assert len(statements) <= most, (address, len(statements))


def test_a_share_shows_its_target_who_is_counted_apart_and_its_file(visit: Visit, clerk: Person, repairs: list[int]) -> None:
    visitor = visit(clerk)
    page = visitor.get("/limits/repair.followed_up?by=month")
    assert "100%" in text_of(page)
    assert "聯繫不上和拒絕的另計" in text_of(page)
    assert visitor.get("/limits/repair.followed_up?outcome=apart").status_code == 200
    text = visitor.get("/limits/repair.on_site/cases.csv?outcome=missed")
    lines = text.get_data().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("編號,案件標題,輪次,結果")
    assert len(lines) == 2
    assert text.headers["Cache-Control"] == "private, no-store"
    assert visitor.get("/limits/nonsense/cases.csv").status_code == 404


def test_a_limit_is_drawn_month_by_month_and_its_target_set_from_a_day_on(visit: Visit, manager: Person, repairs: list[int]) -> None:
    """The drawing's marks open the cases of their month; the same stands in a table; what was set is listed with its reason."""
    visitor = visit(manager)
    page = visitor.get("/limits/repair.on_site?months=24")
    (mark,) = select(page, "//*[local-name()='svg' and contains(@class, 'limit-chart')]//*[local-name()='a']/@href")
    assert mark.endswith("#cases")
    assert len(select(page, "//details//tbody/tr")) == 24
    assert "style=" not in page.get_data(as_text=True)
    assert "報修後二十分鐘到場" in text_of(visitor.get("/limits/over-time"))
    address = "/limits/repair.on_site/target"
    seen = visitor.get(f"{address}?value=15&unit=minutes&from=2027-01-01")
    assert "20 分鐘 → 15 分鐘" in text_of(seen)
    assert visitor.post(address, {"value": "0", "unit": "minutes", "from": "2027-01-01", "reason": "x"}).status_code == 422
    sent = {"value": "15", "unit": "minutes", "from": "2027-01-01", "reason": "人手增加"}
    assert visitor.post(address, sent).status_code == 303
    told = visitor.get(address)
    assert "人手增加" in text_of(told)
    (withdraw,) = select(told, "//form[contains(@action, '/withdraw')]/@action")
    assert visitor.post(withdraw, {}).status_code == 303
    assert "已撤回" in text_of(visitor.get(address))


def test_the_months_pack_is_a_page_and_files(visit: Visit, manager: Person, repairs: list[int]) -> None:
    """Headers of files are Latin, whatever the files are called: servers refuse others."""
    visitor = visit(manager)
    address = visitor.get("/month-pack").location
    page = visitor.get(address)
    assert "接修" in text_of(page)
    file = visitor.get(f"{address}/file.xlsx")
    assert file.get_data().startswith(b"PK")
    assert str(file.headers["Content-Disposition"]).isascii()
    assert visitor.get("/month-pack/nonsense").status_code == 404
