"""The directory's lists find their page in an index: what a page costs does not grow with the table."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from engine.queries.entries import Filters
from engine.queries.paging import encode
from engine.runtime import Runtime
from tests.builders import make_tenant, make_unit, make_user

_LISTS = [(kind, sort) for kind in ("site", "building", "unit", "tenant", "tenancy", "person") for sort in entries.sorts(kind)]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("kind", "sort"), _LISTS)
def test_a_page_is_found_in_the_index_of_its_order(runtime: Runtime, kind: str, sort: str) -> None:
    """Neither the first page nor a later one sorts, in either direction."""
    for _ in range(3):
        make_tenant(runtime, unit_id=make_unit(runtime))
        make_user(runtime, "cashier")
    with runtime.database.writing() as connection:
        connection.execute(text("ANALYZE"))
    seen: list[tuple[str, Any]] = []

    @event.listens_for(runtime.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        seen.append((statement, parameters))

    value = datetime(2026, 1, 1, tzinfo=UTC) if sort == "started_at" else "M"
    with UnitOfWork(runtime.database) as uow:
        for order in (sort, f"-{sort}"):
            for after in (None, encode(f"{kind} {order}", (value, 1))):
                entries.listing(uow, SYSTEM, kind, filters=Filters(), sort=order, after=after)
        listings = [entry for entry in seen if "ORDER BY" in entry[0] and "role_grant" not in entry[0]]
        assert len(listings) == 4
        for statement, parameters in listings:
            plan = [row[3] for row in uow.reading.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step and "LAST TERM" not in step], plan
