"""The inbox is read by index, whatever the planner knows of the table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.model import Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import inbox
from engine.queries.inbox import Filters, Holder
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_user, make_work_item

_SOON = datetime(2030, 1, 1, tzinfo=UTC)
#: what list pages, groups and the calendar ask for
_NARROWED = {
    "procedure": Filters(definition_key="errand"), "words": Filters(q="x"), "late": Filters(due_before=_SOON),
    "day": Filters(due_since=_SOON, due_before=_SOON), "no due time": Filters(has_due=False), "role": Filters(role="cashier"),
    "unit": Filters(unit="A-1", unit_fields=("registration.unit",)), "mine": Filters(holder=Holder.MINE),
    "unclaimed": Filters(holder=Holder.UNCLAIMED),
}
_ACTOR_ROLES = ("cashier", "leasing")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("is_analysed", [False, True])
@pytest.mark.parametrize("sort", list(inbox.Sort))
def test_no_list_of_work_scans_the_table(runtime: Runtime, is_analysed: bool, sort: inbox.Sort) -> None:
    """Every part of the statement searches an index made for it; with statistics too, most of the table being unassigned."""
    me = make_user(runtime, *_ACTOR_ROLES)
    site_id, instance_id = make_site(runtime), make_instance(runtime)
    for number in range(60):
        role = ("cashier", "leasing", "dispatcher")[number % 3]
        assigned = {"state": "claimed", "assignee_id": me.id} if number % 10 == 0 else {}
        make_work_item(runtime, role, instance_id=instance_id, site_id=site_id, **assigned)
    if is_analysed:
        with runtime.database.writing() as connection:
            connection.execute(text("ANALYZE"))
    seen: list[tuple[str, Any]] = []

    @event.listens_for(runtime.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    actor = Actor(me.id, me.name, frozenset(RoleGrant(role) for role in _ACTOR_ROLES))
    with UnitOfWork(runtime.database) as uow:
        inbox.todo(uow, actor, sort=sort, limit=25)
        for statement, parameters in [entry for entry in seen if "FROM work_item" in entry[0]]:
            plan = [row[3] for row in uow.reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN work_item")], plan
            unassigned = [step for step in plan if "ix_work_item_role" in step]
            assert unassigned, plan


@pytest.mark.parametrize("narrowed", sorted(_NARROWED))
def test_no_narrowed_list_reads_the_whole_table(runtime: Runtime, narrowed: str) -> None:
    """On either database each part of a filtered, sorted, grouped or calendar statement has an index of its role or person."""
    actor, filters = Actor(1, "x", frozenset(RoleGrant(role) for role in _ACTOR_ROLES)), _NARROWED[narrowed]
    seen: list[tuple[str, Any]] = []

    @event.listens_for(runtime.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    with UnitOfWork(runtime.database) as uow:
        for sort in inbox.Sort:
            inbox.todo(uow, actor, filters=filters, sort=sort, limit=25)
        inbox.top(uow, actor, filters, 1001)
        inbox.done(uow, actor, filters=filters)
        if not runtime.database.is_sqlite:
            # an empty table is read whole whatever its indexes, unless that is said to be dear
            uow.reading.execute(text("SET LOCAL enable_seqscan = off"))
        asked = [entry for entry in seen if "FROM work_item" in entry[0]]
        assert asked
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN" if runtime.database.is_sqlite else "EXPLAIN"
            plan = [str(row[-1]) for row in uow.reading.exec_driver_sql(f"{explain} {statement}", parameters)]
            assert not [step for step in plan if step.startswith("SCAN work_item") or "Seq Scan on work_item" in step], plan
