"""The directory's pages: lists that are searched and paged, entries with their history, two people at once, people and their passwords."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import insert

from engine.folding import fold_all
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, make_building, make_site, make_tenant, make_unit, make_user, rows
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def administrator(runtime: Runtime) -> Person:
    """Keeps the directory."""
    return make_user(runtime, "administrator")


@pytest.mark.parametrize("kind", ["site", "building", "unit", "tenant", "tenancy", "person"])
def test_every_kind_has_a_list_and_an_empty_one_says_what_to_do(runtime: Runtime, visit: Visit, administrator: Person, kind: str) -> None:
    visitor = visit(administrator)
    assert visitor.get(f"/directory/{kind}").status_code == 200
    if kind != "person":
        assert "新增第一筆後會列在這裡" in text_of(visitor.get(f"/directory/{kind}"))
    make_tenant(runtime, unit_id=make_unit(runtime))
    page = visitor.get(f"/directory/{kind}")
    (link, *_) = select(page, "//a[@class='lead']/@href")
    assert "更改記錄" in text_of(visitor.get(link))


def test_a_page_of_a_long_list_costs_the_same_at_any_depth(
    runtime: Runtime, visit: Visit, administrator: Person, count_statements: Callable[[], object]
) -> None:
    """And is found, and turned round."""
    building_id = make_building(runtime, site_id=(site_id := make_site(runtime)))
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.unit), [
            {"site_id": site_id, "building_id": building_id, "code": f"U-{number:06}", "search": fold_all(f"U-{number:06}")}
            for number in range(1_000)])
    visitor = visit(administrator)
    with count_statements() as statements:  # type: ignore[attr-defined]
        page = visitor.get("/directory/unit")
    first, seen = len(statements), [link.text for link in select(page, "//a[@class='lead']")]
    (following,) = select(page, "//p[@class='more']/a/@href")
    with count_statements() as statements:  # type: ignore[attr-defined]
        second = visitor.get(following)
    assert len(statements) == first
    assert select(second, "//a[@class='lead']")[0].text > seen[-1]
    assert [link.text for link in select(visitor.get("/directory/unit?q=u000777"), "//a[@class='lead']")] == ["U-000777"]
    assert select(visitor.get("/directory/unit?sort=-code"), "//a[@class='lead']")[0].text == "U-000999"


def test_a_change_is_on_record_before_and_after(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    tenant_id = make_tenant(runtime, code="T1", name="舊名公司")
    visitor = visit(administrator)
    form = {"version": "1", "code": "T1", "name": "新名公司", "kind": "company", "locale": "en"}
    assert visitor.post(f"/directory/tenant/{tenant_id}/edit", form).status_code == 303
    shown = text_of(visitor.get(f"/directory/tenant/{tenant_id}"))
    assert "舊名公司 → 新名公司" in shown
    assert administrator.name in shown


def test_the_second_of_two_is_told_and_sees_both(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    """Nothing typed is lost, and saving again is then meant."""
    tenant_id = make_tenant(runtime, code="T1", name="原名")
    one, two = visit(administrator), visit(make_user(runtime, "manager"))
    form = {"version": "1", "code": "T1", "kind": "company", "locale": "en"}
    one.post(f"/directory/tenant/{tenant_id}/edit", {**form, "name": "第一人的名稱"})
    refused = two.post(f"/directory/tenant/{tenant_id}/edit", {**form, "name": "第二人的名稱"})
    assert refused.status_code == 409
    assert "目前為：第一人的名稱" in text_of(refused)
    assert select(refused, "//input[@name='name']/@value") == ["第二人的名稱"]
    (version,) = select(refused, "//input[@name='version']/@value")
    two.post(f"/directory/tenant/{tenant_id}/edit", {**form, "name": "第二人的名稱", "version": version})
    assert rows(runtime, tables.tenant)[0].name == "第二人的名稱"


def test_errors_stand_beside_their_fields_and_nothing_is_lost(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    building_id = make_building(runtime)
    sent = {"building_id": str(building_id), "code": "", "floor": "high", "area": "-3"}
    refused = visit(administrator).post("/directory/unit/new", sent)
    assert refused.status_code == 422
    assert len(select(refused, "//div[@class='invalid-feedback']")) == 3
    assert select(refused, "//input[@name='floor']/@value") == ["high"]
    assert rows(runtime, tables.unit) == []


def test_a_tenancy_takes_codes_as_they_are_typed(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    make_unit(runtime, code="B-0801")
    make_tenant(runtime, code="T77")
    sent = {"unit_id_text": "B-0801", "tenant_id_text": "T77", "started_at": "2026-01-01", "fee_rate": "2.8"}
    assert visit(administrator).post("/directory/tenancy/new", sent).status_code == 303
    assert len(rows(runtime, tables.tenancy)) == 1
    refused = visit(administrator).post("/directory/tenancy/new", {**sent, "unit_id_text": "nowhere"})
    assert "找不到「nowhere」" in text_of(refused)


def test_what_is_deactivated_leaves_the_list_with_its_reason_and_comes_back(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    unit_id = make_unit(runtime, code="C-1")
    visitor = visit(administrator)
    assert visitor.post(f"/directory/unit/{unit_id}/deactivate", {"reason": ""}).status_code == 422
    visitor.post(f"/directory/unit/{unit_id}/deactivate", {"reason": "合併到隔壁"})
    assert "C-1" not in text_of(visitor.get("/directory/unit"))
    assert "C-1" in text_of(visitor.get("/directory/unit?state=ended"))
    assert "原因：合併到隔壁" in text_of(visitor.get(f"/directory/unit/{unit_id}"))
    visitor.post(f"/directory/unit/{unit_id}/reactivate", {"reason": "分開了"})
    assert "C-1" in text_of(visitor.get("/directory/unit"))


def test_telephone_numbers_are_for_those_who_call(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    tenant_id = make_tenant(runtime, phone="13899990000")
    assert "13899990000" in text_of(visit(clerk).get(f"/directory/tenant/{tenant_id}"))
    guard = visit(make_user(runtime, "security_officer"))
    for path in (f"/directory/tenant/{tenant_id}", "/directory/tenant"):
        assert "13899990000" not in text_of(guard.get(path))


def test_somebody_new_chooses_a_password_by_a_link_that_works_once(runtime: Runtime, visit: Visit, administrator: Person) -> None:
    visitor = visit(administrator)
    made = visitor.post("/directory/person/new", {"username": "lin.mei", "display_name": "林美玲", "locale": "zh-Hant"})
    entry_id = made.location.rpartition("/")[2]
    visitor.post(f"/directory/person/{entry_id}/roles", {"role:cashier": "all", "version": "1"})
    page = visitor.post(f"/directory/person/{entry_id}/password-link")
    (address,) = re.findall(r"https?://[^/]+(/set-password/[A-Za-z0-9_-]+)", text_of(page))
    newcomer = visit()
    assert "林美玲，您好" in text_of(newcomer.get(address))
    assert newcomer.post(address, {"new": "password123", "again": "password123"}).status_code == 422
    assert newcomer.post(address, {"new": "three green boats", "again": "three green boats"}).status_code == 303
    assert newcomer.get("/").status_code == 200
    assert visit().get(address).status_code == 404
    signed_in = visit().post("/sign-in", {"username": "lin.mei", "password": "three green boats"})
    assert signed_in.status_code == 303


def test_after_a_reset_the_password_has_to_be_changed_first(runtime: Runtime, visit: Visit, administrator: Person, clerk: Person) -> None:
    visit(administrator).post(f"/directory/person/{clerk.id}/password", {"new": "for today only 7"})
    visitor = visit()
    visitor.post("/sign-in", {"username": clerk.username, "password": "for today only 7"})
    assert visitor.get("/cases").location == "/account"
    assert "請先更改密碼" in text_of(visitor.get("/account"))
    change = {"current": "for today only 7", "new": "my own long words", "again": "my own long words"}
    assert visitor.post("/account/password", change).status_code == 303
    assert visitor.get("/cases").status_code == 200


def test_sessions_are_listed_and_ended_one_by_one(visit: Visit, administrator: Person, clerk: Person) -> None:
    here, there, elsewhere = visit(clerk), visit(clerk), visit(clerk)
    page = here.get("/account")
    forms = select(page, "//section[@id='sessions']//ul//form/@action")
    assert len(forms) == 3
    assert len(select(page, "//section[@id='sessions']//span[contains(@class, 'chip-good')]")) == 1
    others = [each for each in (there, elsewhere) if each.get("/").status_code == 200]
    (own,) = select(page, "//section[@id='sessions']//li[.//span[contains(@class, 'chip-good')]]//form/@action")
    here.post(next(form for form in forms if form != own))
    assert sorted(each.get("/").status_code for each in others) == [200, 302]
    visit(administrator).post(f"/directory/person/{clerk.id}/sessions/end")
    assert here.get("/").status_code == 302


def test_the_exported_file_holds_what_the_filters_show_and_hides_what_the_reader_may_not_see(runtime: Runtime, visit: Visit) -> None:
    for name, contact in (("和記行", "陳小姐"), ("永安堂", "李先生")):
        make_tenant(runtime, name=name, contact=contact, phone="2345 6789", search=fold_all(name, contact))
    address = "/directory/tenant/list.csv?q=" + "和記"
    lines = visit(make_user(runtime, "administrator")).get(address).text.strip().splitlines()
    assert len(lines) == 2
    assert "和記行" in lines[1]
    assert "2345 6789" in lines[1]
    assert "2345 6789" not in visit(make_user(runtime, "repair_worker")).get(address).text
    assert [(row.list, row.row_count) for row in rows(runtime, tables.list_export)] == [("directory.tenant", 1)] * 2
    assert visit(make_user(runtime, "administrator")).get("/directory/tenant/list.pdf").status_code == 404
