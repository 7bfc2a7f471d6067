"""One-time links by the interface: made, listed, taken back; the address is told once."""

from __future__ import annotations

from flask import Flask

from engine.model import JsonObject
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import rows, start
from tests.outside_diagrams import deploy_pricing
from tests.webui.api.caller import CallAs


def _path(runtime: Runtime) -> str:
    deploy_pricing(runtime)
    return f"/work-items/{start(runtime, 'pricing', {'amount': '480'}).work_item_ids[0]}/links"


def test_a_link_is_made_listed_and_taken_back(runtime: Runtime, app: Flask, call_as: CallAs) -> None:
    """201 with the address, which opens the page until the link is revoked."""
    worker, path = call_as("repair_worker"), _path(runtime)
    made = worker.post(path, {"recipient": "林小姐", "locale": "en"})
    assert made.status_code == 201
    link: JsonObject = made.get_json()
    assert (link["state"], link["recipient"], link["locale"]) == ("open", "林小姐", "en")
    page = link["address"].removeprefix("http://localhost")
    assert app.test_client().get(page).status_code == 200
    assert [row["id"] for row in worker.get(path).get_json()["items"]] == [link["id"]]
    assert "address" not in worker.get(path).get_json()["items"][0]
    headers = {"Authorization": f"Bearer {worker.token}"}
    taken = app.test_client().delete(f"/api/v1{path}/{link['id']}", headers=headers)
    assert (taken.status_code, taken.get_json()["state"]) == (200, "revoked")
    assert app.test_client().get(page).status_code == 410
    assert app.test_client().delete(f"/api/v1{path}/{link['id'] + 1}", headers=headers).status_code == 404


def test_a_repeated_request_makes_one_link_and_its_address_is_not_kept(runtime: Runtime, call_as: CallAs) -> None:
    """The stored answer of an Idempotency-Key holds no secret."""
    worker, path = call_as("repair_worker"), _path(runtime)
    first = worker.post(path, {}, key="once").get_json()
    again = worker.post(path, {}, key="once").get_json()
    assert first["address"]
    assert again == {**first, "address": None}
    assert len(rows(runtime, tables.outside_link)) == 1
    assert all(first["address"].encode() not in bytes(row.response) for row in rows(runtime, tables.idempotency))


def test_a_link_that_is_sent_tells_its_address_to_nobody_else(runtime: Runtime, call_as: CallAs) -> None:
    """With `send_to` the address is in the message alone."""
    answer = call_as("repair_worker").post(_path(runtime), {"send_to": "13800001234"}).get_json()
    assert (answer["address"], answer["send_to"], answer["sent_at"]) == (None, "13800001234", None)
