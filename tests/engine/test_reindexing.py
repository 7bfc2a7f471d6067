"""A field that a new version lets lists search is found in the cases of earlier versions too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import reindexing, work_items
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence.tables import instance_variable, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import deploy, rows, simple_process, start

pytestmark = pytest.mark.databases("sqlite")


def complete(runtime: Runtime, element_id: str, instance_id: int, variables: dict[str, Any] | None = None) -> None:
    """Finish the open item of an element."""
    (item,) = rows(runtime, work_item, work_item.c.element_id == element_id, work_item.c.is_live, work_item.c.instance_id == instance_id)
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, SYSTEM, item.id, variables or {}))


def version(runtime: Runtime, *indexed: str) -> int:
    """A procedure with one form, whose fields may be searched or not."""
    diagram = simple_process("errand", ("do_errand", "customer_service"), ("check_errand", "customer_service")).replace(
        b'<userTask id="do_errand" name="do_errand"/>',
        b'<userTask id="do_errand" name="do_errand"><extensionElements xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core"><s:properties>'
        b'<s:property name="form" value="done"/></s:properties></extensionElements></userTask>')
    fields = {"done_at": {"type": "string", "format": "date-time", "title": "done"}, "note": {"type": "string", "title": "note"}}
    form = {"title": "Done", "type": "object", "properties": {name: {**each, "index": name in indexed} for name, each in fields.items()}}
    return deploy(runtime, {"errand.bpmn": diagram, "forms/done.json": json.dumps(form).encode()}).id


def test_cases_of_earlier_versions_get_what_is_searched_from_now_on(runtime: Runtime) -> None:
    """Finished and running ones, once; one that never had the form gets nothing."""
    version(runtime, "note")
    cases = [start(runtime, "errand").id for _ in range(3)]
    said = {"done": {"done_at": "2026-03-02T09:00:00+08:00", "note": "x"}}
    for case in cases[:2]:
        complete(runtime, "do_errand", instance_id=case, variables=said)
    complete(runtime, "check_errand", instance_id=cases[0])
    latest = version(runtime, "note", "done_at")
    with UnitOfWork(runtime.database) as uow:
        assert reindexing.waiting(uow) == [latest]
    assert reindexing.settle(runtime, latest) == 2
    found = rows(runtime, instance_variable, instance_variable.c.name == "done.done_at")
    assert [(row.instance_id, row.at.isoformat()) for row in found] == [(case, "2026-03-02T01:00:00+00:00") for case in cases[:2]]
    assert reindexing.settle(runtime, latest) == 0
    with UnitOfWork(runtime.database) as uow:
        assert reindexing.waiting(uow) == []
