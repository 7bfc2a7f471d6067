"""A repair call from the telephone to the archive through six roles, over the API alone; twenty minutes pass unassigned on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.instances import run_step
from engine.runtime import Runtime
from engine.scenarios.company import drawing, found
from tests.builders import ROOT, read_folder
from tests.webui.api.caller import CallAs, Caller

ROLES = ("customer_service", "dispatcher", "repair_worker", "engineering_supervisor", "cashier", "manager")


class Story:
    """The six people, and the case that they work."""

    def __init__(self, runtime: Runtime, call_as: CallAs) -> None:
        self.runtime = runtime
        self.company = run_step(runtime, lambda uow: found(runtime, uow))
        self.people: dict[str, Caller] = {role: call_as(role, site_id=self.company.site_id) for role in ROLES}
        self.instance = 0

    def now(self) -> str:
        """The moment as a form takes it."""
        return self.runtime.clock.now().isoformat()

    def signature(self, caller: Caller, signer: str) -> dict[str, Any]:
        """A signature drawn on the caller's device."""
        stored = caller.upload("/files", [("file", "signature.png", drawing())], kind="signature")
        assert stored.status_code == 201, stored.get_json()
        return {"file": stored.get_json()["id"], "signer": signer}

    def start(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Register the call."""
        answer = self.people["customer_service"].post("/process-definitions/repair/start", {"variables": fields}, key="the-call")
        assert answer.status_code == 201, answer.get_json()
        started: dict[str, Any] = answer.get_json()
        self.instance = started["id"]
        return started

    def item(self, role: str, element_id: str) -> int:
        """The item, as it lies in the inbox of one of that role."""
        listed = self.people[role].get("/work-items").get_json()["items"]
        [item] = [entry["id"] for entry in listed if entry["element_id"] == element_id and entry["state"] != "completed"]
        return int(item)

    def do(self, role: str, element_id: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Claim the item where nobody has it, look at its form, submit: what it opens with, and the fields over it."""
        caller = self.people[role]
        item = self.item(role, element_id)
        shown = caller.get(f"/work-items/{item}").get_json()
        if shown["assignee"] is None:
            assert caller.post(f"/work-items/{item}/claim").status_code == 200
        opened = {name: value for name, value in shown["form"]["prefill"].items() if value not in (None, "", [])}
        signed = {name for name, schema in shown["form"]["schema"]["properties"].items() if schema.get("format") == "signature"}
        variables = {name: value for name, value in {**opened, **fields}.items() if name in fields or name not in signed}
        answer = caller.post(f"/work-items/{item}/complete", {"variables": variables}, key=f"complete-{item}")
        assert answer.status_code == 200, answer.get_json()
        step: dict[str, Any] = answer.get_json()
        assert step["incident_id"] is None
        return step


def deploy_all(designer: Caller) -> None:
    """Deploy our own procedures as a designer would: what is called first."""
    for name in ("follow_up", "repair"):
        answer = designer.deploy(read_folder(Path(ROOT) / "bpmn" / name))
        assert answer.status_code == 201, answer.get_json()


@pytest.fixture
def story(runtime: Runtime, call_as: CallAs) -> Story:
    """A company with the procedures deployed."""
    told = Story(runtime, call_as)
    deploy_all(call_as("process_designer"))
    return told


def test_a_repair_call_from_the_telephone_to_the_archive(story: Story, clock: Any, advance: Callable[[str], None]) -> None:
    """Refused once; registered, escalated after twenty minutes, assigned, priced, signed, paid, followed up, archived."""
    _be_refused(story)
    now, people = story.now, story.people
    started = story.start({
        "channel": "phone", "called_at": now(), "unit": "A-1201", "tenant": "T-001", "caller": "王小明", "phone": "0571-88001234",
        "category": "doors_windows", "urgency": "general", "items": "玻璃門地彈簧更換", "charged": "unknown",
    })
    assert started["business_key"]
    story.do("customer_service", "phone_engineering", {"told": "李派單", "told_at": now()})

    advance("PT25M")
    assert story.item("manager", "assign_worker")
    assert people["manager"].get(f"/process-instances/{story.instance}").get_json()["late_since"]
    events = people["manager"].get(f"/process-instances/{story.instance}/history").get_json()["items"]
    assert "limit.breached" in [event["type"] for event in events]

    worker = people["repair_worker"]
    assert worker.person is not None
    story.do("dispatcher", "assign_worker", {"worker": worker.person.id, "assigned_at": now()})
    story.do("repair_worker", "accept_slip", {"signature": story.signature(worker, worker.person.name), "accepted_at": now()})
    advance("PT10M")
    story.do("repair_worker", "check_in", {
        "trade": "other", "diagnosis": "地彈簧漏油", "cost_basis": "outside_list", "arrived_at": now(),
    })
    story.do("engineering_supervisor", "price_outside_list", {
        "lines": [{"name": "地彈簧及人工", "quantity": 1, "price": "480.00"}], "review": "按市價詢三家，取其中價", "quoted_at": now(),
    })
    story.do("repair_worker", "agree_quote", {"agreed": True, "signature": story.signature(worker, "王小明"), "answered_at": now()})
    story.do("repair_worker", "repair_on_site", {"finished": True, "started_at": now()})
    story.do("repair_worker", "record_work", {
        "cause": "漏油失效", "done": "更換地彈簧", "materials": [{"name": "地彈簧", "quantity": 1, "price": "380.00"}], "labour": "100.00",
        "finished_at": now(),
    })
    story.do("repair_worker", "sign_repair", {
        "outcome": "signed", "signature": story.signature(worker, "王小明"), "confirmed_at": now(),
    })
    story.do("dispatcher", "return_slip", {"complete": True, "returned_at": now()})
    story.do("cashier", "collect_fee", {"amount": "480.00", "method": "transfer", "receipt_no": "0001288", "paid_at": now()})
    visitor = people["customer_service"]
    assert visitor.person is not None
    story.do("customer_service", "confirm_visit_form", {"form": "phone", "planned_at": now()})
    story.do("customer_service", "ask_tenant", {
        "form": "phone", "visitor": visitor.person.id, "respondent": "王小明", "result": "satisfied", "quality": "5", "attitude": "5",
        "visited_at": now(),
    })
    story.do("customer_service", "archive_record", {"kind": "repair_slip", "archived_at": now()})
    story.do("customer_service", "archive_slip", {"place": "報修檔2026-03", "archived_at": now()})

    ended = people["manager"].get(f"/process-instances/{story.instance}").get_json()
    assert (ended["state"], ended["end_events"], ended["tokens"], ended["work_items"]) == ("completed", ["repair_archived"], [], [])
    events = people["manager"].get(f"/process-instances/{story.instance}/history", limit=200).get_json()["items"]
    actors = {event["actor"]["id"] for event in events if event["type"] == "work_item.completed"}
    assert len(actors) == 5  # the manager looked on
    assert people["manager"].get(f"/process-instances/{story.instance}/diagram.svg").status_code == 200


def _be_refused(story: Story) -> None:
    """422 form_invalid in the caller's language; the item stands as it stood."""
    caller = story.people["customer_service"]
    answer = caller.post("/process-definitions/repair/start", {"variables": {"channel": "pigeon", "colour": "red"}})
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (422, "form_invalid")
    found_errors = {error["field"]: error["code"] for error in problem["errors"]}
    assert {"channel", "colour", "unit", "caller"} <= set(found_errors)
    messages = " ".join(error["message"] for error in problem["errors"])
    assert messages.isascii() or "“" in messages
    assert not any("\u4e00" <= character <= "\u9fff" for character in messages), messages
    assert story.people["manager"].get("/process-instances").get_json()["items"] == []


@pytest.fixture
def advance(story: Story) -> Callable[[str], None]:
    """Move the clock by the API, as its `--test-clock` would be."""

    def move(duration: str) -> None:
        answer = story.people["manager"].post("/test-clock", {"advance": duration})
        assert answer.status_code == 200, answer.get_json()

    return move
