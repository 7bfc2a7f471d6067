"""Workbooks through the interface: sent, looked at, confirmed, compared."""

from __future__ import annotations

from typing import Any

import pytest

from engine.imports import planning, storing
from engine.runtime import Runtime
from tests.webui.api.caller import CallAs
from tests.workbooks import COMPANY, changed, workbook

pytestmark = pytest.mark.databases("sqlite")


def send(caller: Any, raw: bytes) -> Any:
    """Send a workbook."""
    return caller.upload("/imports", [("workbook", "company.xlsx", raw)])


def test_from_the_workbook_to_the_reconciliation(runtime: Runtime, call_as: CallAs) -> None:
    """What was sent is carried out once it is confirmed, and agrees."""
    caller = call_as("administrator")
    sent = send(caller, workbook(COMPANY)).json
    assert (sent["state"], sent["checked"], sent["lines"] > 0) == ("reading", 0, True)
    planning.plan(runtime, sent["id"])
    sent = caller.get(f"/imports/{sent['id']}").json
    assert (sent["state"], sent["refused"]) == ("planned", 0)
    found = caller.get(f"/imports/{sent['id']}/rows", action="new", limit=3).json
    assert found["items"][0]["label"] == "HY"
    assert found["next"]
    assert caller.post(f"/imports/{sent['id']}/confirm").status_code == 202
    storing.carry_out(runtime, sent["id"])
    assert caller.get(f"/imports/{sent['id']}").json["applied"] == sent["new"]
    assert caller.get(f"/imports/{sent['id']}/reconciliation").json["agrees"]
    again = caller.post(f"/imports/{sent['id']}/confirm")
    assert (again.status_code, again.json["code"]) == (409, "import_not_open")


def test_refusals_are_problems_and_say_what_to_do(runtime: Runtime, call_as: CallAs) -> None:
    """A file that is none; rows with errors."""
    caller = call_as("administrator")
    refused = send(caller, b"a,b")
    assert (refused.status_code, refused.json["code"]) == (422, "not_a_workbook")
    sent = send(caller, workbook(changed(COMPANY, "租期", 1, 0, "B-1"))).json
    planning.plan(runtime, sent["id"])
    (row,) = caller.get(f"/imports/{sent['id']}/rows", action="refused").json["items"]
    assert "B-1" in row["problems"][0]["message"]
    assert caller.post(f"/imports/{sent['id']}/confirm").json["code"] == "import_has_errors"
