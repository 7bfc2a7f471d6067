"""Boards over the interface: figures, cards, giving work out and taking it back."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.engine.board_cases import make_company
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_work_is_given_out_and_taken_back(runtime: Runtime, call_as: CallAs) -> None:
    company = make_company(runtime)
    case, worker = company.call("A-2", "urgent"), company.workers[0]
    caller = call_as("dispatcher")
    assert caller.get("/boards").get_json()["items"] == [{"key": "repair", "title": "Dispatcher’s board"}]
    figures = caller.get("/boards/repair").get_json()
    assert {each["id"]: each["total"] for each in figures["columns"]}["reported"] == 1
    assert [each["floors"] for each in figures["buildings"] if each["name"] == "東座"] == [
        [{"floor": 2, "open": 1, "late": 0}, {"floor": 1, "open": 0, "late": 0}]
    ]
    (card,) = caller.get("/boards/repair/columns/reported").get_json()["items"]
    assert (card["class"], card["unit"], card["clocks"][0]["limit_id"]) == ("urgent", "A-2", "repair.on_site")
    given = caller.post("/boards/repair/assign", {"work_item_id": card["work_item_id"], "worker": worker.username})
    assert given.get_json()["worker"]["name"] == worker.name
    assert caller.get("/boards/repair/columns/assigned").get_json()["items"][0]["assignee"]["id"] == worker.id
    assert caller.post("/boards/repair/assign", {"work_item_id": card["work_item_id"], "worker": worker.id}).status_code == 409
    back = {name: given.get_json()[name] for name in ("process_instance_id", "history_seq", "way", "before_id")}
    assert caller.post("/boards/repair/undo", back).get_json() == {"process_instance_id": case.id}
    assert len(caller.get("/boards/repair/columns/reported").get_json()["items"]) == 1
    assert caller.get("/boards/repair/columns/nonsense").status_code == 404
    assert caller.get("/boards/repair?site_id=0").status_code == 422
