"""The front desk without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.clock import MovableClock
from engine.persistence import tables
from engine.runtime import Runtime
from tests.builders import Person, deploy_folder, make_unit, rows
from tests.webui.visitor import Visitor

pytestmark = pytest.mark.databases("sqlite")


def test_a_night_call_entered_next_morning_counts_from_when_it_came(
    visit: Callable[..., Visitor], runtime: Runtime, clock: MovableClock, clerk: Person
) -> None:
    for procedure in ("follow_up", "repair"):
        deploy_folder(runtime, procedure)
    make_unit(runtime, code="A-1203")
    # half past eight in the morning, of a call of twenty to twelve the evening before
    clock.advance(datetime(2026, 3, 5, 0, 30, tzinfo=UTC) - clock.now())
    answer = visit(clerk).post("/desk/calls/repair", {
        "channel": "phone", "called_at": "2026-03-04T23:40", "unit": "A-1203", "caller": "王小明", "phone": "0571-88001234",
        "category": "water", "urgency": "urgent", "items": "水管滲漏", "charged": "unknown",
    })
    assert answer.status_code == 303, answer.get_data(as_text=True)
    [event] = [row for row in rows(runtime, tables.history_event) if row.type == "instance.started"]
    assert (event.claimed_at, event.at) == (datetime(2026, 3, 4, 15, 40, tzinfo=UTC), clock.now())
