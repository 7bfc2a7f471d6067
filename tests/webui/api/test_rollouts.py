"""Versions over REST: looked at, tried, moved with what became of each, undone, rolled back; each refusal is a problem with its code."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.test import TestResponse

from engine import migration_runs, standings
from engine.persistence.tables import work_item
from engine.runtime import Runtime
from tests.builders import deploy, make_site, rows, simple_process, start
from tests.webui.api.caller import CallAs, Caller

pytestmark = pytest.mark.databases("sqlite")
_FIRST, _LAST = ("fill_in", "manager"), ("file_away", "manager")


def _package(*steps: tuple[str, str]) -> dict[str, bytes]:
    return {"errand.bpmn": simple_process("errand", _FIRST, *steps, _LAST)}


def _propose(caller: Caller, files: dict[str, bytes], **query: str) -> TestResponse:
    data = {"files": [(io.BytesIO(body), name) for name, body in files.items()]}
    return caller._send("POST", "/proposals", query_string=query, data=data, content_type="multipart/form-data")


def _refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """A problem in the caller's language, with nothing but what the code says."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json
    assert body["code"] == code
    assert not any("\u4e00" <= character <= "\u9fff" for character in body["detail"]), body
    return body


def test_a_version_is_planned_tried_run_undone_and_gone_back_from(
    runtime: Runtime, call_as: CallAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three cases: one moves, one is blocked until its step is named, one has gone on by the time that the run is undone."""
    make_site(runtime)
    first = deploy(runtime, _package(("check", "manager")))
    cases = [start(runtime, "errand").id for _ in range(3)]
    caller = call_as("process_designer", "manager")

    def complete(case: int) -> None:
        item, = rows(runtime, work_item, work_item.c.instance_id == case, work_item.c.is_live)
        assert caller.post(f"/work-items/{item.id}/complete", {"variables": {}}).status_code == 200

    complete(cases[1])
    # planned
    _refused(_propose(caller, {"errand.bpmn": b"<no/>"}), 422, "deployment_refused")
    proposal = _propose(caller, _package(("weigh", "manager")), note="weigh it").json
    address = f"/proposals/{proposal['id']}"
    groups = {each["steps"][0]["element_id"]: each for each in caller.get(f"{address}/impact").json["groups"]}
    assert {step: (each["verdict"], each["count"]) for step, each in groups.items()} == {"fill_in": ("movable", 2), "check": ("blocked", 1)}
    assert {each["element_id"] for each in caller.get(f"{address}/difference").json["elements"]} >= {"check", "weigh"}
    # nobody is moved without a reason, nor while the cases are still to be read
    moves = {"moves": [{"group_id": groups["fill_in"]["id"]}]}
    _refused(caller.post(f"{address}/deploy", moves), 422, "invalid")
    monkeypatch.setattr(standings, "AT_ONCE", 0)
    _refused(caller.post(f"{address}/deploy", {**moves, "reason": "x"}), 409, "still_counting")
    assert caller.get(address).json["state"] == "draft"
    assert caller.post(f"{address}/deploy", {"moves": [], "reason": ""}).json["state"] == "deployed"
    _refused(caller.post(f"{address}/deploy", {"moves": [], "reason": ""}), 409, "proposal_over")
    second = caller.get("/process-definitions").json["items"][0]
    assert second["version"] == 2
    # tried: one case, nothing changed
    target = {"to_definition_id": second["id"]}
    assert caller.get(f"/process-instances/{cases[0]}/migrate", **target).json["blocked"] == []
    assert caller.get(f"/process-instances/{cases[1]}/migrate", **target).json["blocked"][0]["reason"] == "gone"
    _refused(caller.get(f"/process-instances/{cases[0]}/migrate", to_definition_id=first.id), 409, "same_version")
    _refused(caller.post(f"/process-instances/{cases[1]}/migrate", {**target, "reason": "x"}), 409, "migration_blocked")
    # run
    runs = f"/process-definitions/{second['id']}/migrations"
    _refused(caller.post(runs, {"instance_ids": cases, "reason": " "}), 422, "invalid")
    run = caller.post(runs, {"instance_ids": cases, "reason": "safer"}).json
    assert (run["state"], run["total"]) == ("running", 3)
    migrations = f"/migrations/{run['id']}"
    _refused(caller.post(f"{migrations}/undo", {}), 409, "run_goes_on")
    migration_runs.carry_out(runtime, run["id"])
    assert {name: caller.get(migrations).json[name] for name in ("state", "moved", "refused")} == {
        "state": "finished", "moved": 2, "refused": 1}
    results = {each["instance_id"]: each for each in caller.get(f"{migrations}/cases").json["items"]}
    assert {case: each["state"] for case, each in results.items()} == {cases[0]: "moved", cases[1]: "refused", cases[2]: "moved"}
    assert "check" in results[cases[1]]["problem"]
    _refused(caller.post(f"{migrations}/stop", {}), 409, "run_over")
    # undone, but for who has gone on
    complete(cases[2])
    assert caller.post(f"{migrations}/undo", {}).json["state"] == "undoing"
    migration_runs.carry_back(runtime, run["id"], caller.person.id if caller.person else None)
    kept, = caller.get(f"{migrations}/cases", state="kept").json["items"]
    assert (kept["instance_id"], kept["problem"] != "") == (cases[2], True)
    assert caller.get(f"/process-instances/{cases[0]}").json["version"] == 1
    # gone back from
    back = caller.post(f"/process-definitions/{first.id}/restore", {"note": "back"}).json
    assert caller.post(f"/proposals/{back['id']}/deploy", {"moves": [], "reason": ""}).json["state"] == "deployed"
    _refused(caller.post(f"/proposals/{back['id']}/withdraw", {}), 409, "proposal_over")
    assert caller.get("/process-definitions").json["items"][0]["version"] == 3
    _refused(call_as("cashier").post(runs, {"instance_ids": cases, "reason": "x"}), 403, "forbidden")


def test_many_cases_are_read_before_their_impact_is_told(runtime: Runtime, call_as: CallAs, monkeypatch: pytest.MonkeyPatch) -> None:
    """409 with how far it is, begun by a POST, told of afterwards."""
    make_site(runtime)
    deploy(runtime, _package(("check", "manager")))
    start(runtime, "errand")
    version = deploy(runtime, _package(("weigh", "manager"))).id
    caller, address = call_as("process_designer", "manager"), f"/process-definitions/{version}/impact"
    monkeypatch.setattr(standings, "AT_ONCE", 0)
    problem = _refused(caller.get(address), 409, "still_counting")
    assert (problem["done"], problem["total"]) == (0, 1)
    begun = caller.post(address, {})
    assert (begun.status_code, begun.json["is_over"]) == (202, False)
    standings.carry_out(runtime, "errand")
    assert [each["count"] for each in caller.get(address).json["groups"]] == [1]
