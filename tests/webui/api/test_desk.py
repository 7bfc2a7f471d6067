"""The desk by the interface: a shift from taking over to handing over, the day's figures, the roster."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.builders import make_site, make_user
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_a_shift_is_taken_over_and_handed_over_with_what_is_open(runtime: Runtime, call_as: CallAs) -> None:
    site = f"/sites/{make_site(runtime)}"
    early, late = call_as("customer_service"), call_as("customer_service")
    assert early.get(f"{site}/shift").get_json() == {"shift": None}
    assert early.post(f"{site}/shift/take-over", {}).get_json()["shift"]["handed_at"] is None
    note = early.post(f"{site}/shift-notes", {"text": "鑰匙在櫃台"}).get_json()["id"]
    assert {each["what"] for each in early.get("/desk/counters").get_json()["items"]} == {"calls", "notes"}
    assert late.post(f"{site}/shift/hand-over", {}).get_json()["code"] == "shift_not_yours"
    # whoever takes it over before it was handed over has to say why
    assert late.post(f"{site}/shift/take-over", {}).status_code == 422
    assert early.post(f"{site}/shift/hand-over", {"said": "無事"}).status_code == 200
    (over,) = late.get(f"{site}/shifts").get_json()["items"]
    assert (over["summary"]["said"], over["summary"]["notes"]) == ("無事", [{"id": note, "text": "鑰匙在櫃台"}])
    assert over["summary"]["needs"][-1] == {"label": "Handover notes open", "count": 1, "late": 0}
    assert late.post(f"/shift-notes/{note}/tick").status_code == 200
    assert late.get(f"{site}/shift-notes").get_json()["items"] == []


def test_the_roster_says_who_is_on_duty_and_numbers_only_to_those_who_need_them(runtime: Runtime, call_as: CallAs) -> None:
    site, guard = f"/sites/{make_site(runtime)}", make_user(runtime, "security_officer", phone="13800001234")
    times = {"starts_at": "2026-03-02T20:00:00+08:00", "ends_at": "2026-03-03T08:00:00+08:00"}
    boss = call_as("cs_supervisor")
    made = boss.post(f"{site}/roster", {"user_id": guard.id, "kind": "night", **times})
    assert made.status_code == 201
    (duty,) = call_as("customer_service").get(f"{site}/roster", since=times["starts_at"]).get_json()["items"]
    assert (duty["name"], duty["phone"], duty["kind"]) == (guard.name, "13800001234", "night")
    assert boss._send("DELETE", f"/roster/{made.get_json()['id']}").status_code == 200
    assert boss.get(f"{site}/roster", since=times["starts_at"]).get_json()["items"] == []
