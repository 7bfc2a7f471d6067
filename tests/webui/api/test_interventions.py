"""Stepping in by the interface: tried, done, looked at, undone."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.builders import deploy_simple, start
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_cases_are_suspended_and_taken_back(runtime: Runtime, call_as: CallAs) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"))
    ids = [start(runtime, "errand").id for _ in range(2)]
    boss = call_as("manager")
    body = {"verb": "suspend", "process_instances": ids, "reason": "no water"}
    tried = boss.post("/interventions", {**body, "dry_run": True}).get_json()
    assert (tried["state"], tried["done"], tried["id"]) == ("dry_run", 2, None)
    assert tried["items"][0]["effects"] == ["The case rests; its items are hidden"]
    made = boss.post("/interventions", body, key="once").get_json()
    assert boss.post("/interventions", body, key="once").get_json()["id"] == made["id"]
    found = boss.get(f"/interventions/{made['id']}").get_json()
    assert (found["state"], found["done"]) == ("finished", 2)
    again = boss.post("/interventions", {**body, "dry_run": True}).get_json()
    assert again["items"][0]["code"] == "instance_not_active"
    boss.post(f"/interventions/{made['id']}/undo")
    assert boss.get(f"/interventions/{made['id']}").get_json()["undone"] == 2
    (listed,) = boss.get("/interventions?verb=suspend&definition_key=errand").get_json()["items"]
    assert (listed["id"], listed["reason"], listed["state"], [case["id"] for case in listed["cases"]]) == (1, "no water", "undone", ids)
    assert boss.get("/interventions?verb=cancel").get_json() == {"items": [], "next": None}
    assert boss.post(f"/interventions/{made['id']}/stop").get_json()["code"] == "intervention_over"
