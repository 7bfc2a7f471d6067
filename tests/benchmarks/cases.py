"""The first page of the list of all cases, and pages of every way to narrow it, over more and more cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import text

from engine.model import Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import instances
from engine.queries.case_filters import InstanceFilters, StepFilter, VariableFilter
from engine.queries.ordering import Order
from tests.benchmarks.report import Result
from tests.benchmarks.stage import Stage, median, settle, timed

_REPEATS = 15
#: the last moment at which anything moved
_END = datetime.fromtimestamp(1_770_000_000, UTC)

#: 97 of 100 are over; 16 procedures; a unit of 2,000, a category of six, an amount, one item that one of 500 people did, or has
_FILLS = (
    """
INSERT INTO instance (id, definition_id, definition_key, version, state, site_id, business_key, title, started_at, started_by, moved_at,
                      data)
SELECT {base} + n, {definition}, 'bulk_' || (n % 16), 3,
       CASE n % 200 WHEN 7 THEN 'active' WHEN 57 THEN 'active' WHEN 107 THEN 'active' WHEN 157 THEN 'active' WHEN 33 THEN 'cancelled'
                    WHEN 77 THEN 'suspended' WHEN 177 THEN 'incident' ELSE 'completed' END,
       {site}, 'R' || (100000000 + n), '第 ' || n || ' 件漏水', {started}, {first_user} + n % 500, {moved}, {data}
FROM ({numbers}) AS numbers
""",
    """
INSERT INTO work_item (instance_id, token, element_id, name, definition_id, definition_key, title, role, site_id, state, is_live,
                       assignee_id, created_at, completed_at, completed_by)
SELECT {base} + n, {token}, 'bulk_step', '辦理', {definition}, 'bulk', '', 'cashier', {site},
       CASE WHEN n % 50 = 7 THEN 'claimed' ELSE 'completed' END, CASE WHEN n % 50 = 7 THEN {true} ELSE {false} END,
       CASE WHEN n % 50 = 7 THEN {first_user} + n % 499 END, {started},
       CASE WHEN n % 50 <> 7 THEN {moved} END, CASE WHEN n % 50 <> 7 THEN {first_user} + n % 499 END
FROM ({numbers}) AS numbers
""",
    "INSERT INTO instance_variable (instance_id, name, text) SELECT {base} + n, 'bulk.category', 'c' || (n % 6) FROM ({numbers}) AS rows",
    "INSERT INTO instance_variable (instance_id, name, number) SELECT {base} + n, 'bulk.amount', n % 100000 FROM ({numbers}) AS numbers",
    "INSERT INTO instance_variable (instance_id, name, text) SELECT {base} + n, 'bulk.name', 'N' || n FROM ({numbers}) AS numbers",
    "INSERT INTO instance_reference (kind, target_id, instance_id) SELECT 'unit', 900000 + n % 2000, {base} + n FROM ({numbers}) AS rows",
)
_TABLES = ("instance_reference", "instance_variable", "work_item", "instance")
_BASE = 10_000_000


def _asked(first_user: int) -> dict[str, InstanceFilters]:
    return {
        "all, last moved": InstanceFilters(),
        "by title": InstanceFilters(order=Order.TITLE),
        "active": InstanceFilters(state="active"),
        "failed": InstanceFilters(state="incident"),
        "of a procedure": InstanceFilters(definition_key="bulk_3"),
        "a whole number": InstanceFilters(q="R100000777"),
        "the beginning of a number": InstanceFilters(q="R10000"),
        "a frequent word": InstanceFilters(q="漏水"),
        "of a unit": InstanceFilters(unit_id=900_017),
        "a value of six": InstanceFilters(variable=VariableFilter("bulk.category", text="c4")),
        "a value of one": InstanceFilters(variable=VariableFilter("bulk.name", text="N4711")),
        "a beginning of a value": InstanceFilters(variable=VariableFilter("bulk.name", text="N47", is_beginning=True)),
        "an amount between": InstanceFilters(variable=VariableFilter("bulk.amount", number=(Decimal(10), Decimal(99_000)))),
        "at a step": InstanceFilters(step=StepFilter((("bulk", "bulk_step"),))),
        "of a person": InstanceFilters(person_id=first_user + 7),
        "open, begun over 30 days before": InstanceFilters(is_open=True, started_before=_END - timedelta(days=30)),
        "open, nothing for 30 days": InstanceFilters(is_open=True, unmoved_since=_END - timedelta(days=30)),
        "of a person at a step in a unit": InstanceFilters(
            unit_id=900_007, person_id=first_user + 7, step=StepFilter((("bulk", "bulk_step"),))),
    }


def measure(stage: Stage) -> None:
    """In the database, at the largest size."""
    from tests.builders import make_user

    first_user = min(make_user(stage.runtime).id for _ in range(500))
    boss = Actor(first_user, "x", frozenset({RoleGrant("manager")}))
    asked, present = _asked(first_user), 0
    for size in stage.scale.items[-1:]:
        stage.report.progress(f"{stage.backend} cases: filling up to {size:,}")
        _fill(stage, present + 1, size, first_user)
        present = size
        settle()
        for name, filters in asked.items():
            times = [timed(partial(_page, stage, boss, filters))[0] for _ in range(_REPEATS)]
            stage.report.add(Result("cases", stage.backend, f"{name}, {size:,} cases", median(times), "ms", target="cases.page"))
    with stage.database.writing() as connection:
        for table in _TABLES:
            column = "id" if table == "instance" else "instance_id"
            connection.execute(text(f"DELETE FROM {table} WHERE {column} > {_BASE}"))


def _page(stage: Stage, boss: Actor, filters: InstanceFilters) -> object:
    with UnitOfWork(stage.database) as uow:
        return instances.page(uow, boss, filters=filters, limit=25)


def _fill(stage: Stage, first: int, last: int, first_user: int) -> None:
    is_sqlite = stage.database.is_sqlite
    with stage.database.reading() as connection:
        site = connection.execute(text("SELECT min(id) FROM site")).scalar_one()
        definition = connection.execute(text("SELECT min(id) FROM definition")).scalar_one()
    words = {
        "base": _BASE, "site": site, "definition": definition, "first_user": first_user, "true": "1" if is_sqlite else "true",
        "false": "0" if is_sqlite else "false", "data": "zeroblob(600)" if is_sqlite else r"decode(repeat('00', 600), 'hex')",
        "token": "printf('%032x', n)" if is_sqlite else "lpad(to_hex(n), 32, '0')",
        "moved": "1760000000000000 + (n * 7919 % 10000000) * 1000000" if is_sqlite
        else "to_timestamp(1760000000 + n::bigint * 7919 % 10000000)",
        "started": "1759000000000000 + (n * 7919 % 10000000) * 1000000" if is_sqlite
        else "to_timestamp(1759000000 + n::bigint * 7919 % 10000000)",
    }
    step = 100_000
    for start in range(first, last + 1, step):
        end = min(last, start + step - 1)
        numbers = (
            f"WITH RECURSIVE counter(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM counter WHERE n < {end}) SELECT n FROM counter"
            if is_sqlite else f"SELECT n FROM generate_series({start}, {end}) AS n"
        )
        with stage.database.writing() as connection:
            for statement in _FILLS:
                connection.execute(text(statement.format(numbers=numbers, **words)))
    with stage.database.writing() as connection:
        connection.execute(text("ANALYZE"))
