"""A case's page: its picture and the same as a table, its story, its papers, and what a manager does with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import orjson
import pytest
from flask import Flask
from sqlalchemy import insert, update

from engine import definitions, records, work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import (
    Person,
    deploy,
    deploy_folder,
    deploy_simple,
    make_site,
    make_tenant,
    make_unit,
    make_user,
    rows,
    simple_process,
    start,
)
from tests.webui.visitor import Visitor, select, text_of
from webui.unit_of_work import current, runtime_of
from webui.wording import limit_name

Visit = Callable[..., Visitor]
_WITH_FORM = (
    b'<userTask id="do_errand" name="do_errand"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="errand"/></s:properties></extensionElements></userTask>'
)
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def repair(runtime: Runtime, clerk: Person) -> int:
    """A repair call that was just registered."""
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    unit = make_unit(runtime, code="A-1201", site_id=make_site(runtime))
    tenant = make_tenant(runtime, unit_id=unit)
    values = {
        "channel": "phone",
        "called_at": runtime.clock.now().isoformat(),
        "unit": "A-1201",
        "tenant": tenant,
        "caller": "王小明",
        "phone": "0571-88001234",
        "category": "water",
        "urgency": "general",
        "items": "水管滲漏",
        "charged": "unknown",
    }
    return start(runtime, "repair", values, actor=clerk.actor).id


def test_the_picture_marks_where_the_case_stands_and_the_table_says_the_same(
    visit: Visit, clerk: Person, repair: int
) -> None:
    page = visit(clerk).get(f"/cases/{repair}")
    current = select(page, "//*[contains(@class, 'is-current')]/@data-element-id")
    assert current == ["phone_engineering"]
    (row,) = select(page, "//table[contains(@class, 'list-plain')]//tr[th='電話告知工程部']")
    assert "進行中" in row.text_content()
    assert "客服管理員" in row.text_content()
    words = text_of(page)
    for expected in ("A-1201 水管滲漏", "發起案件", "報修後二十分鐘到場", "目前待辦", "報修登記"):
        assert expected in words


def test_an_overdue_step_is_marked_in_the_picture(runtime: Runtime, visit: Visit, clerk: Person, repair: int) -> None:
    with runtime.database.writing() as connection:
        connection.execute(update(tables.work_item).values(due_at=runtime.clock.now() - timedelta(minutes=5)))
    page = visit(clerk).get(f"/cases/{repair}")
    assert select(page, "//*[contains(@class, 'is-overdue')]/@data-element-id") == ["phone_engineering"]
    assert "逾期" in text_of(page)


def test_the_picture_names_who_did_a_step_and_when(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "manager"))
    case = start(runtime, "errand")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {}))
    page = visit(clerk).get(f"/cases/{case.id}")
    (title,) = select(page, "//*[@data-element-id='do_errand']/*[local-name()='title']")
    assert clerk.name in title.text
    assert "09:00" in title.text


def test_the_story_tells_who_did_what(runtime: Runtime, visit: Visit, clerk: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "manager"))
    case = start(runtime, "errand")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {}))
    for address in (f"/cases/{case.id}", f"/cases/{case.id}/history"):
        words = text_of(visit(clerk).get(address))
        assert "辦結「do_errand」" in words
        assert clerk.name in words


def test_a_manager_suspends_resumes_and_cancels_with_reasons(runtime: Runtime, visit: Visit, manager: Person) -> None:
    deploy_simple(runtime, "errand")
    case = start(runtime, "errand")
    visitor = visit(manager)
    refused = visitor.post(f"/cases/{case.id}/suspend", {"reason": ""})
    assert refused.status_code == 422
    assert rows(runtime, tables.instance)[0].state == "active"
    for verb, state in (("suspend", "suspended"), ("resume", "active"), ("cancel", "cancelled")):
        done = visitor.post(f"/cases/{case.id}/{verb}", {"reason": f"因為{verb}"}, follow=True)
        assert rows(runtime, tables.instance)[0].state == state
        assert f"因為{verb}" in text_of(done)
    again = visitor.post(f"/cases/{case.id}/suspend", {"reason": "x"})
    assert again.status_code == 409
    # each on the list of interventions, what was refused nowhere
    kept = rows(runtime, tables.intervention)
    assert [(each.verb, each.reason, each.state) for each in kept] == [
        (verb, f"因為{verb}", "finished") for verb in ("suspend", "resume", "cancel")]


def test_an_incident_is_shown_with_its_reason_and_retried_by_a_manager(
    runtime: Runtime, visit: Visit, clerk: Person, manager: Person
) -> None:
    source = simple_process("errand", ("do_errand", "customer_service"))
    broken = source.replace(
        b'<sequenceFlow id="from_do_errand_to_finish" sourceRef="do_errand" targetRef="finish"/>',
        b'<scriptTask id="work_out" name="work out"><script>total = 1 / amount</script></scriptTask>'
        b'<sequenceFlow id="to_script" sourceRef="do_errand" targetRef="work_out"/>'
        b'<sequenceFlow id="to_end" sourceRef="work_out" targetRef="finish"/>',
    ).replace(
        b"<flowNodeRef>start</flowNodeRef>", b"<flowNodeRef>start</flowNodeRef><flowNodeRef>work_out</flowNodeRef>"
    )
    deploy(runtime, {"errand.bpmn": broken})
    case = start(runtime, "errand")
    result = run_step(
        runtime, lambda uow: work_items.complete(runtime, uow, clerk.actor, case.work_item_ids[0], {"amount": 0})
    )
    assert result.incident_id is not None
    page = visit(clerk).get(f"/cases/{case.id}")
    assert "執行時出錯，案件停在這裡" in text_of(page)
    assert not select(page, "//form[contains(@action, '/retry')]")
    visitor = visit(manager)
    (address,) = select(visitor.get(f"/cases/{case.id}"), "//form[contains(@action, '/retry')]/@action")
    answer = visitor.post(address, follow=True)
    assert answer.status_code == 200
    assert "重試仍未成功" in text_of(answer)


def test_a_record_is_printed_on_its_own_page(runtime: Runtime, visit: Visit, clerk: Person, repair: int) -> None:
    record = run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, repair, "repair_slip"))
    page = visit(clerk).get(f"/records/{record.id}")
    words = text_of(page)
    assert page.status_code == 200
    for expected in ("報修單", record.number, "王小明", "水管滲漏"):
        assert expected in words
    assert select(page, "//article")
    assert record.number in text_of(visit(clerk).get(f"/cases/{repair}"))


def test_a_record_of_another_site_is_not_shown(runtime: Runtime, visit: Visit, clerk: Person, repair: int) -> None:
    record = run_step(runtime, lambda uow: records.issue(runtime, uow, clerk.actor, repair, "repair_slip"))
    stranger = make_user(runtime, "customer_service", site_id=make_site(runtime))
    assert visit(stranger).get(f"/records/{record.id}").status_code == 404


def test_starting_shows_what_a_role_may_start_and_leads_to_the_case(
    runtime: Runtime, visit: Visit, clerk: Person, repair: int
) -> None:
    visitor = visit(clerk)
    assert "/start/repair" in select(visitor.get("/start"), "//ul[@class='starts']//a/@href")
    form = visitor.get("/start/repair")
    assert select(form, "//input[@name='unit']/@data-picker") == ["/directory/search?kind=unit"]
    refused = visitor.post("/start/repair", {"caller": "李四"})
    assert refused.status_code == 422
    assert select(refused, "//input[@name='caller']/@value") == ["李四"]
    values = {
        "channel": "phone",
        "called_at": "2026-03-02T08:55",
        "unit": "A-1201",
        "caller": "李四",
        "phone": "0571-88001234",
        "category": "water",
        "urgency": "general",
        "items": "龍頭漏水",
        "charged": "unknown",
    }
    started = visitor.post("/start/repair", values, follow=True)
    assert "已發起「接修」" in text_of(started)
    assert "A-1201 龍頭漏水" in text_of(started)


def test_a_worker_is_not_offered_what_only_the_desk_starts(visit: Visit, runtime: Runtime, repair: int) -> None:
    worker = visit(make_user(runtime, "cashier"))
    assert "/start/repair" not in worker.get("/start").get_data(as_text=True)
    refused = worker.get("/start/repair")
    assert refused.status_code == 403
    assert "接修" in text_of(refused)


def test_pickers_find_units_by_part_of_their_code_and_people_by_name(
    runtime: Runtime, visit: Visit, clerk: Person, repair: int
) -> None:
    found = visit(clerk).get("/directory/search?kind=unit&q=120").get_json()["entries"]
    assert [entry["label"] for entry in found] == ["A-1201"]
    worker = make_user(runtime, "repair_worker", display_name="黃建宏")
    assert worker.name == "黃建宏"
    assert visit(clerk).get("/directory/search?kind=nonsense&q=1").status_code == 404


def test_a_step_of_a_called_procedure_tells_of_the_calling_ones_limits_by_name(app: Flask, repair: int) -> None:
    with app.test_request_context():
        called = definitions.latest(runtime_of(), current(), "follow_up").id
        assert limit_name("repair.on_site", called) == "報修後二十分鐘到場"
        assert limit_name("nobody.knows", called) == "nobody.knows"


def test_a_step_tells_its_settings_in_words_and_what_happened_there(visit: Visit, clerk: Person, runtime: Runtime, repair: int) -> None:
    runtime.clock.advance(timedelta(minutes=25))
    visitor = visit(clerk)
    page = visitor.get(f"/cases/{repair}")
    links = select(page, "//details//th/a/@href")
    assert len(links) > 5, "the table leads to each step, for those who can't see the picture"
    assert all(visitor.get(link).status_code == 200 for link in links[:3])
    part = visitor.get(f"/cases/{repair}/steps/repair/phone_engineering", HX_Request="true")
    assert "<html" not in part.get_data(as_text=True)
    words = text_of(part)
    for expected in ("由人辦理", "客服管理員", "§", "到達", "發生了什麼"):
        assert expected in words, expected
    registered = text_of(visitor.get(f"/cases/{repair}/steps/repair/register_call"))
    for expected in ("報修後二十分鐘到場", "從這一步開始", "逾期 5 分鐘"):
        assert expected in registered, expected
    choice = f"/cases/{repair}/steps/repair/fee_due"
    assert "是 → 記應收" in text_of(visitor.get(choice))
    assert "work_done" not in text_of(visitor.get(choice)), "expressions are for those who draw"
    assert 'arrival["cost_basis"]' in text_of(visit(make_user(runtime, "administrator")).get(choice))
    for unknown in ("repair/nothing", "nothing/register_call"):
        assert visitor.get(f"/cases/{repair}/steps/{unknown}").status_code == 404


def test_how_a_case_went_is_told_in_frames_and_rounds(visit: Visit, clerk: Person, runtime: Runtime) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
    case = start(runtime, "errand")
    for _ in range(2):
        runtime.clock.advance(timedelta(hours=1))
        (item,) = rows(runtime, tables.work_item, tables.work_item.c.instance_id == case.id, tables.work_item.c.is_live)
        run_step(runtime, lambda uow, item=item: work_items.complete(runtime, uow, clerk.actor, item.id, {}))
        if item.element_id == "do_errand":
            (item,) = rows(runtime, tables.work_item, tables.work_item.c.instance_id == case.id, tables.work_item.c.is_live)
            run_step(runtime, lambda uow, item=item: work_items.return_to(runtime, uow, clerk.actor, item.id, "do_errand", "再做一次"))
    page = visit(clerk).get(f"/cases/{case.id}")
    frames = orjson.loads(str(select(page, "//*[@data-frames]/@data-frames")[0]))
    assert [frame["here"] for frame in frames] == [["do_errand"], ["do_errand"], ["do_errand"]], "what was sent back is there no more"
    assert [set(frame["done"]) for frame in frames] == [{"start"}, {"do_errand"}, {"do_errand"}]
    assert f"{clerk.name} 辦結「do_errand」" in frames[1]["words"]
    assert select(page, "//*[contains(@class, 'bpmn-badge')]/text()") == ["×2"]
    assert select(page, "//details//tr[th//a='do_errand']/td[@class='number']/text()") == ["2"]


def test_what_was_filled_in_again_is_told_with_before_and_after(visit: Visit, clerk: Person, runtime: Runtime) -> None:
    form = b'{"title": "send", "type": "object", "properties": {"where": {"type": "string", "title": "where"}}}'
    diagram = simple_process("errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
    deploy(runtime, {"errand.bpmn": diagram.replace(b'<userTask id="do_errand" name="do_errand"/>', _WITH_FORM), "forms/errand.json": form})
    case = start(runtime, "errand")

    def open_item() -> int:
        (item,) = rows(runtime, tables.work_item, tables.work_item.c.instance_id == case.id, tables.work_item.c.is_live)
        return int(item.id)

    for place in ("東座", "西座"):
        run_step(runtime, lambda uow, place=place: work_items.complete(runtime, uow, clerk.actor, open_item(), {"where": place}))
        if place == "東座":
            run_step(runtime, lambda uow: work_items.return_to(runtime, uow, clerk.actor, open_item(), "do_errand", "再看一次"))
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.event_subscription).values(
            instance_id=case.id, token="0" * 32, element_id="do_errand", kind="message", name="回音"
        ))  # fmt: skip
    words = text_of(visit(clerk).get(f"/cases/{case.id}"))
    assert "資料的變更1 where send東座 → 西座" in words
    assert "收到「回音」就繼續" in words
