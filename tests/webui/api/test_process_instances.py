"""Starting, looking at and steering instances."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.builders import deploy, deploy_simple, simple_process, start
from tests.webui.api.caller import CallAs

FAILING = simple_process("failing", ("prepare", "customer_service"), ("finish_it", "customer_service")).replace(
    b'<userTask id="finish_it" name="finish_it"/>',
    b'<scriptTask id="finish_it" name="finish_it"><script>x = missing_name</script></scriptTask>')


def test_a_started_instance_says_where_it_stands(runtime: Runtime, call_as: CallAs) -> None:
    """Every member that the design names."""
    deploy_simple(runtime)
    answer = call_as("customer_service").post("/process-definitions/errand/start", {"variables": {"a": {"b": 1}}, "business_key": "BK-1"})
    assert answer.status_code == 201, answer.get_json()
    instance = answer.get_json()
    assert (instance["key"], instance["version"], instance["state"], instance["business_key"]) == ("errand", 1, "active", "BK-1")
    assert instance["variables"]["a"] == {"b": 1}
    assert [item["element_id"] for item in instance["work_items"]] == ["do_errand"]
    assert [token["element_id"] for token in instance["tokens"]] == ["do_errand"]
    assert instance["completed_elements"] == ["start"]
    assert (instance["end_events"], instance["incidents"]) == ([], [])


def test_a_finished_instance_says_how_it_ended(runtime: Runtime, call_as: CallAs) -> None:
    """No tokens, its end events, everything it passed."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    instance = caller.post("/process-definitions/errand/start", {}).get_json()
    step = caller.post(f"/work-items/{instance['work_items'][0]['id']}/complete", {"variables": {"note": {"text": "done"}}}).get_json()
    assert step == {"process_instance_id": instance["id"], "state": "completed", "work_items": [], "incident_id": None}
    instance = caller.get(f"/process-instances/{instance['id']}").get_json()
    assert (instance["state"], instance["tokens"], instance["work_items"], instance["end_events"]) == ("completed", [], [], ["finish"])
    assert instance["completed_elements"] == ["start", "do_errand", "finish"]
    assert instance["ended_at"]


def test_an_unknown_process_is_not_found(call_as: CallAs) -> None:
    """404, also for an unknown version of a known one."""
    assert call_as("customer_service").post("/process-definitions/nothing/start", {}).status_code == 404


def test_data_that_the_engine_reserves_is_refused(runtime: Runtime, call_as: CallAs) -> None:
    """`_` is the engine's own."""
    deploy_simple(runtime)
    answer = call_as("customer_service").post("/process-definitions/errand/start", {"variables": {"_": {"instance_id": 7}}})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "data_not_storable")


def test_the_list_goes_on_by_cursor(runtime: Runtime, call_as: CallAs) -> None:
    """Every case once, last moved first."""
    deploy_simple(runtime)
    started = [start(runtime, "errand", business_key=f"BK-{number}").id for number in range(5)]
    caller = call_as("manager")
    seen, after = [], None
    for _ in range(5):
        page = caller.get("/process-instances", limit=2, **({"after": after} if after else {})).get_json()
        seen += [row["id"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert seen == started[::-1]
    [one] = caller.get("/process-instances", business_key="BK-3", key="errand", state="active").get_json()["items"]
    assert one["id"] == started[3]
    assert caller.get("/process-instances", state="completed").get_json() == {"items": [], "next": None}


def test_a_manager_suspends_resumes_and_cancels(runtime: Runtime, call_as: CallAs) -> None:
    """Each answers with the instance; what no longer applies is a conflict."""
    deploy_simple(runtime)
    instance = start(runtime, "errand").id
    manager = call_as("manager")
    suspended = manager.post(f"/process-instances/{instance}/suspend", {"reason": "waiting for parts"}).get_json()
    assert (suspended["state"], suspended["work_items"]) == ("suspended", [])
    assert manager.post(f"/process-instances/{instance}/suspend", {}).get_json()["code"] == "instance_not_active"
    resumed = manager.post(f"/process-instances/{instance}/resume", {}).get_json()
    assert (resumed["state"], len(resumed["work_items"])) == ("active", 1)
    assert manager.post(f"/process-instances/{instance}/cancel", {"reason": "filed twice"}).get_json()["state"] == "cancelled"
    assert manager.post(f"/process-instances/{instance}/resume", {}).status_code == 409


def test_a_failed_step_is_an_incident_that_can_be_retried(runtime: Runtime, call_as: CallAs) -> None:
    """The step's answer names the incident; the instance shows it; a retry tries again with what was submitted."""
    deploy(runtime, {"failing.bpmn": FAILING})
    caller, manager = call_as("customer_service"), call_as("manager")
    instance = caller.post("/process-definitions/failing/start", {}).get_json()
    step = caller.post(f"/work-items/{instance['work_items'][0]['id']}/complete", {"variables": {"form": {"a": 1}}})
    assert (step.status_code, step.get_json()["state"]) == (200, "incident")
    shown = manager.get(f"/process-instances/{instance['id']}").get_json()
    assert [entry["id"] for entry in shown["incidents"]] == [step.get_json()["incident_id"]]
    assert shown["incidents"][0]["element_id"] == "finish_it"
    assert shown["incidents"][0]["message"]
    again = manager.post(f"/process-instances/{instance['id']}/retry", {})
    assert (again.status_code, again.get_json()["state"]) == (200, "incident")
    assert manager.post(f"/process-instances/{instance['id']}/retry", {"incident_id": 10**9}).status_code == 404


def test_the_history_tells_who_did_what_by_which_way(runtime: Runtime, call_as: CallAs) -> None:
    """In order, by the API, paged."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    instance = caller.post("/process-definitions/errand/start", {}).get_json()
    item = instance["work_items"][0]["id"]
    caller.post(f"/work-items/{item}/complete", {"variables": {}, "claimed_at": "2026-03-01T20:00:00+08:00"})
    path = f"/process-instances/{instance['id']}/history"
    events = caller.get(path).get_json()["items"]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert "work_item.completed" in [event["type"] for event in events]
    assert caller.person is not None
    completed = next(event for event in events if event["type"] == "work_item.completed")
    assert (completed["actor"]["id"], completed["channel"]) == (caller.person.id, "api")
    assert completed["claimed_at"] == "2026-03-01T12:00:00+00:00"
    first = caller.get(path, limit=1).get_json()
    second = caller.get(path, limit=1, after=first["next"]).get_json()
    assert [event["seq"] for event in first["items"] + second["items"]] == [1, 2]


def test_the_diagram_is_drawn_with_its_state(runtime: Runtime, call_as: CallAs) -> None:
    """An SVG that names the element where the case stands."""
    deploy_simple(runtime)
    answer = call_as("manager").get(f"/process-instances/{start(runtime, 'errand').id}/diagram.svg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert b"<svg" in answer.get_data()


@pytest.mark.parametrize("verb", ["suspend", "resume", "cancel", "retry"])
def test_steering_an_unknown_instance_is_not_found(call_as: CallAs, verb: str) -> None:
    """404."""
    assert call_as("manager").post(f"/process-instances/4711/{verb}", {}).status_code == 404
