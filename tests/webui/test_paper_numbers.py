"""Pages of numbered blank papers: reserve and print, enter what was done on them, declare the rest void."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from engine import definitions
from engine.clock import MovableClock
from engine.model import SYSTEM, Channel
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site, make_user, rows
from tests.slips import SLIPS
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
_NEW = "/paper-numbers/new/p/slip"


@pytest.fixture
def deployed(runtime: Runtime) -> None:
    """A procedure that is numbered by its slip, and a site."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    make_site(runtime)


def test_from_the_stock_of_papers_to_the_last_number(runtime: Runtime, visit: Visit, clock: MovableClock, deployed: None) -> None:
    """Printed with numbers, one entered afterwards with its time, the rest void with a reason."""
    visitor = visit(make_user(runtime, "manager", locale="en"))
    assert "Print with numbers" in text_of(visitor.get("/blank-forms"))
    assert "1 and 200" in text_of(visitor.post(_NEW, {"count": "0"}))
    reserved = visitor.post(_NEW, {"count": "3", "book": "gate 2"})
    assert reserved.status_code == 303
    numbers = [each.number for each in rows(runtime, tables.paper_number)]
    printed = visitor.get(f"{reserved.location}/print").text
    assert all(number in printed for number in numbers)
    assert visitor.get(f"{reserved.location}/print.pdf").data.startswith(b"%PDF-")
    done_at = clock.now()
    clock.advance(timedelta(hours=5))
    local = done_at.astimezone(ZoneInfo(runtime.organisation.calendar.zone))
    typed = {"_on_paper": "1", "_paper_number": numbers[0]}
    assert "time on the paper" in text_of(visitor.post("/start/p", typed))
    typed["_claimed_at"] = f"{local:%Y-%m-%dT%H:%M}"
    refused = visitor.post("/start/p", {**typed, "_paper_number": "made-up"})
    assert refused.status_code == 422
    assert "“made-up” is not the number" in text_of(refused)
    case = visitor.get(visitor.post("/start/p", typed).location)
    assert numbers[0] in text_of(case)
    (item,) = rows(runtime, tables.work_item)
    step = {"_on_paper": "1", "_claimed_at": f"{local + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    assert visitor.post(f"/items/{item.id}/complete", step).status_code == 303
    steps = [(each.type, each.claimed_at) for each in rows(runtime, tables.history_event, tables.history_event.c.channel == Channel.PAPER)]
    minute = done_at.replace(second=0, microsecond=0)
    assert ("instance.started", minute) in steps
    assert ("work_item.completed", minute + timedelta(hours=2)) in steps
    assert "paper" in text_of(visitor.get(f"/cases/{item.instance_id}/history"))


def test_two_are_void_and_told_apart(runtime: Runtime, visit: Visit, deployed: None) -> None:
    """Those ticked first, then the rest; without a reason none; after the last there is nothing to print."""
    visitor = visit(make_user(runtime, "customer_service"))
    place = visitor.post(_NEW, {"count": "3"}).location
    numbers = [each.number for each in rows(runtime, tables.paper_number)]
    assert visitor.post(f"{place}/void", {"reason": ""}).status_code == 422
    assert visitor.post(f"{place}/void", {"reason": "寫壞", "number": numbers[1]}).status_code == 303
    assert [each.state for each in rows(runtime, tables.paper_number)] == ["blank", "void", "blank"]
    visitor.post(f"{place}/void", {"reason": "簿子收回"})
    text = text_of(visitor.get(place))
    assert "寫壞" in text
    assert "簿子收回" in text
    assert visitor.get(f"{place}/print").status_code == 404
    assert "3 張作廢" in text_of(visitor.get("/paper-numbers"))
