"""What-ifs over the interface: asked, looked at, stopped, deleted; what makes no sense is named."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.builders import deploy_simple
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")
_QUESTION = {
    "since": "2026-02-01T00:00:00Z", "until": "2026-03-02T00:00:00Z", "arrivals": {"errand": 1.5}, "staff": {"customer_service": 2},
}


def test_asked_looked_at_stopped_and_deleted(runtime: Runtime, call_as: CallAs) -> None:
    deploy_simple(runtime)
    caller = call_as("manager")
    asked = caller.post("/what-if", {**_QUESTION, "name": "one more"})
    assert asked.status_code == 202
    play = asked.get_json()
    assert (play["state"], play["percent"], play["result"], play["sites"]) == ("waiting", 0, None, None)
    assert (play["question"]["weeks"], play["question"]["replications"]) == (4, 5)
    # any, but kept
    assert play["question"]["seed"] > 0
    (listed,) = caller.get("/what-if").get_json()["items"]
    assert listed["name"] == "one more"
    assert "result" not in listed
    address = f"/what-if/{play['id']}"
    assert caller.post(f"{address}/stop").get_json()["state"] == "stopped"
    assert caller.post(f"{address}/stop").status_code == 409
    assert caller.delete(address).get_json() == {"id": play["id"]}
    assert caller.get(address).status_code == 404


def test_what_cannot_be_played_is_named(runtime: Runtime, call_as: CallAs) -> None:
    deploy_simple(runtime)
    answer = call_as("manager").post("/what-if", {**_QUESTION, "arrivals": {"nothing": 1}, "staff": {"juggler": 1}})
    assert answer.status_code == 422
    body = answer.get_json()
    assert body["code"] == "form_invalid"
    assert [each["field"] for each in body["errors"]] == ["arrivals.nothing", "staff.juggler"]
