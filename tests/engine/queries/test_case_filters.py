"""Narrowing the list of cases: every filter by itself and together, small sets and large ones, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from engine.model import Actor, RoleGrant
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import case_search, instances
from engine.queries.case_filters import InstanceFilters, StepFilter, VariableFilter
from engine.queries.ordering import Order
from engine.runtime import Runtime
from tests.builders import make_definition, make_instance, make_site, make_unit, make_user, make_work_item

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
BOSS = Actor(None, "經理", frozenset({RoleGrant("manager")}))


@pytest.fixture
def cases(runtime: Runtime) -> dict[str, int]:
    """Five cases that differ in everything that can be looked for."""
    anna, ben = make_user(runtime, "cashier"), make_user(runtime, "cashier")
    unit = make_unit(runtime)
    ids = {name: make_instance(runtime, **values) for name, values in {
        "tap": {"business_key": "R202603-0001", "title": "水龍頭漏水", "started_by": anna.id},
        "lift": {"business_key": "R202603-0002", "title": "電梯有 100%_異響", "state": "incident"},
        "done": {"business_key": "R202602-0009", "title": "水管", "state": "completed", "ended_at": NOW},
        "other": {"key": "complaint", "business_key": "T202603-0001", "title": "噪音", "state": "suspended"},
        "old": {"business_key": None, "title": "舊案", "started_at": NOW - timedelta(days=90), "moved_at": NOW - timedelta(days=40)},
    }.items()}
    make_work_item(runtime, instance_id=ids["tap"], element_id="visit", assignee_id=ben.id, state="claimed")
    make_work_item(runtime, instance_id=ids["done"], element_id="visit", state="completed", completed_by=ben.id, completed_at=NOW)
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance_reference), [{"kind": "unit", "target_id": unit, "instance_id": ids["tap"]},
                                                               {"kind": "unit", "target_id": unit, "instance_id": ids["done"]}])
        connection.execute(insert(tables.instance_variable), [
            {"instance_id": ids["tap"], "name": "reg.name", "text": "林小姐", "number": None, "at": None},
            {"instance_id": ids["lift"], "name": "reg.name", "text": "林先生", "number": None, "at": None},
            {"instance_id": ids["tap"], "name": "reg.cost", "text": None, "number": Decimal("45.5"), "at": None},
            {"instance_id": ids["lift"], "name": "reg.cost", "text": None, "number": Decimal(100), "at": None},
            {"instance_id": ids["tap"], "name": "reg.when", "text": None, "number": None, "at": NOW}])
        connection.execute(insert(tables.incident).values(
            instance_id=ids["lift"], element_id="notify", code="x", message="{}", submitted=b"", created_at=NOW))
        connection.execute(insert(tables.event_subscription).values(
            instance_id=ids["other"], token="t", element_id="wait_reply", kind="message", name="reply", correlation="{}"))
    return {**ids, "anna": anna.id, "ben": ben.id, "unit": unit}


def found(runtime: Runtime, ids: dict[str, int], actor: Actor = BOSS, **filters: Any) -> set[str]:
    """Names of the cases that are left."""
    with UnitOfWork(runtime.database) as uow:
        page = instances.page(uow, actor, filters=InstanceFilters(**filters))
    return {name for row in page.rows for name, each in ids.items() if each == row.id and name not in ("anna", "ben", "unit")}


def test_each_filter_leaves_what_it_says_whichever_way_it_is_found(
    runtime: Runtime, cases: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a small set, by a larger one, and by walking to the end; each order gives the same cases."""
    reg = VariableFilter("reg.name", text="林", is_beginning=True)
    both, since = {"tap", "lift"}, {"tap", "lift", "done", "other"}
    asked: list[tuple[dict[str, Any], set[str]]] = [
        ({"is_open": True}, {"tap", "lift", "other", "old"}),
        ({"state": "incident", "is_open": True}, {"lift"}),
        ({"q": "R202603"}, both), ({"q": "r202602-0009"}, {"done"}), ({"q": "水"}, {"tap", "done"}), ({"q": "100%_"}, {"lift"}),
        ({"q": f"#{cases['old']}"}, {"old"}), ({"q": "R209912-1"}, set()),
        ({"unit_id": cases["unit"]}, {"tap", "done"}), ({"tenant_id": cases["unit"]}, set()),
        ({"variable": reg}, both), ({"variable": VariableFilter("reg.name", text="林小姐")}, {"tap"}),
        ({"variable": VariableFilter("reg.cost", number=(Decimal(45), Decimal("45.50")))}, {"tap"}),
        ({"variable": VariableFilter("reg.cost", number=(Decimal(50), None))}, {"lift"}),
        ({"variable": VariableFilter("reg.when", at=(NOW, NOW + timedelta(days=1)))}, {"tap"}),
        ({"variable": VariableFilter("reg.when", at=(None, NOW))}, set()),
        ({"step": StepFilter((("errand", "visit"),))}, {"tap"}), ({"step": StepFilter((("errand", "notify"),))}, {"lift"}),
        ({"step": StepFilter((("complaint", "wait_reply"),))}, {"other"}), ({"step": StepFilter(())}, set()),
        ({"person_id": cases["anna"]}, {"tap"}), ({"person_id": cases["ben"]}, {"tap", "done"}),
        ({"unmoved_since": NOW - timedelta(days=30)}, {"old"}), ({"started_before": NOW - timedelta(days=60)}, {"old"}),
        ({"definition_key": "errand", "definition_version": 1, "is_open": True}, {"tap", "lift", "old"}),
        ({"definition_key": "errand", "definition_version": 2}, set()), ({"since": NOW - timedelta(days=30), "is_late": True}, set()),
        ({"until": NOW - timedelta(days=30), "state": "active"}, {"old"}), ({"by_start": True, "since": NOW - timedelta(days=30)}, since),
        ({"unit_id": cases["unit"], "person_id": cases["ben"], "variable": reg, "q": "水"}, {"tap"}),
    ]
    for few, many, stretch in ((case_search.FEW, case_search.MANY, 1), (-1, case_search.MANY, 1), (-1, -1, 1), (-1, -1, 100)):
        values = {"FEW": few, "FEW_BESIDE_INDEX": few, "MANY": many, "HOSTED": many, "STRETCH": stretch, "LONG_STRETCH": stretch}
        for name, value in values.items():
            monkeypatch.setattr(case_search, name, value)
        for filters, expected in asked:
            for order in Order:
                assert found(runtime, cases, **filters, order=order) == expected, (filters, order)


@pytest.mark.parametrize("order", list(Order))
def test_open_cases_of_all_states_come_in_one_order_page_by_page(runtime: Runtime, order: Order) -> None:
    for n in range(12):
        make_instance(runtime, state=("active", "suspended", "incident", "completed")[n % 4], title=f"{n * 7 % 12:02}",
                      moved_at=NOW + timedelta(minutes=n * 5 % 12 // 2))
    seen, after = [], None
    with UnitOfWork(runtime.database) as uow:
        while True:
            page = instances.page(uow, BOSS, filters=InstanceFilters(is_open=True, order=order), after=after, limit=2)
            seen += page.rows
            after = page.after
            if after is None:
                break
    keys = [(row.title if order is Order.TITLE else row.moved_at, row.id) for row in seen]
    assert len(set(keys)) == 9
    assert keys == sorted(keys, reverse=order is Order.NEWEST)


def test_nobody_finds_another_sites_case(runtime: Runtime, cases: dict[str, int]) -> None:
    here, there = make_site(runtime), make_site(runtime)
    hidden = make_instance(runtime, business_key="R202603-0777", site_id=there, definition_id=make_definition(runtime))
    actor = make_user(runtime, "manager", site_id=here).actor
    assert found(runtime, {**cases, "hidden": hidden}, actor, q="R202603-0777") == set()
    assert found(runtime, {**cases, "hidden": hidden}, actor, q=f"#{hidden}") == set()
    assert found(runtime, {**cases, "hidden": hidden}, q="R202603-0777") == {"hidden"}
