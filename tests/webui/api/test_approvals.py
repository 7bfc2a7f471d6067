"""Signature chains over the interface: the verbs people know, and those that only chains have."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.engine import chain_diagrams as chain
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")

S, E, F = "security_supervisor", "engineering_supervisor", "fire_officer"


def test_a_chain_is_worked_over_the_interface(runtime: Runtime, call_as: CallAs) -> None:
    """Sign, take back, add, hand over, take off, send back, copy, revoke."""
    chain.deploy(runtime)
    clerk, safety, works, fire, manager = (call_as(role) for role in ("customer_service", S, E, F, "manager"))
    assert clerk.person is not None
    assert manager.person is not None
    case = chain.applied(runtime, clerk.person)
    items = {role: chain.item_of(runtime, case.id, role) for role in (S, E, F)}
    form = safety.get(f"/work-items/{items[S]}").get_json()["form"]
    assert form["key"] == "signer_decision"
    assert "decision" in form["schema"]["properties"]

    assert safety.post(f"/work-items/{items[S]}/complete", {"variables": {"decision": "approve", "opinion": "可以"}}).status_code == 200
    parts = clerk.get(f"/process-instances/{case.id}/approvals").get_json()["items"]
    assert [(part["role"], part["state"], part["opinion"]) for part in parts] == [
        (S, "approved", "可以"), (E, "pending", None), (F, "pending", None)]
    assert works.post(f"/approvals/{parts[0]['id']}/withdraw", {}).status_code == 403
    assert safety.post(f"/approvals/{parts[0]['id']}/withdraw", {}).status_code == 200

    assert works.post(f"/work-items/{items[E]}/signers", {"place": "after", "role": "manager"}).status_code == 200
    added = clerk.get(f"/process-instances/{case.id}/approvals").get_json()["items"]
    removed = next(part for part in added if part["role"] == "manager")
    assert works.post(f"/approvals/{removed['id']}/remove", {"reason": "不需要"}).status_code == 200
    handed = fire.post(f"/work-items/{items[F]}/hand-over", {"to": manager.person.id, "reason": "出差"})
    assert handed.status_code == 200, handed.get_json()

    assert clerk.post(f"/work-items/{items[E]}/nudge", {}).status_code == 200
    again = clerk.post(f"/work-items/{items[E]}/nudge", {})
    assert (again.status_code, again.get_json()["code"]) == (409, "nudged_already")

    back = works.post(f"/work-items/{items[E]}/return", {"element_id": "applicant", "reason": "缺圖紙"})
    assert back.status_code == 200, back.get_json()
    assert chain.live(runtime, case.id) == [("apply", "customer_service")]

    copied = clerk.post(f"/process-instances/{case.id}/copies", {"people": [manager.person.id]})
    assert [each["person"]["id"] for each in copied.get_json()["items"]] == [manager.person.id]
    assert [each["process_instance_id"] for each in manager.get("/copies", unread="true").get_json()["items"]] == [case.id]
    assert manager.post(f"/process-instances/{case.id}/read", {}).get_json() == {"was_unread": True}
    assert manager.get("/copies", unread="true").get_json()["items"] == []

    assert manager.post(f"/process-instances/{case.id}/revoke", {"reason": "x"}).status_code == 403
    revoked = clerk.post(f"/process-instances/{case.id}/revoke", {"reason": "不裝修了"})
    assert (revoked.status_code, revoked.get_json()["state"]) == (200, "cancelled")
