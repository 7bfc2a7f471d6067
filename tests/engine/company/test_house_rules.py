"""Working time and numbering as the office keeps them: on record, at once in force, never backwards, due times moved only when asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine import house_rules, numbering
from engine.calendars import parse_duration
from engine.clock import MovableClock
from engine.company import calendars, changes, rescheduling, series
from engine.errors import ForbiddenError, FormInvalidError, InvalidError
from engine.jobs import handlers
from engine.jobs.scheduler import Scheduler
from engine.model import SYSTEM
from engine.numbering import NumberLoweredError, NumberPatternError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from engine.runtime import NoOutbox, Runtime
from tests.builders import deploy, make_site, make_user, rows, simple_process, start

HOURS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), "08:00-12:00, 13:00-17:00")
WORK = {**HOURS, "holidays": "", "extra_holidays": "", "extra_working_days": ""}
#: a Monday morning in Shanghai
MONDAY = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
DUE = """<userTask id="do_errand" name="do_errand"><extensionElements xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core"><s:properties>
<s:property name="due" value="PT8H"/><s:property name="calendar" value="working"/></s:properties></extensionElements></userTask>"""


@pytest.fixture
def do(runtime: Runtime) -> Callable[..., object]:
    """Carry out a command and let this process follow, as its next request would."""

    def act(command: Callable[..., object], *arguments: object) -> object:
        with UnitOfWork(runtime.database) as uow:
            result = command(runtime, uow, *arguments)
            uow.commit()
            house_rules.catch_up(runtime, uow)
        return result

    return act


@pytest.fixture
def numbered(runtime: Runtime) -> Runtime:
    """A company with two series."""
    runtime.organisation.numbering.update({"slip": "R{yyyy}{mm}-{seq:04}", "pass": "X{yyyy}-{seq:04}"})  # type: ignore[attr-defined]
    return runtime


def errand(runtime: Runtime) -> None:
    """A process whose one step is due within eight hours of work."""
    plain = simple_process("errand", ("do_errand", "customer_service")).decode()
    deploy(runtime, {"errand.bpmn": plain.replace('<userTask id="do_errand" name="do_errand"/>', DUE).encode()})


def history(runtime: Runtime, kind: str, entry: str) -> list[str]:
    with UnitOfWork(runtime.database) as uow:
        return [change.action for change in entries.history(uow, kind, entry).rows]


def test_a_calendar_holds_at_once_and_a_site_may_have_its_own(runtime: Runtime, do: Callable[..., object]) -> None:
    site_id, other = make_site(runtime, time_zone="Asia/Tokyo"), make_site(runtime)
    do(calendars.save, SYSTEM, None, WORK, "新的工作時間")
    do(calendars.save, SYSTEM, site_id, {**WORK, "extra_holidays": "2027-03-01/2027-03-02"}, "園區停業")
    two_hours = parse_duration("PT2H")
    assert runtime.organisation.calendar_at(other).add(MONDAY, two_hours, "working") == MONDAY + timedelta(hours=2)
    # Wednesday at eight in Tokyo
    assert runtime.organisation.calendar_at(site_id).add(MONDAY, two_hours, "working") == datetime(2027, 3, 3, 1, 0, tzinfo=UTC)
    do(calendars.restore, SYSTEM, site_id, "恢復營業")
    assert runtime.organisation.calendar_at(site_id).add(MONDAY, two_hours, "working") == MONDAY + timedelta(hours=2)
    assert history(runtime, "calendar", str(site_id)) == ["restored", "changed"]


def test_another_process_follows_at_its_schedulers_next_look(runtime: Runtime) -> None:
    with UnitOfWork(runtime.database) as uow:
        calendars.save(runtime, uow, SYSTEM, None, {**WORK, "monday": ""}, "週一休息")
        uow.commit()
    assert runtime.organisation.calendar.is_working_day(MONDAY.date())
    Scheduler(runtime, "other").look()
    assert not runtime.organisation.calendar.is_working_day(MONDAY.date())


@pytest.mark.parametrize(("field", "value"), [
    ("monday", "9 to 5"), ("monday", "17:00-08:00"), ("tuesday", "08:00-12:00, 11:00-13:00"), ("holidays", "ZZ"),
    ("extra_holidays", "next week"), ("extra_working_days", "2027-03-02/2027-03-01"),
])
@pytest.mark.databases("sqlite")
def test_what_is_no_calendar_is_said_at_its_field(runtime: Runtime, field: str, value: str) -> None:
    with UnitOfWork(runtime.database) as uow, pytest.raises(FormInvalidError) as refused:
        calendars.save(runtime, uow, SYSTEM, None, {**WORK, field: value}, "試")
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.databases("sqlite")
def test_a_week_without_work_is_refused_and_two_at_once_are_told(runtime: Runtime, do: Callable[..., object]) -> None:
    with UnitOfWork(runtime.database) as uow, pytest.raises(FormInvalidError):
        calendars.save(runtime, uow, SYSTEM, None, {}, "試")
    do(calendars.save, SYSTEM, None, WORK, "一", 0)
    with UnitOfWork(runtime.database) as uow, pytest.raises(changes.EntryChangedError):
        calendars.save(runtime, uow, SYSTEM, None, {**WORK, "friday": ""}, "二", 0)


@pytest.mark.databases("sqlite")
def test_a_sites_manager_keeps_only_that_sites_calendar(runtime: Runtime, do: Callable[..., object]) -> None:
    here, there = make_site(runtime), make_site(runtime)
    manager = make_user(runtime, "manager", site_id=here)
    do(calendars.save, manager.actor, here, WORK, "本園區")
    for elsewhere in (there, None):
        with UnitOfWork(runtime.database) as uow, pytest.raises(ForbiddenError):
            calendars.save(runtime, uow, manager.actor, elsewhere, WORK, "別處")


def test_due_times_stay_until_somebody_has_them_moved(runtime: Runtime, clock: MovableClock, do: Callable[..., object]) -> None:
    clock.set(MONDAY)
    do(calendars.save, SYSTEM, None, WORK, "原來")
    errand(runtime)
    start(runtime, "errand")
    before = rows(runtime, tables.work_item)[0].due_at
    assert before == MONDAY + timedelta(hours=24)
    do(calendars.save, SYSTEM, None, {**WORK, "tuesday": ""}, "週二休息")
    assert rows(runtime, tables.work_item)[0].due_at == before
    with UnitOfWork(runtime.database) as uow:
        assert rescheduling.concerned(runtime, uow, None) == rescheduling.Concerned(1, 0)
    do(rescheduling.ask, SYSTEM, None)
    assert isinstance(runtime.outbox, NoOutbox)
    name, key, payload = runtime.outbox.sent[-1]
    for _ in range(2):
        handlers.run(runtime, name, key, payload)
    after = MONDAY + timedelta(hours=48)
    assert rows(runtime, tables.work_item)[0].due_at == after
    assert [row.due_at for row in rows(runtime, tables.due, tables.due.c.kind == "item_due")] == [after]
    assert [row.type for row in rows(runtime, tables.history_event)].count("work_item.rescheduled") == 1
    assert history(runtime, "calendar", "company")[:3] == ["rescheduled", "rescheduled", "rescheduling"]


def test_a_pattern_counts_from_now_on_and_no_two_series_share_one(numbered: Runtime, do: Callable[..., object]) -> None:
    do(series.set_pattern, SYSTEM, "slip", "W{yyyy}-{seq:05}", "改版")
    with UnitOfWork(numbered.database) as uow:
        assert numbering.draw(uow, numbered.organisation, "slip", MONDAY) == "W2027-00001"
        uow.commit()
    with UnitOfWork(numbered.database) as uow, pytest.raises(series.PatternTakenError):
        series.set_pattern(numbered, uow, SYSTEM, "pass", "W{yyyy}-{seq:02}", "試")
    assert history(numbered, "numbering", "slip") == ["changed"]


@pytest.mark.parametrize("pattern", ["R-1", "R{seq}{seq}", "{yyyy}{seq:04}", "{seq}9", "R{mm}-{seq}", "R{week}-{seq}", "", "R\n{seq:04}"])
@pytest.mark.databases("sqlite")
def test_a_pattern_that_gives_unclear_numbers_is_refused(numbered: Runtime, pattern: str) -> None:
    with UnitOfWork(numbered.database) as uow, pytest.raises(NumberPatternError):
        series.set_pattern(numbered, uow, SYSTEM, "slip", pattern, "試")


def test_the_next_number_only_goes_up_and_the_gap_is_explained(numbered: Runtime, do: Callable[..., object]) -> None:
    do(series.raise_next, SYSTEM, "pass", 41, "紙本已用到 40 號")
    with UnitOfWork(numbered.database) as uow:
        assert numbering.draw(uow, numbered.organisation, "pass", numbered.clock.now()).endswith("-0041")
        uow.commit()
        for lower in (7, 42):
            with pytest.raises(NumberLoweredError):
                series.raise_next(numbered, uow, SYSTEM, "pass", lower, "試")
        with pytest.raises(InvalidError):
            series.raise_next(numbered, uow, SYSTEM, "pass", 50, " ")
        told = entries.history(uow, "numbering", "pass").rows[0]
    assert (told.action, told.reason) == ("raised", "紙本已用到 40 號")
    assert [number[-5:] for number in told.changes["next"]] == ["-0001", "-0041"]
