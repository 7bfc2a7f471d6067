"""What a list asks of the store does not grow with what it lists."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from engine.runtime import Runtime
from tests.builders import deploy_simple, make_work_item, start
from tests.webui.api.caller import CallAs

#: path → most statements, those that tell who calls (two) included
LISTS = {
    "/process-definitions": 3,
    # one finds the page's cases, one reads what is shown of them
    "/process-instances": 4,
    "/work-items": 4,
    "/work-items?assignee=me&state=claimed": 3,
    # two of them ask which of its fields are papers of identity
    "/process-instances/{instance}": 9,
    "/process-instances/{instance}/history": 4,
}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_as_little_for_many_rows_as_for_few(runtime: Runtime, call_as: CallAs, path: str) -> None:
    """With one row and with thirty."""
    deploy_simple(runtime)
    instance = start(runtime, "errand").id
    caller = call_as("manager", "customer_service")
    counts = []
    for more in (0, 30):
        for _ in range(more):
            make_work_item(runtime, "customer_service")
            start(runtime, "errand")
        caller.get(path.format(instance=instance))
        counts.append(_statements(runtime, lambda: caller.get(path.format(instance=instance))))
    assert counts[0] == counts[1]
    assert len(counts[1]) <= LISTS[path], counts[1]


def _statements(runtime: Runtime, act: Any) -> list[str]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split("\n", maxsplit=1)[0])

    event.listen(runtime.database.engine, "before_cursor_execute", note)
    try:
        assert act().status_code == 200
    finally:
        event.remove(runtime.database.engine, "before_cursor_execute", note)
    return seen
