"""The same cases in the same order whichever way they are found: held against filters in plain Python, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert

from engine.model import Actor, RoleGrant
from engine.persistence import tables
from engine.persistence.tables.lived import LONG_LIVED
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import case_search, instances
from engine.queries.case_filters import OPEN_STATES, InstanceFilters, VariableFilter
from engine.queries.ordering import Order
from engine.runtime import Runtime
from tests.builders import make_definition, make_site

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
BOSS = Actor(None, "經理", frozenset({RoleGrant("manager")}))
#: FEW, FEW_BESIDE_INDEX, MANY, HOSTED, LONG_STRETCH, STRETCH: as they are, and so that each way is taken in its turn
_WAYS = ((2_000, 15_000, 30_000, 70_000, 50_000, 10_000), (-1, 5, 30, 70, 7, 3), (-1, -1, -1, 70, 4, 4), (-1, -1, 70, -1, 2, 2),
         (-1, -1, -1, -1, 6, 1), (4, 4, 8, 16, 3, 3))  # fmt: skip
Case = dict[str, Any]
_ASKED: tuple[tuple[dict[str, Any], Callable[[Case], bool]], ...] = (
    ({"is_late": True, "is_open": True}, lambda each: bool(each["late_since"]) and each["state"] in OPEN_STATES),
    ({"started_before": NOW - timedelta(days=50)}, lambda each: each["started_at"] < NOW - timedelta(days=50)),
    ({"started_before": NOW - timedelta(days=20), "is_open": True},
     lambda each: each["started_at"] < NOW - timedelta(days=20) and each["state"] in OPEN_STATES),
    ({"state": "incident", "definition_key": "errand"}, lambda each: each["state"] == "incident" and each["definition_key"] == "errand"),
    ({"definition_key": "errand", "until": NOW - timedelta(days=9)},
     lambda each: each["definition_key"] == "errand" and each["moved_at"] < NOW - timedelta(days=9)),
    ({"is_late": True, "unmoved_since": NOW - timedelta(days=5)},
     lambda each: bool(each["late_since"]) and each["moved_at"] < NOW - timedelta(days=5)),
    ({"since": NOW - timedelta(days=30), "q": "漏"}, lambda each: each["moved_at"] >= NOW - timedelta(days=30) and "漏" in each["title"]),
    ({"q": "漏", "is_late": True}, lambda each: "漏" in each["title"] and bool(each["late_since"])),
    ({"q": "R1", "is_open": True}, lambda each: each["business_key"].startswith("R1") and each["state"] in OPEN_STATES),
    ({"variable": VariableFilter("reg.kind", text="c1"), "is_late": True}, lambda each: each["kind"] == "c1" and bool(each["late_since"])),
    ({"variable": VariableFilter("reg.kind", text="c0"), "definition_key": "errand", "site_id": 1},
     lambda each: each["kind"] == "c0" and each["definition_key"] == "errand" and each["site_id"] == 1),
    ({"by_start": True, "since": NOW - timedelta(days=40), "started_before": NOW - timedelta(days=10), "is_late": True},
     lambda each: NOW - timedelta(days=40) <= each["started_at"] < NOW - timedelta(days=10) and bool(each["late_since"])),
)  # fmt: skip


@pytest.fixture
def cases(runtime: Runtime) -> list[Case]:
    """Some of them moved at the same moment, some long after they began."""
    random = Random(4711)
    site, definitions = make_site(runtime), {key: make_definition(runtime, key) for key in ("errand", "complaint")}
    made = []
    for n in range(60):
        began = NOW - timedelta(days=random.randrange(100))
        key = random.choice(("errand", "errand", "complaint"))
        made.append({
            "id": 1_000 + n, "definition_id": definitions[key], "definition_key": key, "version": 1, "data": b"",
            "state": random.choice((*OPEN_STATES, "completed", "completed")), "business_key": f"R{random.randrange(30)}",
            "title": random.choice(("漏水", "電梯", "噪音")), "site_id": random.choice((None, site)), "started_at": began,
            "moved_at": min(NOW, began + random.choice((timedelta(0), timedelta(days=3), LONG_LIVED + timedelta(days=n % 60)))),
            "late_since": random.choice((None, None, NOW)),
        })  # fmt: skip
    kinds = [{"instance_id": each["id"], "name": "reg.kind", "text": f"c{n % 3}"} for n, each in enumerate(made)]
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.instance), made)
        connection.execute(insert(tables.instance_variable), kinds)
    return [{**each, "kind": kind["text"]} for each, kind in zip(made, kinds, strict=True)]


@pytest.mark.parametrize("way", _WAYS)
def test_every_way_gives_the_same_pages(runtime: Runtime, cases: list[Case], way: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(("FEW", "FEW_BESIDE_INDEX", "MANY", "HOSTED", "LONG_STRETCH", "STRETCH"), way, strict=True):
        monkeypatch.setattr(case_search, name, value)
    sites = {None, *(each["site_id"] for each in cases)}
    for filters, holds in _ASKED:
        for order in Order:
            column = "title" if order is Order.TITLE else "started_at" if filters.get("by_start") else "moved_at"
            left = [each for each in cases if holds(each) and each["site_id"] in sites]
            left.sort(key=lambda each: (each[column], each["id"]), reverse=order is Order.NEWEST)
            assert _pages(runtime, InstanceFilters(**filters, order=order)) == [each["id"] for each in left], (filters, order)
            assert left, filters


def _pages(runtime: Runtime, filters: InstanceFilters) -> list[int]:
    seen: list[int] = []
    after = None
    with UnitOfWork(runtime.database) as uow:
        while True:
            page = instances.page(uow, BOSS, filters=filters, after=after, limit=7)
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                return seen
