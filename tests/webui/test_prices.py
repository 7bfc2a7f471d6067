"""The price list: public without signing in, kept by versions, each change on record."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.runtime import Runtime
from tests.builders import Person, make_user
from tests.webui.visitor import Visitor, text_of

Visit = Callable[..., Visitor]
pytestmark = pytest.mark.databases("sqlite")
ITEM = {"code": "W01", "name": "更換水龍頭", "unit_name": "個", "labour": "30", "material": "45.50", "effective_from": "2026-01-01"}


def test_a_new_price_counts_from_its_day_and_the_old_one_stays_readable(visit: Visit, manager: Person) -> None:
    visitor = visit(manager)
    assert visitor.post("/directory/prices/new", ITEM).status_code == 303
    assert visitor.post("/directory/prices/new", {**ITEM, "labour": "35", "effective_from": "2026-06-01"}).status_code == 303
    assert visitor.post("/directory/prices/new", {**ITEM, "labour": "36", "effective_from": "2026-06-01"}).status_code == 422
    stranger = visit()
    assert "30.00" in text_of(stranger.get("/prices"))
    assert "35.00" in text_of(stranger.get("/prices?date=2026-06-01"))
    page = text_of(visitor.get("/directory/prices/W01"))
    assert "30 → 35" in page
    assert "尚未生效" in page


def test_what_is_taken_off_leaves_the_list_with_its_reason(visit: Visit, manager: Person) -> None:
    visitor = visit(manager)
    visitor.post("/directory/prices/new", ITEM)
    visitor.post("/directory/prices/W01/switch", {"reason": "不再提供"})
    assert "W01" not in text_of(visit().get("/prices?date=2026-03-03"))
    assert "不再提供" in text_of(visitor.get("/directory/prices/W01"))


def test_prices_that_cannot_be_are_refused_beside_their_fields(runtime: Runtime, visit: Visit, manager: Person) -> None:
    refused = visit(manager).post("/directory/prices/new", {**ITEM, "labour": "-1", "effective_from": "soon"})
    assert refused.status_code == 422
    assert "應為不小於零的數字" in text_of(refused)
    assert visit(make_user(runtime, "cashier")).post("/directory/prices/new", ITEM).status_code == 403
