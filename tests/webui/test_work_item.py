"""The page of a work item: filling in, being refused with everything kept, being second, handing over, sending back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import history
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_unit, make_user, rows, start
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")

FORM = b"""{
  "title": "\xe7\x99\xbb\xe8\xa8\x98", "type": "object", "required": ["caller", "urgent"],
  "properties": {
    "caller": {"type": "string", "title": "\xe4\xbe\x86\xe9\x9b\xbb\xe4\xba\xba"},
    "urgent": {"type": "boolean", "title": "\xe6\x80\xa5\xe4\xbf\xae"},
    "parts": {"type": "array", "title": "\xe6\x9d\x90\xe6\x96\x99", "items": {"type": "object", "required": ["name"], "properties": {
      "name": {"type": "string", "title": "\xe5\x90\x8d\xe7\xa8\xb1"}, "pieces": {"type": "integer", "title": "\xe6\x95\xb8\xe9\x87\x8f"}}}}
  }
}"""
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t"
    xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">
  <collaboration id="c"><participant id="p" name="跑腿" processRef="errand"/></collaboration>
  <process id="errand" name="跑腿" isExecutable="true">
    <laneSet id="lanes">
      <lane id="customer_service" name="客服"><flowNodeRef>begin</flowNodeRef><flowNodeRef>take_call</flowNodeRef></lane>
      <lane id="dispatcher" name="派單"><flowNodeRef>check_call</flowNodeRef><flowNodeRef>finish</flowNodeRef></lane>
    </laneSet>
    <startEvent id="begin"><outgoing>f1</outgoing></startEvent>
    <userTask id="take_call" name="登記來電">
      <documentation>先問清楚是誰。</documentation>
      <extensionElements><s:properties><s:property name="form" value="call"/><s:property name="clause" value="errand 5.1"/>
        <s:property name="due" value="PT20M"/></s:properties></extensionElements>
      <incoming>f1</incoming><outgoing>f2</outgoing>
    </userTask>
    <userTask id="check_call" name="核對登記"><incoming>f2</incoming><outgoing>f3</outgoing></userTask>
    <endEvent id="finish"><incoming>f3</incoming></endEvent>
    <sequenceFlow id="f1" sourceRef="begin" targetRef="take_call"/>
    <sequenceFlow id="f2" sourceRef="take_call" targetRef="check_call"/>
    <sequenceFlow id="f3" sourceRef="check_call" targetRef="finish"/>
  </process>
</definitions>"""
CLAUSES = """[[clause]]
number = "errand 5.1"
zh-Hant = "二十分鐘內到場。"
en = "On site within twenty minutes."
"""
PO = """msgid "登記來電"
msgstr "Take the call"
"""


@pytest.fixture
def item(runtime: Runtime) -> int:
    """An open item with a form, a clause and a due time."""
    make_unit(runtime)
    deploy(
        runtime,
        {
            "errand.bpmn": PROCESS.encode(),
            "forms/call.json": FORM,
            "clauses.toml": CLAUSES.encode(),
            "locale/en.po": PO.encode(),
        },
    )
    return start(runtime, "errand").work_item_ids[0]


def claim(runtime: Runtime, person: Person, work_item_id: int) -> None:
    """As from the list."""
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, person.actor, work_item_id))


def test_an_open_item_shows_what_why_when_and_offers_to_claim_it(visit: Visit, clerk: Person, item: int) -> None:
    page = visit(clerk).get(f"/items/{item}")
    words = text_of(page)
    for expected in (
        "登記來電",
        "先問清楚是誰。",
        "§5.1",
        "二十分鐘內到場。",
        "還有 20 分鐘",
        "簽收並辦理",
        "簽收後即可填寫",
        "待簽收",
    ):
        assert expected in words
    assert select(page, "//fieldset[@disabled]//input[@name='caller']")
    for jargon in ("token", "process instance", "流程實例", "權杖"):
        assert jargon not in words


def test_the_page_speaks_the_readers_language_down_to_the_diagrams_names(
    visit: Visit, clerk: Person, item: int
) -> None:
    words = text_of(visit(clerk, locale="en").get(f"/items/{item}"))
    assert "登記來電" in words, "the account's language goes before the browser's"
    visitor = visit(clerk)
    visitor.post("/language", {"locale": "en"})
    words = text_of(visitor.get(f"/items/{item}"))
    for expected in ("Take the call", "On site within twenty minutes.", "20 min left", "Claim and work on it"):
        assert expected in words


def test_claiming_and_completing_moves_the_case_on(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    visitor = visit(clerk)
    assert visitor.post(f"/items/{item}/claim").location == f"/items/{item}"
    page = visitor.get(f"/items/{item}")
    assert "核對登記" in text_of(page), "who is next"
    assert not select(page, "//input[@type='radio'][@checked]"), "a required yes or no is not answered beforehand"
    done = visitor.post(
        f"/items/{item}/complete",
        {"caller": "王小明", "urgent": "true", "parts-0-name": "水龍頭", "parts-0-pieces": "２"},
    )
    assert done.status_code == 303
    words = text_of(visitor.get(done.location))
    assert "已提交「登記來電」。" in words
    assert "下一步：核對登記。" in words
    (first, second) = rows(runtime, tables.work_item)
    assert (first.state, second.element_id) == ("completed", "check_call")
    after = text_of(visitor.get(f"/items/{item}"))
    assert "辦結" in after
    assert "水龍頭" in after


def test_a_refused_form_keeps_what_was_typed_and_names_the_fields(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    claim(runtime, clerk, item)
    refused = visit(clerk).post(
        f"/items/{item}/complete", {"caller": "", "urgent": "false", "parts-0-name": "水龍頭", "parts-0-pieces": "two"}
    )
    assert refused.status_code == 422
    assert "來電人" in text_of(refused)
    assert select(refused, "//input[@name='parts-0-name']/@value") == ["水龍頭"]
    assert select(refused, "//input[@name='parts-0-pieces']/@value") == ["two"]
    assert select(refused, "//input[@name='urgent'][@value='false']/@checked")
    assert select(refused, "//*[@id='field-call-caller']/@aria-invalid") == ["true"]
    assert rows(runtime, tables.work_item)[0].state == "claimed"


def test_an_unknown_field_is_refused(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    claim(runtime, clerk, item)
    refused = visit(clerk).post(f"/items/{item}/complete", {"caller": "王", "urgent": "true", "is_admin": "1"})
    assert refused.status_code == 422
    assert rows(runtime, tables.work_item)[0].state == "claimed"


def test_rows_are_added_without_scripts_and_nothing_is_sent_yet(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    claim(runtime, clerk, item)
    page = visit(clerk).post(f"/items/{item}/complete", {"caller": "王", "parts-0-name": "膠圈", "_add_row": "parts"})
    assert page.status_code == 200
    assert select(page, "//input[@name='parts-0-name']/@value") == ["膠圈"]
    assert select(page, "//input[@name='parts-2-name']")
    assert rows(runtime, tables.work_item)[0].state == "claimed"


def test_who_comes_second_is_told_who_was_first_and_keeps_what_they_typed(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    other = make_user(runtime, "customer_service")
    claim(runtime, clerk, item)
    visit(clerk).post(f"/items/{item}/complete", {"caller": "甲", "urgent": "true"})
    late = visit(other).post(f"/items/{item}/complete", {"caller": "乙的來電人", "urgent": "true"})
    assert late.status_code == 409
    words = text_of(late)
    assert clerk.name in words
    assert "您填寫的內容仍在下方" in words
    assert select(late, "//input[@name='caller']/@value") == ["乙的來電人"]


def test_claiming_what_a_colleague_has_names_the_colleague(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    other = make_user(runtime, "customer_service")
    claim(runtime, clerk, item)
    page = visit(other).post(f"/items/{item}/claim")
    assert page.status_code == 409
    assert clerk.name in text_of(page)
    assert f"由{clerk.name}承辦中" in text_of(visit(other).get(f"/items/{item}"))


def test_claiming_from_the_list_gives_the_row_as_it_is_now(visit: Visit, clerk: Person, item: int) -> None:
    row = visit(clerk).post(f"/items/{item}/claim", HX_Request="true")
    assert row.status_code == 200
    assert row.get_data(as_text=True).lstrip().startswith("<tr")
    assert clerk.name in text_of(row)
    assert not select(row, "//form")


def test_an_item_is_put_back(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    claim(runtime, clerk, item)
    assert visit(clerk).post(f"/items/{item}/unclaim").status_code == 303
    assert rows(runtime, tables.work_item)[0].assignee_id is None


def test_sending_back_asks_where_and_why_and_keeps_the_reason(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    claim(runtime, clerk, item)
    visit(clerk).post(f"/items/{item}/complete", {"caller": "甲", "urgent": "true"})
    dispatcher = make_user(runtime, "dispatcher")
    check = rows(runtime, tables.work_item)[1].id
    visitor = visit(dispatcher)
    assert select(visitor.get(f"/items/{check}/return"), "//input[@name='element_id']/@value") == ["take_call"]
    part = visitor.get(f"/items/{check}/return", HX_Request="true").get_data(as_text=True)
    assert "<html" not in part
    assert 'id="sheet-title"' in part
    empty = visitor.post(f"/items/{check}/return", {"element_id": "take_call", "reason": "  "})
    assert empty.status_code == 422
    assert "請填寫原因。" in text_of(empty)
    assert (
        visitor.post(f"/items/{check}/return", {"element_id": "take_call", "reason": "電話抄錯了"}).status_code == 303
    )
    with UnitOfWork(runtime.database) as uow:
        events = history.page(uow, rows(runtime, tables.instance)[0].id).rows
    assert any(event.values.get("reason") == "電話抄錯了" for event in events)
    again = rows(runtime, tables.work_item)[-1]
    words = text_of(visit(clerk).get(f"/items/{again.id}"))
    assert "由「核對登記」退回到「登記來電」" in words
    assert "電話抄錯了" in words


def test_a_delegated_item_is_answered_and_comes_back(runtime: Runtime, visit: Visit, clerk: Person, item: int) -> None:
    helper = make_user(runtime, "repair_worker")
    claim(runtime, clerk, item)
    assert visit(clerk).post(f"/items/{item}/delegate", {"person": str(helper.id)}).status_code == 303
    page = visit(helper).get(f"/items/{item}")
    assert "交回" in text_of(page)
    assert visit(helper).post(f"/items/{item}/resolve", {"caller": "丙", "urgent": "false"}).status_code == 303
    row = rows(runtime, tables.work_item)[0]
    assert (row.assignee_id, row.state) == (clerk.id, "claimed")


def test_a_supervisor_assigns_to_people_of_the_role_only(
    runtime: Runtime, visit: Visit, clerk: Person, manager: Person, item: int
) -> None:
    stranger = make_user(runtime, "cashier")
    visitor = visit(manager)
    page = visitor.get(f"/items/{item}/assign")
    assert select(page, "//input[@name='person']/@value") == [str(clerk.id)]
    refused = visitor.post(f"/items/{item}/assign", {"person": str(stranger.id)})
    assert refused.status_code == 422
    assert visitor.post(f"/items/{item}/assign", {"person": str(clerk.id)}).status_code == 303
    assert rows(runtime, tables.work_item)[0].assignee_id == clerk.id


@pytest.mark.parametrize("person", ["", "x", "-1", "9" * 30, "424242"])
def test_a_person_who_cannot_be_chosen_is_refused(visit: Visit, manager: Person, item: int, person: str) -> None:
    assert visit(manager).post(f"/items/{item}/assign", {"person": person}).status_code == 422


def test_what_happened_earlier_is_recorded_with_its_own_time(
    runtime: Runtime, visit: Visit, clerk: Person, item: int
) -> None:
    claim(runtime, clerk, item)
    form = {"caller": "甲", "urgent": "true", "_claimed_at": "2026-03-02T07:30"}
    assert visit(clerk).post(f"/items/{item}/complete", form).status_code == 303
    with UnitOfWork(runtime.database) as uow:
        events = history.page(uow, rows(runtime, tables.instance)[0].id).rows
    done = next(event for event in events if event.type == "work_item.completed")
    assert done.claimed_at is not None
    assert done.claimed_at.isoformat() == "2026-03-01T23:30:00+00:00"


@pytest.mark.parametrize(("value", "said"), [("2030-01-01T00:00", "不能晚於現在"), ("yesterday", "無法識別")])
def test_an_impossible_time_is_refused(
    runtime: Runtime, visit: Visit, clerk: Person, item: int, value: str, said: str
) -> None:
    claim(runtime, clerk, item)
    refused = visit(clerk).post(f"/items/{item}/complete", {"caller": "甲", "urgent": "true", "_claimed_at": value})
    assert refused.status_code == 422
    assert said in text_of(refused)
    assert select(refused, "//input[@name='caller']/@value") == ["甲"]


def test_the_names_of_people_cannot_bring_markup_into_a_page(runtime: Runtime, visit: Visit, item: int) -> None:
    evil = make_user(runtime, "customer_service", display_name="<img src=x onerror=alert(1)>")
    claim(runtime, evil, item)
    visitor = visit(evil)
    visitor.post(f"/items/{item}/complete", {"caller": "<script>alert(1)</script>", "urgent": "true"})
    case = rows(runtime, tables.instance)[0].id
    for address in ("/", "/done", f"/items/{item}", f"/cases/{case}", "/account"):
        page = visitor.get(address)
        assert not select(page, "//img[@onerror] | //script[not(@src)]"), address
