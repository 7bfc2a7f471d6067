"""Prices, working time, series of numbers, roles and password links by the interface."""

from __future__ import annotations

import pytest

from engine.runtime import Runtime
from tests.builders import make_site, make_user
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_a_price_takes_effect_and_the_old_one_stays_readable(call_as: CallAs) -> None:
    boss = call_as("manager")
    tap = {"code": "T-1", "name": "水龍頭", "unit_name": "個", "labour": "30", "material": "45.5", "effective_from": "2026-01-01"}
    assert boss.post("/prices", tap).status_code == 201
    refused = boss.post("/prices", {**tap, "labour": "viel", "effective_from": "2026-13-01"}).get_json()
    assert {each["field"] for each in refused["errors"]} == {"labour", "effective_from"}
    found = boss.post("/prices", {**tap, "labour": "35", "effective_from": "2026-02-01"}).get_json()
    assert [each["labour"] for each in found["prices"]] == ["35.00", "30.00"]
    assert boss.get("/prices", at="2026-01-15T00:00:00+08:00").get_json()["items"][0]["labour"] == "30.00"
    assert boss.post("/prices/T-1/deactivate", {"reason": "停售"}).get_json()["is_active"] is False
    assert boss.get("/prices").get_json()["items"] == []
    assert boss.post("/prices/T-1/reactivate", {"reason": "再售"}).get_json()["is_active"] is True


def test_working_time_is_kept_with_its_reason_against_the_version_that_was_seen(runtime: Runtime, call_as: CallAs) -> None:
    boss, where = call_as("manager"), f"/calendars/{make_site(runtime)}"
    seen = boss.get(where).get_json()
    week = {**seen["calendar"], "saturday": "09:00-12:00"}
    assert boss.put(where, {"calendar": {**week, "monday": "9 to 5"}, "reason": "x"}).get_json()["errors"][0]["field"] == "monday"
    kept = boss.put(where, {"calendar": week, "reason": "週六輪值", "version": seen["version"]}).get_json()
    assert (kept["calendar"]["saturday"], kept["is_own"]) == ("09:00-12:00", True)
    assert boss.put(where, {"calendar": week, "reason": "x", "version": seen["version"]}).get_json()["code"] == "entry_changed"
    assert boss.post(f"{where}/restore", {"reason": "回到公司"}).get_json()["calendar"] == seen["calendar"]
    assert len(boss.get("/calendars").get_json()["items"]) == 2


def test_numbers_go_on_higher_and_never_back(call_as: CallAs) -> None:
    boss = call_as("administrator")
    first = boss.get("/number-series").get_json()["items"][0]
    address = f"/number-series/{first['id']}"
    assert boss.post(f"{address}/raise", {"next": first["place"] + 9, "reason": "舊簿"}).get_json()["place"] == first["place"] + 9
    assert boss.post(f"{address}/raise", {"next": 1, "reason": "x"}).get_json()["code"] == "number_lowered"
    assert boss.put(f"{address}/pattern", {"pattern": "ohne", "reason": "x"}).get_json()["code"] == "number_pattern_invalid"
    assert boss.put(f"{address}/pattern", {"pattern": "ZZ{yyyy}-{seq:05}", "reason": "換簿"}).get_json()["following"].startswith("ZZ2")


def test_roles_are_given_by_site_and_a_password_is_chosen_by_a_link(runtime: Runtime, call_as: CallAs) -> None:
    boss, site, person = call_as("administrator"), make_site(runtime), make_user(runtime, "cashier")
    address = f"/directory/person/{person.id}"
    roles = [{"role": "cashier", "site_id": site}, {"role": "leasing"}]
    held = boss.put(f"{address}/roles", {"roles": roles}).get_json()
    assert held["roles"] == [{"role": "cashier", "site_id": site}, {"role": "leasing", "site_id": None}]
    assert boss.put(f"{address}/roles", {"roles": [], "version": held["version"] - 1}).status_code == 409
    assert boss.put(f"{address}/roles", {"roles": [{"role": "king"}]}).status_code == 404
    link = boss.post(f"{address}/password-link", key="once").get_json()
    page = boss.app.test_client().get(link["url"])
    assert page.status_code == 200
    # a secret is told once
    assert boss.post(f"{address}/password-link", key="once").get_json()["url"] is None
