"""Targets that managers set: from a day on, with a reason, never backwards; what is measured keeps the target with which it began."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from engine import house_rules, limit_figures, limit_months, limit_series, limit_setting
from engine.clock import MovableClock
from engine.errors import ForbiddenError, GuichengError, InvalidError, NotFoundError
from engine.instances import run_step
from engine.limit_setting import TargetBegunError, TargetSetError
from engine.model import Actor
from engine.persistence.tables import limit_clock
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.limits import LimitFilters
from engine.runtime import Runtime
from tests.builders import deploy, make_site, make_user, rows, simple_process, start
from tests.engine.test_limits import ON_SITE, complete

SHARE = ON_SITE.replace("on_site", "heard").replace('target = "PT20M"', 'kind = "share"\ntarget = "90%"').replace('warn = "PT5M"\n', "")
NEVER = """
[[limit]]
id = "unasked"
name = "unasked"
kind = "never"
clause = "call 1"
needs = "register:completed"
act = "visit:completed"
"""
TUESDAY = date(2026, 3, 3)
ELEMENTS = (("register", "customer_service"), ("assign", "dispatcher"), ("visit", "repair_worker"), ("archive", "customer_service"))


@pytest.fixture
def manager(runtime: Runtime) -> Actor:
    limits = f"{ON_SITE}\n{SHARE}\n{NEVER}".encode()
    deploy(runtime, {"call.bpmn": simple_process("call", *ELEMENTS), "limits.toml": limits})
    return make_user(runtime, "manager").actor


def put(runtime: Runtime, actor: Actor, target: str, day: date = TUESDAY, limit: str = "call.on_site", reason: str = "人手增加") -> int:
    """Set a target, and let this process hear of it as the next request would."""
    made = run_step(runtime, lambda uow: limit_setting.set_target(runtime, uow, actor, limit, target, day, reason))
    _hear(runtime)
    return made


def _hear(runtime: Runtime) -> None:
    with UnitOfWork(runtime.database) as uow:
        house_rules.catch_up(runtime, uow)


def seconds(runtime: Runtime) -> list[int | None]:
    """What running clocks have as their target."""
    return [row.target_seconds for row in rows(runtime, limit_clock, limit_clock.c.limit_id == "call.on_site")]


def test_a_target_counts_for_what_begins_from_its_day_on(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """The clock of Monday keeps twenty minutes, Tuesday's has fifteen; a limit counts by the share of the new target too."""
    put(runtime, manager, "PT15M")
    start(runtime, "call")
    complete(runtime, "register")
    clock.advance(timedelta(days=1))
    second = start(runtime, "call")
    complete(runtime, "register", instance_id=second.id)
    assert seconds(runtime) == [1200, 900]
    with UnitOfWork(runtime.database) as uow:
        (told,) = limit_setting.history(runtime, uow, "call.on_site")
        known = limit_figures.known_limits(runtime, uow)["call.on_site"]
    assert (told.target, told.reason, told.person, told.is_ahead) == ("PT15M", "人手增加", manager.name, False)
    assert known.limit.demand == "PT15M"


def test_what_is_taken_back_in_time_never_counts(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    made = put(runtime, manager, "PT15M")
    run_step(runtime, lambda uow: limit_setting.withdraw(runtime, uow, manager, "call.on_site", made))
    _hear(runtime)
    clock.advance(timedelta(days=1))
    start(runtime, "call")
    complete(runtime, "register")
    assert seconds(runtime) == [1200]
    with UnitOfWork(runtime.database) as uow, pytest.raises(TargetBegunError):
        limit_setting.withdraw(runtime, uow, manager, "call.on_site", made)


@pytest.mark.parametrize(
    ("limit", "target", "day", "reason", "error"),
    [
        ("call.on_site", "PT15M", date(2026, 3, 2), "x", InvalidError), ("call.on_site", "PT15M", date(2040, 1, 1), "x", InvalidError),
        ("call.on_site", "soon", TUESDAY, "x", InvalidError), ("call.on_site", "PT20M", TUESDAY, "x", InvalidError),
        ("call.on_site", "PT15M", TUESDAY, " ", InvalidError), ("call.heard", "1.2", TUESDAY, "x", InvalidError),
        ("call.heard", "nan", TUESDAY, "x", InvalidError), ("call.unasked", "1", TUESDAY, "x", InvalidError),
        ("call.nothing", "PT15M", TUESDAY, "x", NotFoundError),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(
    runtime: Runtime, manager: Actor, limit: str, target: str, day: date, reason: str, error: type[GuichengError]
) -> None:
    """Today or earlier, too far ahead, no length of time, the same again, no reason, more than all, an act that must not be."""
    with UnitOfWork(runtime.database) as uow, pytest.raises(error):
        limit_setting.set_target(runtime, uow, manager, limit, target, day, reason)


def test_one_day_has_one_target_and_only_managers_of_the_company_set_it(runtime: Runtime, manager: Actor) -> None:
    put(runtime, manager, "PT15M")
    with pytest.raises(TargetSetError):
        put(runtime, manager, "PT10M")
    for other in (make_user(runtime, "repair_worker").actor, make_user(runtime, "manager", site_id=make_site(runtime)).actor):
        with pytest.raises(ForbiddenError):
            put(runtime, other, "PT10M", date(2026, 4, 1))


def test_a_preview_says_what_the_last_months_would_have_come_to(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """Ten minutes and eighteen: both within twenty, one within fifteen."""
    for minutes in (10, 18):
        case = start(runtime, "call")
        complete(runtime, "register", instance_id=case.id)
        complete(runtime, "assign", instance_id=case.id)
        clock.advance(timedelta(minutes=minutes))
        complete(runtime, "visit", instance_id=case.id)
    clock.advance(datetime.fromisoformat("2026-04-10T09:00+08:00") - clock.now())
    with UnitOfWork(runtime.database) as uow:
        seen = limit_setting.preview(runtime, uow, manager, "call.on_site", "PT15M", date(2026, 5, 1))
    assert (seen.before, seen.after) == ("PT20M", "PT15M")
    assert [(month.month.month, month.figures.met, month.met, month.missed) for month in seen.months] == [
        (1, 0, 0, 0), (2, 0, 0, 0), (3, 2, 1, 1)]  # fmt: skip


def test_a_chart_shows_each_month_with_its_target_and_the_day_of_the_change(
    runtime: Runtime, clock: MovableClock, manager: Actor
) -> None:
    """A closed month keeps the target of its time, whatever is deployed afterwards."""
    put(runtime, manager, "PT15M", date(2026, 4, 15))
    case = start(runtime, "call")
    complete(runtime, "register", instance_id=case.id)
    complete(runtime, "assign", instance_id=case.id)
    complete(runtime, "visit", instance_id=case.id)
    clock.advance(datetime.fromisoformat("2026-04-20T09:00+08:00") - clock.now())
    limit_months.close_due(runtime)
    other = ON_SITE.replace("PT20M", "PT40M").encode()
    deploy(runtime, {"call.bpmn": simple_process("call", *ELEMENTS), "limits.toml": other})
    with UnitOfWork(runtime.database) as uow:
        (found,) = limit_series.series(runtime, uow, manager, LimitFilters(limit_id="call.on_site"), 12)
    last, before = found.points[-1], found.points[-2]
    assert [(point.month.month, point.demand, point.is_closed) for point in (before, last)] == [(3, "PT20M", True), (4, "PT15M", False)]
    assert (before.figures.met, before.value(found.known.limit.kind), len(found.points), len(found.earlier)) == (1, 1.0, 12, 12)
    kept: list[Any] = [(change.day, change.before, change.after) for change in found.changes]
    assert kept[-1] == (date(2026, 4, 15), "PT20M", "PT15M")
