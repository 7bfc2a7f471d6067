"""Closed months: what they came to is kept as it stood, whatever is decided, corrected, voided or measured otherwise afterwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from engine import limit_book, limit_months
from engine.clock import MovableClock
from engine.limit_reading import read_limits
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.tables import closed_month, limit_clock, limit_month, limit_month_target
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limit_sums import figures
from engine.queries.limits import LimitFigures, LimitFilters, Split, clocks
from engine.runtime import Runtime
from tests.builders import deploy, make_building, make_instance, make_site, make_unit, make_user, rows, simple_process

ZONE = "Asia/Shanghai"
LIMIT = b"""[[limit]]
id = "done"
name = "done"
kind = "share"
clause = "x 1"
from = "do_errand:completed"
to = "file_errand:completed"
target = "90%"
"""
#: when March, April … are closed
MARCH_CLOSES, APRIL_CLOSES = (datetime.fromisoformat(f"2026-0{month}-06T00:00:00+08:00") for month in (4, 5))


def at(text: str) -> datetime:
    """A moment in Shanghai."""
    return datetime.fromisoformat(f"2026-{text}+08:00")


def clock_row(runtime: Runtime, begun: datetime, *, done: datetime | None = None, site_id: int | None = None, **more: Any) -> int:
    """A clock of an hour; the id of its row."""
    values = {
        "instance_id": make_instance(runtime, site_id=site_id), "limit_id": "errand.done", "site_id": site_id, "started_at": begun,
        "entered_at": begun, "due_at": begun + timedelta(hours=1), "stopped_at": done, "stop_entered_at": done, "target_seconds": 3600,
        "breached_at": done if done is not None and done > begun + timedelta(hours=1) else None, **more,
    }  # fmt: skip
    with runtime.database.writing() as connection:
        return int(connection.execute(tables.limit_clock.insert().values(**values).returning(limit_clock.c.id)).scalar_one())


def told(runtime: Runtime, actor: Actor, since: str, until: str, **narrowed: Any) -> LimitFigures:
    """What the limit came to over a period."""
    filters = LimitFilters(since=at(since), until=at(until), limit_id="errand.done", **narrowed)
    with UnitOfWork(runtime.database) as uow:
        return figures(uow, actor, filters, zone=ZONE)[0]


@pytest.fixture
def manager(runtime: Runtime) -> Actor:
    deploy(runtime, {"errand.bpmn": simple_process("errand", ("do_errand", "manager"), ("file_errand", "manager")), "limits.toml": LIMIT})
    return make_user(runtime, "manager").actor


@pytest.fixture
def march(runtime: Runtime, clock: MovableClock, manager: Actor) -> dict[str, int]:
    """A quick one, a slow one, one that was decided in April before the close, one after it, one never."""
    begun = at("03-20T09:00")
    found = {
        "quick": clock_row(runtime, begun, done=begun + timedelta(minutes=10)),
        "slow": clock_row(runtime, begun, done=begun + timedelta(hours=3)),
        "by the fifth": clock_row(runtime, at("03-31T23:30"), done=at("04-01T00:10")),
        "afterwards": clock_row(runtime, begun, due_at=at("06-01T00:00"), done=at("04-08T09:00"), breached_at=None),
        "open": clock_row(runtime, begun, due_at=at("09-01T00:00")),
    }  # fmt: skip
    clock.advance(at("04-10T09:00") - clock.now())
    return found


def test_a_month_is_closed_as_it_stood_however_late_that_is_done(runtime: Runtime, march: dict[str, int], manager: Actor) -> None:
    """What was decided after the fifth counts as undecided, and in the next month as what it came to."""
    assert limit_months.close_due(runtime) == [date(2026, 3, 1)]
    closed = told(runtime, manager, "03-01T00:00", "04-01T00:00")
    assert (closed.met, closed.missed, closed.running) == (2, 1, 2)
    assert (closed.median, closed.worst) == (2400.0, 10_800.0)
    following = told(runtime, manager, "04-01T00:00", "05-01T00:00")
    assert (following.met, following.missed, following.running) == (1, 0, 1)
    # over both each counts once
    both = told(runtime, manager, "03-01T00:00", "05-01T00:00")
    assert (both.met, both.missed, both.running) == (3, 1, 1)
    with UnitOfWork(runtime.database) as uow:
        months = figures(uow, manager, LimitFilters(limit_id="errand.done"), Split.MONTH, ZONE)
    assert [(each.name, each.met, each.running) for each in months] == [("2026-03", 2, 2), ("2026-04", 1, 1)]


def test_closed_months_are_not_read_again(runtime: Runtime, march: dict[str, int], manager: Actor) -> None:
    """Their figures stand without their rows."""
    limit_months.close_due(runtime)
    before = told(runtime, manager, "03-01T00:00", "04-01T00:00")
    with runtime.database.writing() as connection:
        connection.execute(delete(limit_clock))
    assert told(runtime, manager, "03-01T00:00", "04-01T00:00") == before


def test_the_sums_say_what_the_rows_say(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """For every period and every way of telling apart, with the sums and without them."""
    here, there = make_site(runtime), make_site(runtime)
    towers = [make_building(runtime, site_id=site) for site in (here, here, there)]
    flats = [make_unit(runtime, site_id=site, building_id=tower) for site, tower in zip((here, here, there), towers, strict=True)]
    people = [make_user(runtime, "repair_worker").id for _ in range(2)]
    for number, (month, place, person) in enumerate(product((1, 2, 3), range(3), people)):
        begun = at(f"0{month}-1{number % 9}T09:00")
        clock_row(runtime, begun, done=begun + timedelta(minutes=7 * number), site_id=(here, here, there)[place], unit_id=flats[place],
                  person_id=person, goal=None)  # fmt: skip
    clock.advance(at("04-10T09:00") - clock.now())
    local = make_user(runtime, "manager", site_id=there).actor
    periods = [(None, None), (at("02-01T00:00"), at("03-01T00:00")), (at("01-12T00:00"), at("03-14T00:00")), (None, at("02-11T00:00")),
               (at("03-05T00:00"), None)]  # fmt: skip

    asked: list[tuple[Actor, dict[str, Any], list[Any]]] = [
        (manager, {}, periods), (local, {}, periods[2:3]), (manager, {"site_id": here}, periods[2:3]),
        (manager, {"building_id": towers[0]}, periods[2:3]), (manager, {"person_id": people[0]}, periods[:1]),
    ]  # fmt: skip

    def every() -> list[Any]:
        found = []
        with UnitOfWork(runtime.database) as uow:
            for (actor, narrowed, some), split in product(asked, (None, *Split)):
                for since, until in some:
                    those = LimitFilters(since=since, until=until, limit_id="errand.done", **narrowed)
                    found.append((actor.name, since, until, split, narrowed, figures(uow, actor, those, split, ZONE)))
        return found

    counted = every()
    assert len(limit_months.close_due(runtime)) == 3
    for one, other in zip(every(), counted, strict=True):
        assert one == other


def test_nothing_changes_what_a_closed_month_counts(runtime: Runtime, march: dict[str, int], clock: MovableClock) -> None:
    """What is decided in it is final, what was carried over is not until its own month is closed."""
    final = {}
    for moment in (at("04-05T23:59"), MARCH_CLOSES, APRIL_CLOSES):
        final[moment] = {row.id for row in rows(runtime, limit_clock) if limit_book.is_final(runtime, row, moment)}
    of = march
    assert final[at("04-05T23:59")] == set()
    assert final[MARCH_CLOSES] == {of["quick"], of["slow"], of["by the fifth"]}
    assert final[APRIL_CLOSES] == final[MARCH_CLOSES] | {of["afterwards"]}


def test_what_was_entered_after_the_close_counts_when_it_was_entered(runtime: Runtime, march: dict[str, int], manager: Actor) -> None:
    """A case of March whose paper turns up in April does not change March."""
    limit_months.close_due(runtime)
    before = told(runtime, manager, "03-01T00:00", "04-01T00:00")
    with UnitOfWork(runtime.database) as uow:
        row = tables.instance
        case = uow.reading.execute(select(row).limit(1)).one()
        book = limit_book.Book(runtime, uow, case, runtime.clock.now(), at("03-30T09:00"), None)
        made = book._start(read_limits(LIMIT, "errand")[0], 7)
    assert (made.started_at, made.counted_at) == (at("03-30T09:00"), runtime.clock.now())
    assert told(runtime, manager, "03-01T00:00", "04-01T00:00") == before


def test_cases_behind_a_figure_are_listed_in_the_month_in_which_they_count(
    runtime: Runtime, march: dict[str, int], manager: Actor
) -> None:
    limit_months.close_due(runtime)
    with UnitOfWork(runtime.database) as uow:
        months = [LimitFilters(since=at(f"0{month}-01T00:00"), until=at(f"0{month + 1}-01T00:00")) for month in (3, 4)]
        ids = [{row.id for row in clocks(uow, manager, month).rows} for month in months]
    of = march
    assert ids == [{of["quick"], of["slow"], of["by the fifth"]}, {of["afterwards"], of["open"]}]


def test_months_are_closed_in_order_once(runtime: Runtime, march: dict[str, int], clock: MovableClock) -> None:
    """A month in which nothing was measured is closed too; a second look finds nothing to do."""
    clock.advance(at("06-07T00:00") - clock.now())
    assert limit_months.close_due(runtime) == [date(2026, month, 1) for month in (3, 4, 5)]
    assert limit_months.close_due(runtime) == []
    assert [row.closed_at for row in rows(runtime, closed_month)][:2] == [MARCH_CLOSES, APRIL_CLOSES]
    undecided = [row.running for row in rows(runtime, limit_month, limit_month.c.split == "")]
    assert undecided == [2, 1, 1]
    assert [(row.month.month, row.target) for row in rows(runtime, limit_month_target)] == [(3, "0.9"), (4, "0.9"), (5, "0.9")]


def test_a_sum_that_somebody_changed_shows(runtime: Runtime, march: dict[str, int], manager: Actor) -> None:
    """The kept sums are what is read: a change of a row that is counted leaves them as they are."""
    limit_months.close_due(runtime)
    before = told(runtime, manager, "03-01T00:00", "04-01T00:00")
    with runtime.database.writing() as connection:
        connection.execute(update(limit_clock).where(limit_clock.c.id == march["quick"]).values(breached_at=runtime.clock.now()))
    assert told(runtime, manager, "03-01T00:00", "04-01T00:00") == before
