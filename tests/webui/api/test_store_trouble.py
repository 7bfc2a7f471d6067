"""A store that is full or locked: 503 with Retry-After, and nothing half-done."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, event

from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import deploy_simple, rows, start
from tests.webui.api.caller import CallAs

pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def pages(runtime: Runtime) -> Iterator[Callable[[int], None]]:
    """Limits the pages that the store's file may have."""
    limit = 2**30

    def set_limit(most: int) -> None:
        nonlocal limit
        limit = most

    @event.listens_for(runtime.database.engine, "begin")
    def apply(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={limit}")

    yield set_limit
    event.remove(runtime.database.engine, "begin", apply)


def test_a_full_store_is_told_and_leaves_nothing_half_done(runtime: Runtime, call_as: CallAs, pages: Callable[[int], None]) -> None:
    """A start that finds no room answers 503; once there is room the same request succeeds."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    pages(1)
    body = {"variables": {"form": {"text": "".join(map(chr, range(20_000, 50_000)))}}}
    answer = caller.post("/process-definitions/errand/start", body, key="k-1")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "store_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    assert "full" not in answer.get_data(as_text=True)
    assert (rows(runtime, tables.instance), rows(runtime, tables.work_item), rows(runtime, tables.history_event)) == ([], [], [])
    pages(2**30)
    assert caller.post("/process-definitions/errand/start", body, key="k-1").status_code == 201
    assert len(rows(runtime, tables.instance)) == 1


def test_a_submission_to_a_full_store_leaves_the_item_open(runtime: Runtime, call_as: CallAs, pages: Callable[[int], None]) -> None:
    """Nothing of the step stands, and the item can be completed later."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    item = start(runtime, "errand").work_item_ids[0]
    pages(1)
    body = {"variables": {"form": {"text": "".join(map(chr, range(20_000, 50_000)))}}}
    assert caller.post(f"/work-items/{item}/complete", body).status_code == 503
    assert [row.state for row in rows(runtime, tables.work_item)] == ["open"]
    pages(2**30)
    assert caller.post(f"/work-items/{item}/complete", body).status_code == 200


def test_a_locked_store_is_told(runtime: Runtime, call_as: CallAs) -> None:
    """Another program holds the file: 503 after the wait, not a hang."""
    deploy_simple(runtime)
    caller = call_as("customer_service")
    caller.get("/work-items")

    @event.listens_for(runtime.database.engine, "checkout")
    def impatient(connection: sqlite3.Connection, *_rest: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")

    other = sqlite3.connect(str(runtime.database.url.database), isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        answer = caller.post("/process-definitions/errand/start", {})
        assert (answer.status_code, answer.get_json()["code"]) == (503, "store_unavailable")
        assert caller.get("/work-items").status_code == 200
    finally:
        other.close()
    assert caller.post("/process-definitions/errand/start", {}).status_code == 201
