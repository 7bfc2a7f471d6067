"""The pages of working time and numbering: what was typed wrongly stands beside its field, what was changed in the history below."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.runtime import Runtime
from tests.builders import Person, make_site, make_user
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
HOURS = {name: "08:30-12:00、13:00－17:30".replace("－", "–") for name in ("monday", "tuesday", "wednesday", "thursday", "friday")}
SENT = {**HOURS, "saturday": "", "sunday": "", "holidays": "CN", "extra_holidays": "2026-12-24", "extra_working_days": "", "reason": "冬季"}


def test_the_manager_changes_working_time_and_the_page_says_who_did(visit: Visit, manager: Person) -> None:
    visitor = visit(manager)
    assert visitor.post("/directory/calendar/company/edit", {**SENT, "version": "0"}).status_code == 303
    page = text_of(visitor.get("/directory/calendar/company"))
    assert "08:30-12:00, 13:00-17:30" in page
    assert "原因：冬季" in page
    assert manager.name in page
    late = visitor.post("/directory/calendar/company/edit", {**SENT, "version": "0", "saturday": "09:00-12:00"})
    assert late.status_code == 409
    assert "09:00-12:00" in late.text


def test_hours_that_cannot_be_stand_beside_their_day(visit: Visit, manager: Person) -> None:
    refused = visit(manager).post("/directory/calendar/company/edit", {**SENT, "monday": "early", "version": "0"})
    assert refused.status_code == 422
    assert 'id="e-monday"' in refused.text
    assert "2026-12-24" in refused.text


def test_a_site_follows_the_company_until_it_has_its_own(runtime: Runtime, visit: Visit, manager: Person) -> None:
    site_id, visitor = make_site(runtime, name="東區"), visit(manager)
    assert "用公司的" in text_of(visitor.get("/directory/calendar"))
    visitor.post(f"/directory/calendar/{site_id}/edit", {**SENT, "version": "0"})
    assert "用公司的" not in text_of(visitor.get("/directory/calendar"))
    visitor.post(f"/directory/calendar/{site_id}/restore", {"reason": "不再分開"})
    assert "用公司的" in text_of(visitor.get("/directory/calendar"))


def test_the_administrator_changes_how_numbers_are_written_and_where_they_go_on(runtime: Runtime, visit: Visit) -> None:
    runtime.organisation.numbering.update(receipt="SJ{yyyy}-{seq:06}")  # type: ignore[attr-defined]
    visitor = visit(make_user(runtime, "administrator"))
    address = "/directory/numbering/receipt"
    assert visitor.post(f"{address}/pattern", {"pattern": "RC{yyyy}-{seq:05}", "reason": "新格式", "version": "0"}).status_code == 303
    assert visitor.post(f"{address}/next", {"next": "120", "reason": "紙本至 119"}).status_code == 303
    refused = visitor.post(f"{address}/next", {"next": "3", "reason": "試"})
    assert refused.status_code == 409
    assert "已用的編號不會再用一次" in text_of(refused)
    page = text_of(visitor.get(address))
    assert "-00120" in page
    assert "紙本至 119" in page
    assert "收據" in text_of(visitor.get("/directory/numbering?q=receipt"))
