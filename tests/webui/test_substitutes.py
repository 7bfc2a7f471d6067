"""A substitute's day: appointed by the colleague, told on both sides, works in their place, the case says for whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from engine.clock import MovableClock
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy_simple, make_user, rows, start
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


def test_a_colleague_does_the_work_and_the_case_says_for_whom(runtime: Runtime, visit: Visit, clock: MovableClock) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "dispatcher"))
    case = start(runtime, "errand")
    absent, colleague = make_user(runtime, "dispatcher"), make_user(runtime, "cashier")
    away, stands_in = visit(absent), visit(colleague)
    day = "2026-03-02"
    sent = {"absent": str(absent.id), "substitute_text": colleague.username, "starts": day, "ends": day, "scope": "all"}
    assert away.post("/substitutes/new", sent).status_code == 303
    assert f"{colleague.name} 正代理您" in text_of(away.get("/"))
    inbox = stands_in.get("/")
    assert f"您正代理 {absent.name}" in text_of(inbox)
    assert f"代 {absent.name}" in text_of(inbox).partition("正代理")[2]
    item = case.work_item_ids[0]
    assert stands_in.post(f"/items/{item}/claim").status_code == 303
    assert stands_in.post(f"/items/{item}/complete").status_code == 303
    assert f"{colleague.name}（代 {absent.name}）" in text_of(stands_in.get(f"/cases/{case.id}"))
    clock.advance(timedelta(days=1))
    assert "您正代理" not in text_of(stands_in.get("/"))


def test_what_cannot_be_says_why_and_keeps_what_was_typed(runtime: Runtime, visit: Visit) -> None:
    person = make_user(runtime, "dispatcher")
    sent = {"substitute_text": "nobody", "starts": "2026-03-02", "ends": "2026-03-05", "note": "年假"}
    refused = visit(person).post("/substitutes/new", sent)
    assert refused.status_code == 422
    assert "請選擇代理的同事" in text_of(refused)
    assert select(refused, "//input[@name='note']/@value") == ["年假"]


def test_a_manager_appoints_and_ends_for_others(runtime: Runtime, visit: Visit, manager: object) -> None:
    absent, colleague = make_user(runtime, "dispatcher"), make_user(runtime, "cashier")
    visitor = visit(manager)
    sent = {"absent": str(absent.id), "substitute": str(colleague.id), "starts": "2026-03-02", "ends": "2026-03-05", "scope": "roles",
            "roles": "dispatcher"}
    visitor.post("/substitutes/new", sent)
    (made,) = rows(runtime, tables.substitution)
    assert absent.name in text_of(visitor.get("/substitutes?all=1"))
    assert absent.name not in text_of(visitor.get("/substitutes"))
    visitor.post(f"/substitutes/{made.id}/end")
    assert absent.name not in text_of(visitor.get("/substitutes?all=1"))
    assert "已結束" in text_of(visitor.get("/substitutes?all=1&ended=1"))
