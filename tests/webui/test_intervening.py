"""Stepping in on the pages: ticked cases, what would happen, done, taken back; alone from a case's page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_simple, make_user, rows, start
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
