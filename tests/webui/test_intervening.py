"""Stepping in on the pages: ticked cases, what would happen, done, taken back; alone from a case's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine import instances, work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy, deploy_simple, make_site, make_user, rows, start
from tests.engine.test_interventions import TWO_STEPS
from tests.webui.visitor import Visitor, select, text_of

pytestmark = pytest.mark.databases("sqlite")

Visit = Callable[..., Visitor]


def test_ticked_cases_are_suspended_after_a_look_and_taken_back(runtime: Runtime, visit: Visit, manager: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    first, second = (start(runtime, "errand").id for _ in range(2))
    visitor = visit(manager)
    page = visitor.get("/cases")
    assert len(select(page, "//input[@name='item']")) == 2
    assert "重試異常" in text_of(page)
    asked = visitor.post("/cases/intervene", {"verb": "suspend", "item": [str(first), str(second)], "back": "/cases?state=open"})
    assert "共 2 件案件" in text_of(asked)
    chosen = {"verb": "suspend", "item": [str(first), str(second)], "reason": "停水", "back": "/cases?state=open"}
    seen = visitor.post("/cases/intervene", chosen)
    assert "2 件都可以辦理" in text_of(seen)
    assert {row.state for row in rows(runtime, tables.instance)} == {"active"}
    assert visitor.post("/cases/intervene/now", {**chosen, "reason": " "}).status_code == 422
    done = visitor.post("/cases/intervene/now", chosen)
    assert done.headers["Location"].startswith("/interventions/1?back=")
    assert {row.state for row in rows(runtime, tables.instance)} == {"suspended"}
    again = visitor.post("/cases/intervene", {**chosen, "item": [str(first)]})
    assert "1 件不能" in text_of(again)
    assert select(again, "//form[contains(@action, '/now')]") == []
    told = text_of(visitor.get("/interventions/1"))
    assert "已辦 2 件" in told
    visitor.post("/interventions/1/undo", {"back": "https://elsewhere.example"})
    assert "撤銷 2 件" in text_of(visitor.get("/interventions/1"))
    assert {row.state for row in rows(runtime, tables.instance)} == {"active"}
    assert "停水" in text_of(visitor.get(f"/cases/{first}/history"))


def test_past_interventions_are_listed_narrowed_and_taken_out(runtime: Runtime, visit: Visit, manager: Person) -> None:
    """By those who intervene, of their sites; from the case's page only its own."""
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    here, there = make_site(runtime), make_site(runtime)
    mine, other = (start(runtime, "errand", site_id=site, business_key=f"E-{site}").id for site in (here, there))
    visitor = visit(manager)
    assert "還沒有介入過案件" in text_of(visitor.get("/interventions"))
    for case, verb in ((mine, "suspend"), (other, "suspend"), (other, "cancel")):
        visitor.post("/cases/intervene/now", {"verb": verb, "item": str(case), "reason": f"停電{case}"})
    visitor.post("/interventions/2/undo", {})

    def listed(at: str, who: Visitor = visitor) -> list[str]:
        return [row.get("href").split("?")[0] for row in select(who.get(f"/interventions{at}"), "//tbody//td[3]//a")]

    assert listed("") == ["/interventions/3", "/interventions/2", "/interventions/1"]
    assert listed("?verb=cancel") == ["/interventions/3"]
    assert listed(f"?case={other}") == ["/interventions/3", "/interventions/2"]
    assert listed(f"?person={manager.id}&key=errand") == listed("")
    assert listed("?key=complaint") == listed("?since=2031-01-01") == listed("?person=999") == []
    assert f"/interventions?case={mine}" in select(visitor.get(f"/cases/{mine}"), "//a/@href")
    near = visit(make_user(runtime, "manager", site_id=here))
    assert listed("", near) == ["/interventions/1"]
    file = visitor.get("/interventions/file.csv?verb=suspend").get_data().decode("utf-8-sig").splitlines()
    assert [line.split(",")[2:5] for line in file[1:]] == [
        ["暫停", f"停電{case}", f"E-{site}"] for case, site in ((other, there), (mine, here))]
    assert rows(runtime, tables.list_export)[0].list == "interventions"


def test_all_that_match_are_meant_and_a_due_time_is_asked_for(runtime: Runtime, visit: Visit, manager: Person) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    for n in range(3):
        start(runtime, "errand", business_key=f"E-100{n}")
    visitor = visit(manager)
    form = {"verb": "due", "all": "1", "query": "q=E-1001&state=open", "reason": "x", "due_at": "2031-01-01T10:00"}
    page = visitor.post("/cases/intervene", form)
    assert "1 件都可以辦理" in text_of(page)
    assert "2031-01-01 10:00" in text_of(page)
    assert visitor.post("/cases/intervene", {**form, "due_at": "", "hours": "soon"}).status_code == 422
    assert visitor.post("/cases/intervene", {**form, "query": "q=E-7777"}).status_code == 422


def test_a_field_is_put_right_with_its_own_control(runtime: Runtime, visit: Visit, manager: Person) -> None:
    """Drawn and read as its form does; what the form refuses is said beside it, and nothing of what was typed is lost."""
    form = b'''{"title": "Errand", "type": "object", "required": ["reason"], "properties": {
      "reason": {"type": "string", "title": "Why", "oneOf": [
        {"const": "leak", "title": "Leak"}, {"const": "noise", "title": "Noise"}]},
      "cost": {"type": "number", "title": "Cost", "minimum": 0}, "seen": {"type": "boolean", "title": "Seen"},
      "at": {"type": "string", "format": "date-time", "title": "At"}}}'''
    deploy(runtime, {"errand.bpmn": TWO_STEPS, "forms/errand.json": form})
    started = start(runtime, "errand")
    values = {"reason": "leak", "cost": 5, "seen": True, "at": "2026-03-02T08:00:00+08:00"}
    boss = make_user(runtime, "customer_service", "manager")
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, boss.actor, started.work_item_ids[0], values))
    visitor = visit(manager)
    base = {"verb": "correct", "item": str(started.id)}
    asked = visitor.get(f"/cases/intervene?verb=correct&item={started.id}")
    assert [each.get("value") for each in select(asked, "//select[@name='variable']/option")][1:] == [
        "errand.reason", "errand.cost", "errand.seen", "errand.at"]
    assert select(asked, "//*[@name='value']") == []

    def control(variable: str) -> list[tuple[str, str]]:
        page = visitor.post("/cases/intervene", {**base, "variable": variable})
        return [(each.tag, each.get("type", "")) for each in select(page, "//*[@name='value']")]

    assert control("errand.at") == [("input", "datetime-local")]
    assert control("errand.seen") == [("input", "checkbox")]
    assert control("errand.reason")[0][0] in ("select", "input")
    refused = visitor.post("/cases/intervene", {**base, "variable": "errand.cost", "value": "-3", "reason": "typo"})
    assert refused.status_code == 422
    assert select(refused, "//*[@name='value']/@value") == ["-3"]
    assert select(refused, "//*[contains(@class, 'invalid-feedback')]") != []
    for variable, value in (("errand.cost", "7.5"), ("errand.reason", "noise"), ("errand.at", "2026-03-02T09:30")):
        body = {**base, "variable": variable, "value": value, "reason": "typo"}
        assert "1 件都可以辦理" in text_of(visitor.post("/cases/intervene", body))
        assert visitor.post("/cases/intervene/now", body).status_code == 303
    with UnitOfWork(runtime.database) as uow:
        held = instances.inspect(runtime, uow, started.id).variables["errand"]
    assert (held["cost"], held["reason"]) == (7.5, "noise")
    assert datetime.fromisoformat(held["at"]) == datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def test_a_single_case_offers_it_and_somebody_without_the_right_sees_nothing(
    runtime: Runtime, visit: Visit, manager: Person, clerk: Person
) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    case = start(runtime, "errand").id
    links = select(visit(manager).get(f"/cases/{case}"), "//a[contains(@href, '/cases/intervene?verb=')]/@href")
    assert len(links) == 3
    ben = make_user(runtime, "customer_service", display_name="Ben")
    assert "Ben" in text_of(visit(manager).get(next(link for link in links if "reassign" in link)))
    visit(manager).post("/cases/intervene/now", {"verb": "reassign", "item": str(case), "reason": "x", "assignee": str(ben.id)})
    assert rows(runtime, tables.work_item)[0].assignee_id == ben.id
    clerks = visit(clerk)
    assert select(clerks.get("/cases"), "//input[@name='item']") == []
    assert clerks.get(f"/cases/intervene?verb=cancel&item={case}").status_code == 403
    assert clerks.get("/interventions/1").status_code == 404
