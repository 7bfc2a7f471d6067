"""Messages, signals and the test clock over the API."""

from __future__ import annotations

from typing import Any

import pytest

from engine.runtime import Runtime
from tests.builders import deploy, simple_process
from tests.webui.api.caller import CallAs

WAITING = simple_process("waiting", ("wait_for_it", "customer_service")).replace(
    b'<userTask id="wait_for_it" name="wait_for_it"/>',
    b'<intermediateCatchEvent id="wait_for_it"><messageEventDefinition messageRef="parts_arrived"/></intermediateCatchEvent>',
).replace(b"<collaboration", b'<message id="parts_arrived" name="parts_arrived"/><collaboration')


def test_a_message_moves_the_instance_that_waits(runtime: Runtime, call_as: CallAs) -> None:
    """It names the instances it reached; a second one finds nobody."""
    deploy(runtime, {"waiting.bpmn": WAITING})
    manager = call_as("manager")
    instance = manager.post("/process-definitions/waiting/start", {}).get_json()
    answer = manager.post("/messages", {"name": "parts_arrived", "variables": {"parts": {"count": 2}}})
    assert (answer.status_code, answer.get_json()) == (200, {"process_instances": [instance["id"]]})
    assert manager.get(f"/process-instances/{instance['id']}").get_json()["state"] == "completed"
    assert manager.post("/messages", {"name": "parts_arrived"}).get_json()["code"] == "nobody_waits"


def test_a_signal_that_nobody_waits_for_reaches_nobody(call_as: CallAs) -> None:
    """A signal is a broadcast: nobody listening is no error."""
    assert call_as("manager").post("/signals", {"name": "all_clear"}).get_json() == {"process_instances": []}


@pytest.mark.databases("sqlite")
def test_the_test_clock_moves_forward_only(runtime: Runtime, call_as: CallAs, clock: Any) -> None:
    """By an ISO duration, once a key."""
    manager = call_as("manager")
    before = clock.now()
    answer = manager.post("/test-clock", {"advance": "PT20M"}, key="k-1")
    assert (answer.status_code, (clock.now() - before).total_seconds()) == (200, 1200)
    assert answer.get_json()["now"] == clock.now().isoformat()
    assert manager.post("/test-clock", {"advance": "PT20M"}, key="k-1").get_json() == answer.get_json()
    assert (clock.now() - before).total_seconds() == 1200
    for advance in ("-PT1M", "20 minutes", "P1", "P100Y", "PT1e400S"):
        assert manager.post("/test-clock", {"advance": advance}).status_code == 422, advance
    assert manager.get("/test-clock").get_json()["now"] == clock.now().isoformat()
