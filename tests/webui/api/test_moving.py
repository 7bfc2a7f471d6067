"""Moving a case through the interface."""

from __future__ import annotations

import pytest

from engine import definitions, instances
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site, rows
from tests.slips import SLIPS
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_programs_look_move_and_move_back(runtime: Runtime, call_as: CallAs) -> None:
    """Looked at, moved and moved back, with codes for what is refused."""
    make_site(runtime)
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    case_id = run_step(runtime, lambda uow: instances.start(runtime, uow, SYSTEM, "p", {})).id
    caller = call_as("manager")
    address = f"/process-instances/{case_id}/move"
    (item,) = rows(runtime, tables.work_item)
    seen = caller.get(address, work_item_id=item.id, to="b").json
    assert [each["id"] for each in seen["steps"]] == ["a", "wait", "b"]
    assert (seen["preview"]["to"], seen["preview"]["clocks"]) == ("b", ["p.first"])
    body = {"work_item_id": item.id, "to": "b", "reason": "wrong building"}
    assert caller.post(address, {**body, "to": "nowhere"}).json["code"] == "place_not_usable"
    assert caller.post(address, body).status_code == 200
    assert caller.post(address, body).json["code"] == "item_gone"
    events = caller.get(f"/process-instances/{case_id}/history").json["items"]
    seq = next(each["seq"] for each in events if each["type"] == "work_item.moved")
    assert caller.post(f"{address}/undo", {"history_seq": seq}).status_code == 200
    assert [each.element_id for each in rows(runtime, tables.work_item, tables.work_item.c.is_live)] == ["a"]
