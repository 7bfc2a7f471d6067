"""Numbers on blank papers through the interface, and what was done on one of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import definitions
from engine.clock import MovableClock
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_site
from tests.slips import SLIPS
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_reserved_entered_and_void(runtime: Runtime, clock: MovableClock, call_as: CallAs) -> None:
    """A paper's number becomes the case's; the same again is a conflict; the rest is void with a reason."""
    make_site(runtime)
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, SLIPS)
        uow.commit()
    caller = call_as("manager")
    block = caller.post("/number-blocks", {"record": "slip", "count": 2, "book": "gate 2", "use_by": "2099-01-31"}).json
    assert (block["blank"], block["book"], block["use_by"]) == (2, "gate 2", "2099-01-31")
    first = block["numbers"][0]["number"]
    done_at = clock.now()
    clock.advance(timedelta(hours=3))
    paper = {"done_at": done_at.isoformat(), "number": first}
    case = caller.post("/process-definitions/p/start", {"paper": paper})
    assert (case.status_code, case.json["business_key"]) == (201, first)
    assert caller.post("/process-definitions/p/start", {"paper": paper}).json["code"] == "paper_number_used"
    (item,) = caller.get("/work-items", process_instance_id=case.json["id"]).json["items"]
    step = {"done_at": (done_at + timedelta(hours=1)).isoformat()}
    assert caller.post(f"/work-items/{item['id']}/complete", {"paper": step}).status_code == 200
    events = caller.get(f"/process-instances/{case.json['id']}/history").json["items"]
    assert {each["channel"] for each in events if each["type"] in ("instance.started", "work_item.completed")} == {"paper"}
    left = caller.post(f"/number-blocks/{block['id']}/void", {"reason": "book closed"}).json
    assert (left["used"], left["void"], left["numbers"][1]["reason"]) == (1, 1, "book closed")
    assert caller.get("/number-blocks").json["items"][0]["id"] == block["id"]
