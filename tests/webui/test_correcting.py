"""Putting right on a case's page when something happened, and what the limits' pages say of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from engine.clock import MovableClock
from engine.persistence.tables import history_event
from engine.runtime import Runtime
from tests.builders import make_user, rows
from tests.engine.test_corrections import visited
from tests.engine.test_limits import only_clock
from tests.webui.visitor import Visitor, select, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def case(runtime: Runtime, clock: MovableClock) -> int:
    """A call of which somebody was there only after half an hour, as it seems."""
    return visited(runtime, clock, make_user(runtime, "customer_service", "dispatcher", "repair_worker").actor)


def address(runtime: Runtime, case: int) -> str:
    """Of the question when the visit was."""
    (event,) = rows(runtime, history_event, history_event.c.element_id == "visit", history_event.c.type == "work_item.completed")
    return f"/cases/{case}/history/{event.seq}/correct-time"


def test_a_supervisor_corrects_on_the_story(runtime: Runtime, visit: Visit, case: int) -> None:
    """A link at each entry of a person, a question with the time that stands, and both on the story afterwards."""
    supervisor, clerk = visit(make_user(runtime, "cs_supervisor")), visit(make_user(runtime, "customer_service"))
    here, question = f"/cases/{case}", address(runtime, case)
    links = [link.get("href") for link in select(supervisor.get(here), "//ol[@class='timeline']//a[@data-dialog]")]
    # the start and three steps: not what the clock did
    assert len(links) == 4
    assert question in links
    assert select(clerk.get(here), "//ol[@class='timeline']//a[@data-dialog]") == []
    (field,) = select(supervisor.get(question), "//input[@name='moment']")
    stood = datetime.fromisoformat(str(field.get("value")))
    answer = {"moment": f"{stood - timedelta(minutes=14):%Y-%m-%dT%H:%M}", "reason": "聽錄音為準"}
    assert "時限已按新的時刻重算" in text_of(supervisor.post(question, answer, follow=True))
    assert only_clock(runtime).breached_at is None
    story = text_of(supervisor.get(f"{here}/history"))
    assert "聽錄音為準" in story
    assert f"更正「visit」的發生時刻：{stood:%Y-%m-%d %H:%M}，改為" in story
    assert "（已更正）" in story


def test_a_bad_answer_is_asked_again(runtime: Runtime, visit: Visit, case: int) -> None:
    """With what was typed, and what is wrong with it."""
    supervisor, question = visit(make_user(runtime, "cs_supervisor")), address(runtime, case)
    for answer, problem in (
        ({"moment": "", "reason": "x"}, "請填寫實際發生時間"), ({"moment": "2026-03-02T09:10", "reason": ""}, "請填寫原因"),
        ({"moment": "2027-01-01T00:00", "reason": "打錯"}, "不能晚於登錄的時刻"),
    ):  # fmt: skip
        page = supervisor.post(question, answer)
        assert page.status_code == 422
        assert problem in text_of(page)
        assert select(page, "//input[@name='moment']")[0].get("value") == answer["moment"]


def test_a_closed_month_says_that_a_correction_came_later(
    runtime: Runtime, clock: MovableClock, visit: Visit, case: int
) -> None:
    """On the overview and on the limit's page, where the figures are as they were."""
    manager, question = visit(make_user(runtime, "manager")), address(runtime, case)
    clock.advance(timedelta(days=60))
    said = manager.post(question, {"moment": "2026-03-02T09:16", "reason": "聽錄音為準"}, follow=True)
    assert "數字不變" in text_of(said)
    month = "since=2026-03-01&until=2026-03-31"
    assert "結後更正 1 件" in text_of(manager.get(f"/limits?{month}"))
    page = text_of(manager.get(f"/limits/call.on_site?{month}"))
    assert "月份結後的更正" in page
    assert "應為 2026-03-02 09:16" in page
