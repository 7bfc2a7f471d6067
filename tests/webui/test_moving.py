"""The page that moves a case: nothing happens before it was looked at and a reason given; what was moved can be moved back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine import definitions, instances
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site, make_user, rows
from tests.slips import SLIPS
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def case_id(runtime: Runtime) -> int:
    """A case at its first step `a`; its others are a wait and `b`."""
    make_site(runtime)
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    return run_step(runtime, lambda uow: instances.start(runtime, uow, SYSTEM, "p", {})).id


def open_steps(runtime: Runtime) -> list[str]:
    """Elements of live items."""
    return [each.element_id for each in rows(runtime, tables.work_item, tables.work_item.c.is_live)]


def test_looked_at_moved_and_moved_back(runtime: Runtime, visit: Visit, case_id: int) -> None:
    """The preview tells what is withdrawn and what opens; without a reason nothing is done; the case's page offers the way back."""
    visitor = visit(make_user(runtime, "manager", locale="en"))
    address = f"/cases/{case_id}/move"
    assert address in visitor.get(f"/cases/{case_id}").text
    (item,) = rows(runtime, tables.work_item)
    asked = {"item": str(item.id), "step": "b"}
    seen = text_of(visitor.post(address, asked))
    assert "“a” is withdrawn." in seen
    assert "“b” opens for" in seen
    assert "This limit goes on: from the start to the first step" in seen
    assert open_steps(runtime) == ["a"]
    assert visitor.post(address, {**asked, "sure": "1"}).status_code == 422
    assert "Steps that can be used" in text_of(visitor.post(address, {"item": str(item.id), "step": "nowhere"}))
    assert visitor.post(address, {**asked, "sure": "1", "reason": "wrong building"}).status_code == 303
    assert open_steps(runtime) == ["b"]
    page = visitor.get(f"/cases/{case_id}")
    assert "Moved the case from “a” to “b”" in text_of(page)
    assert "wrong building" in text_of(page)
    (event,) = rows(runtime, tables.history_event, tables.history_event.c.type == "work_item.moved")
    assert visitor.post(f"{address}/undo", {"seq": str(event.seq)}).status_code == 303
    assert open_steps(runtime) == ["a"]
    again = visitor.post(f"{address}/undo", {"seq": str(event.seq)}, follow=True)
    assert "cannot be undone" in text_of(again)
