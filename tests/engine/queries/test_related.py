"""Related cases: parent, those beside it, and others with the same value; only those that the reader may see."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert

from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import related
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_user


def with_value(runtime: Runtime, name: str, text: str, **overrides: Any) -> int:
    instance_id = make_instance(runtime, **overrides)
    with UnitOfWork(runtime.database) as uow:
        uow.writing.execute(insert(tables.instance_variable).values(instance_id=instance_id, name=name, text=text))
        uow.commit()
    return instance_id


def test_the_parent_comes_first_then_what_was_started_beside(runtime: Runtime) -> None:
    parent = make_instance(runtime)
    case = make_instance(runtime, parent_id=parent)
    first, second = (make_instance(runtime, parent_id=case) for _ in range(2))
    make_instance(runtime)
    with UnitOfWork(runtime.database) as uow:
        found = related.family(uow, make_user(runtime, "manager").actor, case, parent)
    assert [row.id for row in found] == [parent, first, second]


@pytest.mark.parametrize("names", [("call.unit", "call.unit"), ("call.unit", "permit.place")])
def test_cases_about_the_same_are_found_across_procedures_newest_first(runtime: Runtime, names: tuple[str, str]) -> None:
    here, there = make_site(runtime), make_site(runtime)
    case = with_value(runtime, names[0], "A-1201", site_id=here)
    older, newer = (with_value(runtime, names[1], "A-1201", site_id=here) for _ in range(2))
    with_value(runtime, names[1], "A-1202", site_id=here)
    with_value(runtime, "other.unit", "A-1201", site_id=here)
    with_value(runtime, names[1], "A-1201", site_id=there)
    reader = make_user(runtime, "customer_service", site_id=here).actor
    with UnitOfWork(runtime.database) as uow:
        found = related.of_same(uow, reader, case, {names[0]: ["call.unit", "permit.place"]})
    assert [(row.id, row.shared, row.shared_name) for row in found] == [(newer, "A-1201", names[1]), (older, "A-1201", names[1])]
