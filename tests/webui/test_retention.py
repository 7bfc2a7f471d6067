"""The pages of keeping personal data: a rule is looked at, switched on, run after a question, and its mark stands where the data were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert

from engine.clock import MovableClock
from engine.persistence import tables
from engine.retention import runs
from engine.runtime import Runtime
from tests.builders import make_tenant, make_unit, make_user, rows
from tests.engine.retention import visits
from tests.engine.retention.visits import Visit
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def visit_of(runtime: Runtime, clock: MovableClock) -> Visit:
    """A case that ended a month and a day ago."""
    visits.deploy(runtime)
    done = visits.visited(runtime)
    visits.age(runtime.settings.files)
    clock.advance(timedelta(days=31))
    return done


def test_a_rule_is_previewed_switched_on_run_and_leaves_its_mark(
    runtime: Runtime, visit: Callable[..., Visitor], visit_of: Visit
) -> None:
    admin = visit(visit_of.admin)
    assert "還沒有啟用任何規則" in text_of(admin.get("/retention"))
    wrong = admin.post("/retention/rules/contacts", {"days": "0", "version": "0", "is_on": "on"})
    assert wrong.status_code == 422
    assert "請填寫 1 到 10950 之間的天數。" in text_of(wrong)
    assert admin.post("/retention/rules/contacts", {"days": "30", "version": "0", "is_on": "on"}).status_code == 303
    assert admin.post("/retention/rules/contacts", {"days": "30", "version": "0"}).status_code == 409
    page = admin.get("/retention/rules/contacts")
    assert "V-1" in text_of(page)
    assert visits.NAME in text_of(page)
    (question,) = select(page, "//a[@data-dialog]/@href")
    assert "現在就按這項規則刪除？" in admin.get(question).text
    begun = admin.post(question)
    assert begun.status_code == 303
    run_id = rows(runtime, tables.retention_run)[0].id
    runs.carry_out(runtime, run_id)
    run = text_of(admin.get(f"/retention/runs/{run_id}"))
    assert "已完成" in run
    assert visits.NAME not in run
    assert "目前沒有到期的資料" in text_of(admin.get("/retention/rules/contacts"))
    case = admin.get(f"/cases/{visit_of.id}")
    assert text_of(case).count("（已按保存規則於 2026-04-02 刪除）") >= 3
    assert visits.PHONE not in case.text
    assert "按保存規則刪除：聯絡資料" in text_of(case)
    assert "簽署後未變更" in text_of(case)
    assert "簽署的部分內容已按保存規則刪除" in text_of(case)
    assert visits.WORDS.replace(visits.NAME, "（已按保存規則於 2026-04-02 刪除）") in text_of(case)
    admin.post("/language", {"locale": "en", "next": ""})
    assert "(erased by rule on 2026-04-02)" in text_of(admin.get(f"/cases/{visit_of.id}"))
    log = text_of(admin.get("/audit?kind=erasure"))
    assert "Erased personal data: 1 cases" in log
    assert visits.NAME not in admin.get("/audit").text


def test_an_erased_picture_is_a_sentence_and_an_erased_file_is_gone(
    runtime: Runtime, visit: Callable[..., Visitor], visit_of: Visit, clock: MovableClock
) -> None:
    for kind in visits.ALL:
        visits.switch_on(runtime, visit_of.admin, kind)
    visits.carry_out(runtime, runs.daily(runtime))
    admin = visit(visit_of.admin)
    files = {row.kind: row.id for row in rows(runtime, tables.file)}
    for name in ("signature", "photo"):
        shown = admin.get(f"/files/{files[name]}")
        assert (shown.status_code, shown.mimetype) == (200, "image/svg+xml")
        assert "已按保存規則於 2026-04-02 刪除" in shown.text
    assert admin.get(f"/files/{files['attachment']}").status_code == 410
    # nothing about a file that is gone is a look at a paper of identity
    assert rows(runtime, tables.identity_look) == []


def test_holds_are_placed_and_lifted_with_their_reasons(runtime: Runtime, visit: Callable[..., Visitor], visit_of: Visit) -> None:
    admin = visit(visit_of.admin)
    wrong = admin.post("/retention/holds", {"about": "case", "code": "nothing", "reason": ""})
    assert wrong.status_code == 422
    assert "找不到「nothing」" in text_of(wrong)
    assert admin.post("/retention/holds", {"about": "case", "code": "V-1", "reason": "訴訟中"}).status_code == 303
    assert admin.post("/retention/holds", {"about": "case", "code": "V-1", "reason": "訴訟中"}).status_code == 409
    page = admin.get("/retention/holds")
    assert "訴訟中" in text_of(page)
    (question,) = select(page, "//a[@data-dialog]/@href")
    assert admin.post(question, {"reason": ""}).status_code == 422
    assert admin.post(question, {"reason": "已和解"}).status_code == 303
    assert "訴訟中" in text_of(admin.get("/retention/holds?lifted=1"))


def test_a_tenants_request_waits_for_open_cases(runtime: Runtime, visit: Callable[..., Visitor], visit_of: Visit) -> None:
    from tests import builders

    person = make_tenant(runtime, unit_id=make_unit(runtime), kind="person", name="端木蓉蓉")
    open_case = builders.start(runtime, "visiting", actor=visit_of.clerk.actor, business_key="V-9")
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance_reference).values(
            [{"kind": "tenant", "target_id": person, "instance_id": each} for each in (visit_of.id, open_case.id)]))
    admin = visit(visit_of.admin)
    assert f"/retention/tenants/{person}" in admin.get(f"/directory/tenant/{person}").text
    page = text_of(admin.get(f"/retention/tenants/{person}"))
    assert "還有未結案件" in page
    assert "V-9" in page
    assert admin.post(f"/retention/tenants/{person}", {"reason": "本人要求"}).status_code == 409
    assert visit(make_user(runtime, "manager")).get(f"/retention/tenants/{person}").status_code == 403
