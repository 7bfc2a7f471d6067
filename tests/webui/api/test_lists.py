"""Saved filters and many work items at once over the interface."""

from __future__ import annotations

import pytest

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy_simple, rows, start
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


def test_filters_are_kept_shared_and_deleted(call_as: CallAs) -> None:
    clerk, colleague, cashier = call_as("customer_service"), call_as("customer_service"), call_as("cashier")
    body = {"list": "todo", "name": "late", "query": "due=late", "role": "customer_service", "is_default": True}
    made = clerk.post("/saved-filters", body)
    assert (made.status_code, made.get_json()["is_default"]) == (201, True)
    assert clerk.post("/saved-filters", {**body, "query": "due=today"}).get_json()["id"] == made.get_json()["id"], "the same name replaces"
    (seen,) = colleague.get("/saved-filters", list="todo").get_json()["items"]
    assert (seen["query"], seen["is_mine"], seen["is_default"]) == ("due=today", False, False)
    assert cashier.get("/saved-filters").get_json()["items"] == []
    assert cashier.post("/saved-filters", {**body, "name": "x"}).status_code == 422
    assert clerk.post("/saved-filters", {**body, "list": "nonsense"}).status_code == 422


def test_many_items_at_once_with_a_dry_run(runtime: Runtime, call_as: CallAs) -> None:
    deploy_simple(runtime)
    items = [start(runtime, "errand").work_item_ids[0] for _ in range(2)]
    caller = call_as("customer_service")
    body = {"verb": "claim", "work_items": [*items, 999]}
    tried = caller.post("/work-items/bulk", {**body, "dry_run": True}).get_json()["items"]
    assert [each["is_done"] for each in tried] == [True, True, False]
    assert tried[2]["code"] == "not_found"
    assert all(row.assignee_id is None for row in rows(runtime, tables.work_item))
    assert [each["is_done"] for each in caller.post("/work-items/bulk", body).get_json()["items"]] == [True, True, False]
    assert caller.post("/work-items/bulk", {"verb": "assign", "work_items": items}).status_code == 422
    assert caller.post("/work-items/bulk", {"verb": "claim", "work_items": []}).status_code == 422
