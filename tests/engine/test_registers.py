"""A register reads the cases of its procedure: rows, filters, order, totals, summaries, files; never a case of another site."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from engine import registers, work_items
from engine.errors import ForbiddenError, NotFoundError
from engine.forms import FormTexts
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.registers import Reader, RegisterFilters
from engine.register_files import write_csv, write_xlsx
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import Person, deploy, make_building, make_site, make_unit, make_user, start

SHANGHAI = ZoneInfo("Asia/Shanghai")
REGISTER = """
title = "報修登記簿"
unit = "call.unit"
summary = ["month", "urgency"]
roles = ["customer_service"]
[[column]]
id = "number"
value = "case.number"
[[column]]
id = "unit"
value = "call.unit"
[[column]]
id = "urgency"
value = "call.urgency"
filter = true
[[column]]
id = "cost"
value = "call.cost"
total = true
[[column]]
id = "urgent_share"
value = "call.urgency"
title = "急修比率"
share = "urgent"
[[column]]
id = "done_by"
value = "who.do_work"
[[column]]
id = "done_at"
value = "when.do_work"
[[column]]
id = "on_site"
value = "limit.done"
total = true
[[column]]
id = "minutes"
value = "minutes.done"
[[column]]
id = "started"
value = "case.started_at"
[[column]]
id = "state"
value = "case.state"
"""
LINES = """
title = "材料台帳"
rows = "work.materials"
[[column]]
id = "number"
value = "case.number"
[[column]]
id = "line"
value = "row.number"
[[column]]
id = "material"
value = "row.name"
[[column]]
id = "quantity"
value = "row.quantity"
total = true
[[column]]
id = "by"
value = "row.by"
"""
VISITS = """
title = "巡查台帳"
rows = "visit"
period = "row.at"
[[column]]
id = "line"
value = "row.number"
[[column]]
id = "finding"
value = "row.finding"
"""
CALL = """{"title": "來電", "type": "object", "required": ["unit"], "properties": {
 "unit": {"type": "object", "format": "unit", "title": "單元", "index": true},
 "urgency": {"type": "string", "title": "等級", "index": true,
             "oneOf": [{"const": "urgent", "title": "急修"},
  {"const": "small", "title": "小修"}]},
 "cost": {"type": "string", "format": "money", "title": "費用", "index": true},
 "note": {"type": "string", "ui:widget": "textarea", "title": "說明", "index": true}}}"""
WORK = """{"title": "施工", "type": "object", "properties": {
 "materials": {"type": "array", "title": "材料", "index": true, "items": {"type": "object", "required": ["name"], "properties": {
  "name": {"type": "string", "title": "名稱"}, "quantity": {"type": "number", "title": "數量"}}}}}}"""
VISIT = """{"title": "巡查", "type": "object", "ui:log": true, "properties": {"finding": {"type": "string", "title": "情況"}}}"""
LIMITS = """
[[limit]]
id = "done"
name = "一小時完成"
clause = "errand 1"
from = "instance:started"
to = "do_work:completed"
target = "PT1H"
"""
DIAGRAM = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core" id="d" targetNamespace="t">
<collaboration id="c"><participant id="p" processRef="errand"/></collaboration>
<process id="errand" name="差事" isExecutable="true">
<extensionElements><s:properties><s:property name="number" value="errand"/></s:properties></extensionElements>
<laneSet id="l"><lane id="customer_service" name="客服"><flowNodeRef>begin</flowNodeRef><flowNodeRef>do_work</flowNodeRef>
<flowNodeRef>visit_site</flowNodeRef><flowNodeRef>again</flowNodeRef><flowNodeRef>finish</flowNodeRef></lane></laneSet>
<startEvent id="begin" name="開始"><extensionElements><s:properties><s:property name="form" value="call"/></s:properties></extensionElements><outgoing>f1</outgoing></startEvent>
<userTask id="do_work" name="辦理"><extensionElements><s:properties><s:property name="form" value="work"/></s:properties></extensionElements><incoming>f1</incoming><outgoing>f2</outgoing></userTask>
<exclusiveGateway id="again" name="再看一次？" default="f5"><incoming>f3</incoming><outgoing>f4</outgoing><outgoing>f5</outgoing></exclusiveGateway>
<userTask id="visit_site" name="巡查"><extensionElements><s:properties><s:property name="form" value="visit"/></s:properties></extensionElements><incoming>f2</incoming><incoming>f4</incoming><outgoing>f3</outgoing></userTask>
<endEvent id="finish" name="結束"><incoming>f5</incoming></endEvent>
<sequenceFlow id="f1" sourceRef="begin" targetRef="do_work"/><sequenceFlow id="f2" sourceRef="do_work" targetRef="visit_site"/>
<sequenceFlow id="f3" sourceRef="visit_site" targetRef="again"/>
<sequenceFlow id="f4" name="是" sourceRef="again" targetRef="visit_site"><conditionExpression>visit["finding"] == "again"</conditionExpression></sequenceFlow>
<sequenceFlow id="f5" name="否" sourceRef="again" targetRef="finish"/>
</process></definitions>"""  # noqa: E501


@pytest.fixture
def errand(runtime: Runtime) -> dict[str, Any]:
    """Two sites, three cases: two here (one urgent and late), one elsewhere."""
    files = {
        "errand.bpmn": DIAGRAM, "forms/call.json": CALL, "forms/work.json": WORK, "forms/visit.json": VISIT, "limits.toml": LIMITS,
        "registers/calls.toml": REGISTER, "registers/materials.toml": LINES, "registers/visits.toml": VISITS,
    }  # fmt: skip
    deploy(runtime, {name: text.encode() for name, text in files.items()})
    here, there = make_site(runtime), make_site(runtime)
    building = make_building(runtime, site_id=here)
    make_unit(runtime, code="A-1", site_id=here, building_id=building)
    make_unit(runtime, code="A-2", site_id=here)
    make_unit(runtime, code="B-1", site_id=there)
    clerk = make_user(runtime, "customer_service", site_id=here)
    first = start(runtime, "errand", {"unit": "A-1", "urgency": "urgent", "cost": "120.50", "note": "龍頭滴水"}, actor=clerk.actor)
    runtime.clock.advance(timedelta(days=40))  # type: ignore[attr-defined]
    second = start(runtime, "errand", {"unit": "A-2", "urgency": "small", "cost": "80"}, actor=clerk.actor)
    start(runtime, "errand", {"unit": "B-1", "urgency": "small", "cost": "5"}, actor=make_user(runtime, "customer_service").actor)
    materials = {"materials": [{"name": "水管", "quantity": 2}, {"name": "=膠帶", "quantity": 1.5}]}
    _complete(runtime, clerk, first.work_item_ids[0], materials)
    return {"clerk": clerk, "here": here, "building": building, "first": first, "second": second}


def _complete(runtime: Runtime, person: Person, item_id: int, values: dict[str, Any]) -> tuple[int, ...]:
    return run_step(runtime, lambda uow: work_items.complete(runtime, uow, person.actor, item_id, values)).new_work_items


def reader(runtime: Runtime, actor: Actor, key: str = "calls", **filters: Any) -> tuple[registers.OpenRegister, Reader]:
    with UnitOfWork(runtime.database) as uow:
        opened = registers.open_register(runtime, uow, actor, "errand", key)
    return opened, Reader(opened.bound, actor, SHANGHAI, RegisterFilters(**filters))


def units(runtime: Runtime, actor: Actor, *, sort: str = "", **filters: Any) -> list[str]:
    with UnitOfWork(runtime.database) as uow:
        return [row.values["unit"] for row in reader(runtime, actor, **filters)[1].page(uow, sort=sort).rows]


def test_rows_are_the_cases_of_ones_sites_newest_first(runtime: Runtime, errand: dict[str, Any]) -> None:
    assert units(runtime, errand["clerk"].actor) == ["A-2", "A-1"]
    assert units(runtime, make_user(runtime, "customer_service").actor) == ["B-1", "A-2", "A-1"]


def test_a_row_says_what_was_filled_in_who_did_what_and_whether_it_was_in_time(runtime: Runtime, errand: dict[str, Any]) -> None:
    opened, found = reader(runtime, errand["clerk"].actor)
    with UnitOfWork(runtime.database) as uow:
        newer, older = found.page(uow).rows
    texts = FormTexts("zh-Hant", opened.english, SHANGHAI)
    said = {column.id: opened.words(column, older.values[column.id], texts) for column in opened.bound.columns}
    assert said["urgency"] == "急修"
    assert said["cost"] == "120.50"
    assert said["done_by"] == errand["clerk"].name
    assert said["on_site"] == "超時"
    assert said["minutes"] == "57,600"
    assert newer.values["on_site"] == "running"
    titles = [opened.title(column, texts) for column in opened.bound.columns]
    assert titles[:4] == ["編號", "單元", "等級", "費用"]
    assert "辦理：辦理人" in titles
    assert "一小時完成" in titles


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"q": "滴水"}, []),
        ({"q": "A-1"}, ["A-1"]),
        ({"q": "%"}, []),
        ({"unit": "A-2"}, ["A-2"]),
        ({"state": "completed"}, []),
        ({"values": {"urgency": "urgent"}}, ["A-1"]),
        ({"values": {"on_site": "missed"}}, ["A-1"]),
        ({"values": {"nonsense": "x"}}, ["A-2", "A-1"]),
        ({"until": date(2026, 3, 2)}, ["A-1"]),
        ({"since": date(2026, 3, 3)}, ["A-2"]),
        ({"since": date(2026, 3, 2), "until": date(2026, 4, 30)}, ["A-2", "A-1"]),
    ],
)
def test_filters_narrow(runtime: Runtime, errand: dict[str, Any], filters: dict[str, Any], expected: list[str]) -> None:
    assert units(runtime, errand["clerk"].actor, **filters) == expected


def test_a_building_and_a_site_narrow(runtime: Runtime, errand: dict[str, Any]) -> None:
    assert units(runtime, errand["clerk"].actor, building_id=errand["building"]) == ["A-1"]
    assert units(runtime, make_user(runtime, "manager").actor, site_id=errand["here"]) == ["A-2", "A-1"]


@pytest.mark.parametrize("sort", ["", "unit", "-unit", "cost", "-cost", "started", "-minutes", "number", "nonsense"])
def test_pages_of_one_row_give_every_row_once(runtime: Runtime, errand: dict[str, Any], sort: str) -> None:
    _, found = reader(runtime, make_user(runtime, "manager").actor)
    with UnitOfWork(runtime.database) as uow:
        whole = [row.instance_id for row in found.page(uow, sort=sort).rows]
        paged, after = [], None
        while True:
            page = found.page(uow, sort=sort, after=after, limit=1)
            paged += [row.instance_id for row in page.rows]
            after = page.after
            if after is None:
                break
        streamed = [row.instance_id for row in found.stream(uow, sort=sort)]
    assert paged == whole == streamed
    assert len(set(whole)) == 3


def test_an_order_by_a_column(runtime: Runtime, errand: dict[str, Any]) -> None:
    manager = make_user(runtime, "manager").actor
    assert units(runtime, manager, sort="cost") == ["B-1", "A-2", "A-1"]
    assert units(runtime, manager, sort="-unit") == ["B-1", "A-2", "A-1"]


def test_totals_sum_numbers_and_count_shares(runtime: Runtime, errand: dict[str, Any]) -> None:
    _, found = reader(runtime, errand["clerk"].actor)
    with UnitOfWork(runtime.database) as uow:
        totals = found.totals(uow)
        by_month = found.summary(uow, "month")
        by_urgency = found.summary(uow, "urgency")
        assert found.summary(uow, "nonsense") == ()
    cost, share, kept = totals.totals
    assert (totals.count, cost.sum) == (2, Decimal("200.5"))
    assert (share.part, share.whole, share.share) == (1, 2, 0.5)
    assert (kept.part, kept.whole) == (0, 1)
    assert [(group.value, group.count) for group in by_month] == [("2026-04", 1), ("2026-03", 1)]
    assert {(group.value, group.totals[0].sum) for group in by_urgency} == {("urgent", Decimal("120.5")), ("small", Decimal("80"))}


def test_lines_of_a_table_are_rows_and_replaced_when_the_form_is_sent_again(runtime: Runtime, errand: dict[str, Any]) -> None:
    _, found = reader(runtime, errand["clerk"].actor, "materials")
    with UnitOfWork(runtime.database) as uow:
        rows = [(row.values["line"], row.values["material"], row.values["by"]) for row in found.page(uow).rows]
        assert found.totals(uow).totals[0].sum == Decimal("3.5")
    name = errand["clerk"].name
    assert rows == [(1, "水管", name), (2, "=膠帶", name)]


def test_every_submission_of_a_logged_form_is_a_row(runtime: Runtime, errand: dict[str, Any]) -> None:
    clerk = errand["clerk"]
    (item,) = _complete(runtime, clerk, errand["second"].work_item_ids[0], {})
    (item,) = _complete(runtime, clerk, item, {"finding": "again"})
    _complete(runtime, clerk, item, {"finding": "good"})
    _, found = reader(runtime, clerk.actor, "visits")
    with UnitOfWork(runtime.database) as uow:
        assert [(row.values["line"], row.values["finding"]) for row in found.page(uow).rows] == [(1, "again"), (2, "good")]


def test_a_register_is_for_its_roles_and_for_managers(runtime: Runtime, errand: dict[str, Any]) -> None:
    def listed(actor: Actor) -> list[str]:
        with UnitOfWork(runtime.database) as uow:
            return [entry.key for entry in registers.listed(runtime, uow, actor)]

    worker = make_user(runtime, "repair_worker")
    assert listed(errand["clerk"].actor) == listed(make_user(runtime, "manager").actor) == ["calls", "materials", "visits"]
    assert listed(worker.actor) == ["materials", "visits"]
    with pytest.raises(ForbiddenError):
        reader(runtime, worker.actor)
    with pytest.raises(ForbiddenError):
        listed(make_user(runtime).actor)
    with pytest.raises(NotFoundError):
        reader(runtime, worker.actor, "nonsense")


def test_a_csv_file_holds_every_row_and_no_formula(runtime: Runtime, errand: dict[str, Any]) -> None:
    opened, found = reader(runtime, errand["clerk"].actor, "materials")
    target = io.BytesIO()
    with UnitOfWork(runtime.database) as uow:
        assert write_csv(opened, found, uow, FormTexts("zh-Hant", opened.english, SHANGHAI), target) == 2
    raw = target.getvalue()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["編號", "序", "名稱", "數量", "登記人"]
    assert [row[2] for row in rows[1:]] == ["水管", "'=膠帶"]


def test_an_excel_file_holds_numbers_as_numbers_and_no_formula(runtime: Runtime, errand: dict[str, Any]) -> None:
    opened, found = reader(runtime, errand["clerk"].actor, "materials")
    target = io.BytesIO()
    with UnitOfWork(runtime.database) as uow:
        assert write_xlsx(opened, found, uow, FormTexts("zh-Hant", opened.english, SHANGHAI), target) == 2
    with zipfile.ZipFile(target) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "=膠帶" in sheet
    assert "<v>1.5</v>" in sheet
