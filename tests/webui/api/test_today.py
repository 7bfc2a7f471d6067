"""The day over the interface: the same figures, and what is behind them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.runtime import Runtime
from tests.engine.board_cases import make_company
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_figures_and_what_is_behind_them(runtime: Runtime, call_as: CallAs) -> None:
    company = make_company(runtime)
    case = company.call("A-1", "urgent")
    runtime.clock.advance(timedelta(minutes=30))
    caller = call_as("manager")
    day = caller.get("/today").get_json()
    assert (day["figures"]["late"], day["figures"]["failed"]) == (1, 0)
    assert day["sites"] == [{"site_id": company.site_id, "figures": day["figures"]}]
    (limit,) = [each for each in day["limits"] if each["late"]]
    assert (limit["id"], limit["late"], limit["clauses"]) == ("repair.on_site", 1, ["repair 1.0", "repair 5.1"])
    assert [each["free"] for each in day["roles"] if each["role"] == "dispatcher"] == [1]
    (row,) = caller.get("/today/limits/repair.on_site").get_json()["items"]
    assert row["process_instance_id"] == case.id
    (row,) = caller.get("/today/cases?figure=late").get_json()["items"]
    assert row["process_instance_id"] == case.id
    (item,) = caller.get("/today/work-items?role=dispatcher&person_id=0").get_json()["items"]
    assert item["process_instance_id"] == case.id
    assert caller.get("/today/cases?figure=nonsense").status_code == 422
    assert caller.get("/today?hours=5").status_code == 422
