"""The figures of the day and the lists behind them agree, at the sites of the scope, by the moment that is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text

from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import today, today_lists
from engine.queries.today_conditions import Figure, Moments, Scope, When
from engine.queries.today_lists import WorkFilters
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_user, make_work_item

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALL = Scope()


def moments(runtime: Runtime) -> Moments:
    now = runtime.clock.now()
    return Moments(now, now + 4 * HOUR, now - 6 * HOUR, now - 7 * DAY)


def make_clock(runtime: Runtime, instance_id: int, limit_id: str, due_in: timedelta | None, **overrides: Any) -> None:
    now = runtime.clock.now()
    values = {"instance_id": instance_id, "limit_id": limit_id, "kind": "clock", "started_at": now - DAY, "entered_at": now - DAY,
              "due_at": now + due_in if due_in is not None else None, **overrides}  # fmt: skip
    with runtime.database.writing() as connection:
        connection.execute(insert(tables.limit_clock).values(**values))


def counted(runtime: Runtime, scope: Scope = ALL) -> dict[Figure, int]:
    with UnitOfWork(runtime.database) as uow:
        return {figure: sum(found.values()) for figure, found in today.figures(uow, scope, moments(runtime)).items()}


def listed(runtime: Runtime, figure: Figure, scope: Scope = ALL, limit: int = 2) -> list[int]:
    """Every case behind a figure, page by page."""
    found: list[int] = []
    after = None
    with UnitOfWork(runtime.database) as uow:
        while True:
            page = today_lists.cases(uow, scope, moments(runtime), figure, after=after, limit=limit)
            found += [row.id for row in page.rows]
            after = page.after
            if after is None:
                return found


def test_a_case_is_late_once_however_many_clocks_and_steps_are(runtime: Runtime) -> None:
    now = runtime.clock.now()
    both, by_step, met, paused, soon = (make_instance(runtime) for _ in range(5))
    make_clock(runtime, both, "errand.one", -2 * HOUR)
    make_clock(runtime, both, "errand.two", -HOUR)
    make_work_item(runtime, instance_id=both, due_at=now - 3 * HOUR)
    make_work_item(runtime, instance_id=by_step, due_at=now - HOUR)
    make_clock(runtime, met, "errand.one", -HOUR, stopped_at=now)
    make_clock(runtime, paused, "errand.one", -HOUR, paused_at=now - 2 * HOUR)
    make_clock(runtime, soon, "errand.one", 3 * HOUR)
    make_clock(runtime, soon, "errand.two", 5 * HOUR)
    make_work_item(runtime, instance_id=met, due_at=now - HOUR, state="completed")
    assert counted(runtime)[Figure.LATE] == 2
    assert listed(runtime, Figure.LATE, limit=1) == [both, by_step], "what has waited longest comes first"
    assert listed(runtime, Figure.SOON) == [soon]
    with UnitOfWork(runtime.database) as uow:
        counts = today.limits(uow, ALL, moments(runtime))
        assert [(each.limit_id, each.late, each.soon) for each in counts] == [("errand.one", 1, 1), ("errand.two", 1, 0)]
        for when, cases in ((When.LATE, [both]), (When.SOON, [soon])):
            page = today_lists.clocks(uow, ALL, moments(runtime), "errand.one", when)
            assert [row.instance_id for row in page.rows] == cases


def test_what_stands_still_is_told_from_what_waits_for_its_time(runtime: Runtime) -> None:
    now = runtime.clock.now()
    old = {"moved_at": now - 8 * DAY, "started_at": now - 9 * DAY}
    forgotten, waiting, timed_with_work = (make_instance(runtime, **old) for _ in range(3))
    make_work_item(runtime, instance_id=timed_with_work)
    with runtime.database.writing() as connection:
        for case in (waiting, timed_with_work):
            connection.execute(insert(tables.due).values(kind="timer", due_at=now + DAY, instance_id=case, subject=""))
    failed, resting = make_instance(runtime, state="incident", **old), make_instance(runtime, state="suspended", **old)
    make_instance(runtime, state="completed", moved_at=now, ended_at=now, started_at=now - DAY)
    assert listed(runtime, Figure.STILL) == [forgotten, timed_with_work]
    assert (listed(runtime, Figure.FAILED), listed(runtime, Figure.SUSPENDED)) == ([failed], [resting])
    figures = counted(runtime)
    assert (figures[Figure.STILL], figures[Figure.FAILED], figures[Figure.SUSPENDED], figures[Figure.ENDED]) == (2, 1, 1, 1)
    assert figures[Figure.STARTED] == 0


def test_every_figure_has_as_many_rows_as_it_says(runtime: Runtime) -> None:
    now = runtime.clock.now()
    for number in range(7):
        case = make_instance(runtime, moved_at=now - number * DAY, started_at=now - number * 2 * HOUR)
        make_clock(runtime, case, "errand.one", (number - 3) * HOUR)
        make_work_item(runtime, instance_id=case, due_at=now + (3 - number) * HOUR)
    for figure, count in counted(runtime).items():
        assert len(set(listed(runtime, figure))) == len(listed(runtime, figure)) == count, figure


def test_sites_are_kept_apart(runtime: Runtime) -> None:
    here, there, now = make_site(runtime), make_site(runtime), runtime.clock.now()
    for site in (here, there, None):
        make_work_item(runtime, instance_id=make_instance(runtime, site_id=site), site_id=site, due_at=now - HOUR)
    mine, only_mine = Scope(frozenset({here})), Scope(frozenset({here}), is_exact=True)
    assert [counted(runtime, scope)[Figure.LATE] for scope in (ALL, mine, only_mine)] == [3, 2, 1]
    assert [len(listed(runtime, Figure.LATE, scope)) for scope in (ALL, mine, only_mine)] == [3, 2, 1]
    with UnitOfWork(runtime.database) as uow:
        assert [sum(each.open for each in today.work(uow, scope, moments(runtime))) for scope in (ALL, mine, only_mine)] == [3, 2, 1]


def test_work_is_told_apart_by_role_person_and_step_and_listed_so(runtime: Runtime) -> None:
    now, person = runtime.clock.now(), make_user(runtime, "cashier")
    for number in range(3):
        make_work_item(runtime, "cashier", assignee_id=person.id, created_at=now - number * HOUR, due_at=now + (number - 1) * HOUR)
    make_work_item(runtime, "cashier")
    make_work_item(runtime, "leasing", element_id="other")
    with UnitOfWork(runtime.database) as uow:
        at = moments(runtime)
        counts = {(each.role, each.assignee_id): each for each in today.work(uow, ALL, at)}
        theirs = counts["cashier", person.id]
        assert (theirs.open, theirs.late, theirs.soon, theirs.oldest_at) == (3, 2, 1, now - 2 * HOUR)
        assert (counts["cashier", None].open, counts["leasing", None].open) == (1, 1)

        def found(**filters: Any) -> int:
            first = today_lists.items(uow, ALL, at, WorkFilters(**filters), limit=2)
            rest = today_lists.items(uow, ALL, at, WorkFilters(**filters), after=first.after, limit=2) if first.after else None
            return len(first.rows) + (len(rest.rows) if rest is not None else 0)

        assert (found(person_id=person.id), found(person_id=person.id, when=When.LATE), found(role="cashier")) == (3, 2, 4)
        assert (found(role="cashier", person_id=0), found(element_id="other", definition_key="errand"), found(when=When.SOON)) == (1, 1, 1)


def test_where_cases_stand_is_told_with_who_has_it(runtime: Runtime) -> None:
    person, case = make_user(runtime, "cashier"), make_instance(runtime)
    make_work_item(runtime, "cashier", instance_id=case, assignee_id=person.id)
    make_work_item(runtime, "leasing", instance_id=case, state="completed")
    with UnitOfWork(runtime.database) as uow:
        (step,) = today_lists.standing(uow, [case])[case]
        assert (step.role, step.assignee_name) == ("cashier", person.name)
        assert today_lists.standing(uow, []) == {}


@pytest.mark.databases("sqlite")
def test_late_clocks_are_found_by_index(runtime: Runtime) -> None:
    """The statement of a limit's clocks reads the partial index, never the clocks that are over."""
    compiled = today._limits("all").compile(runtime.database.engine, compile_kwargs={"literal_binds": False})
    with runtime.database.reading() as connection:
        plan = connection.execute(text("EXPLAIN QUERY PLAN " + str(compiled).replace("?", "1"))).all()
    assert any("ix_limit_clock_running" in row.detail for row in plan), plan
