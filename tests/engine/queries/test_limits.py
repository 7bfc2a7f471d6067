"""Limits measured from their clocks: shares, medians, parts, and the cases behind a figure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limit_sums import figures
from engine.queries.limits import LimitFilters, Outcome, Split, clocks
from engine.runtime import Runtime
from tests.builders import make_building, make_instance, make_site, make_unit, make_user


def clock(runtime: Runtime, site_id: int, *, minutes: float | None, limit: str = "errand.done", missed: bool = False, **more: Any) -> int:
    """A clock of twenty minutes that started now and was stopped after `minutes`; the id of its case."""
    now = runtime.clock.now()
    case = make_instance(runtime, site_id=site_id)
    stopped = None if minutes is None else now + timedelta(minutes=minutes)
    values = {
        "instance_id": case, "limit_id": limit, "site_id": site_id, "started_at": now, "entered_at": now,
        "due_at": now + timedelta(minutes=20), "stopped_at": stopped, "stop_entered_at": stopped,
        "breached_at": now if missed else None, "target_seconds": 1200, **more,
    }  # fmt: skip
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.limit_clock).values(**values))
    return case


@pytest.fixture
def manager(runtime: Runtime) -> Actor:
    return make_user(runtime, "manager").actor


def test_a_limit_is_met_missed_running_or_left_out(runtime: Runtime, manager: Actor) -> None:
    here = make_site(runtime)
    for minutes, missed in ((5, False), (15, False), (40, True), (None, True), (None, False)):
        clock(runtime, here, minutes=minutes, missed=missed)
    clock(runtime, here, minutes=None, cancelled_at=runtime.clock.now())
    clock(runtime, here, minutes=10, limit="errand.other")
    with UnitOfWork(runtime.database) as uow:
        done, other = figures(uow, manager, LimitFilters())
    assert (done.name, done.met, done.missed, done.running, done.excluded) == ("errand.done", 2, 2, 1, 1)
    assert (done.share, done.median, done.worst) == (0.5, 900.0, 2400.0)
    assert (other.share, other.median) == (1.0, 600.0)


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(runtime: Runtime, manager: Actor) -> None:
    here = make_site(runtime)
    for minutes in (1, 2, 4, 60):
        clock(runtime, here, minutes=minutes)
    with UnitOfWork(runtime.database) as uow:
        (done,) = figures(uow, manager, LimitFilters())
    assert (done.median, done.worst) == (180.0, 3600.0)


def test_the_period_and_the_site_of_the_reader_narrow(runtime: Runtime, manager: Actor) -> None:
    here, there = make_site(runtime), make_site(runtime)
    begun = runtime.clock.now()
    clock(runtime, here, minutes=5)
    runtime.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    clock(runtime, there, minutes=5)
    local = make_user(runtime, "manager", site_id=there).actor
    with UnitOfWork(runtime.database) as uow:
        assert figures(uow, manager, LimitFilters())[0].met == 2
        assert figures(uow, local, LimitFilters())[0].met == 1
        assert figures(uow, manager, LimitFilters(until=begun + timedelta(hours=1)))[0].met == 1
        assert figures(uow, manager, LimitFilters(site_id=there))[0].met == 1
        assert figures(uow, make_user(runtime).actor, LimitFilters()) == ()


def test_figures_are_told_apart_by_building_and_person(runtime: Runtime, manager: Actor) -> None:
    here = make_site(runtime)
    tower = make_building(runtime, site_id=here, name="A 座")
    flat = make_unit(runtime, code="A-7", site_id=here, building_id=tower)
    worker = make_user(runtime, "repair_worker", display_name="黃建宏")
    clock(runtime, here, minutes=5, unit_id=flat, person_id=worker.id)
    clock(runtime, here, minutes=50, missed=True)
    filters = LimitFilters(limit_id="errand.done")
    with UnitOfWork(runtime.database) as uow:
        by_building = figures(uow, manager, filters, Split.BUILDING)
        by_person = figures(uow, manager, filters, Split.PERSON)
        by_month = figures(uow, manager, filters, Split.MONTH, "Asia/Shanghai")
        (of_tower,) = figures(uow, manager, LimitFilters(building_id=tower))
    assert [(part.name, part.met, part.missed) for part in by_building] == [(None, 0, 1), ("A 座", 1, 0)]
    assert {(part.name, part.met) for part in by_person} == {(None, 0), ("黃建宏", 1)}
    assert (of_tower.met, of_tower.missed) == (1, 0)
    assert [(part.name, part.met, part.missed) for part in by_month] == [("2026-03", 1, 1)]


def test_the_clocks_behind_a_figure_come_page_by_page(runtime: Runtime, manager: Actor) -> None:
    here = make_site(runtime)
    cases = [clock(runtime, here, minutes=5), clock(runtime, here, minutes=50, missed=True), clock(runtime, here, minutes=60, missed=True)]
    with UnitOfWork(runtime.database) as uow:
        first = clocks(uow, manager, LimitFilters(outcome=Outcome.MISSED), limit=1)
        second = clocks(uow, manager, LimitFilters(outcome=Outcome.MISSED), limit=1, after=first.after)
    assert [first.rows[0].instance_id, second.rows[0].instance_id] == [cases[2], cases[1]]
    assert second.after is None
    assert first.rows[0].outcome == "missed"
