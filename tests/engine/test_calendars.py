"""Durations and working time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars import (
    END_OF_DAY,
    CalendarInvalidError,
    DurationInvalidError,
    WorkingCalendar,
    parse_cycle,
    parse_duration,
    parse_moment,
    parse_target,
    warn_at,
)

MORNING, AFTERNOON = (9 * 60, 12 * 60), (13 * 60 + 30, 18 * 60)
OFFICE = WorkingCalendar(hours=((MORNING, AFTERNOON),) * 5 + ((),) * 2)
#: every day, around the clock, without holidays
ALWAYS_OPEN = WorkingCalendar(hours=(((0, 24 * 60),),) * 7, country="")
BERLIN = WorkingCalendar(zone="Europe/Berlin", country="")


def shanghai(text: str) -> datetime:
    """`2026-03-02 09:00` on a clock in Shanghai, in UTC."""
    return parse_moment(text, "Asia/Shanghai")


def added(start: str, target: str, calendar: Any = "working", rules: WorkingCalendar = OFFICE) -> str:
    """The sum as a clock in the calendar's zone shows it."""
    return f"{rules.local(rules.add(parse_moment(start, rules.zone), parse_target(target), calendar)):%Y-%m-%d %H:%M}"


# ---------------------------------------------------------------- durations

@pytest.mark.parametrize(("text", "months", "days", "time"), [
    ("PT20M", 0, 0, timedelta(minutes=20)),
    ("P1D", 0, 1, timedelta(0)),
    ("PT24H", 0, 0, timedelta(hours=24)),
    ("P1Y2M1W3DT4H5M6.5S", 14, 10, timedelta(hours=4, minutes=5, seconds=6.5)),
    ("PT1,5H", 0, 0, timedelta(minutes=90)),
])
def test_a_duration_keeps_calendar_parts_apart_from_time(text: str, months: int, days: int, time: timedelta) -> None:
    """A day is not twenty-four hours, and a month is no number of days."""
    duration = parse_duration(text)
    assert (duration.months, duration.days, duration.time) == (months, days, time)


@pytest.mark.parametrize("text", [
    "", "P", "PT", "P1DT", "1D", "PT5", "pt5m", "-PT5M", "+PT5M", "PT-5M", "PT0S", "P0D", "P0Y0M", "P0.5D", "P1.5M", "P0003-06-04T12:30:05",
    "PT20M ago", "P99999999D", "P9999999Y", "PT99999999999H", "R/PT5M", "tomorrow",
])
def test_what_is_no_positive_duration_is_refused(text: str) -> None:
    """SpiffWorkflow reads -PT5M as plus five minutes; nothing here does."""
    with pytest.raises(DurationInvalidError) as caught:
        parse_duration(text)
    assert caught.value.data["text"] == text


def test_a_reminder_never_comes_before_the_start() -> None:
    """A warning longer than the target reminds at once."""
    start = shanghai("2026-03-02 09:00")
    assert warn_at(start, start + timedelta(minutes=20), parse_duration("PT5M")) == start + timedelta(minutes=15)
    assert warn_at(start, start + timedelta(minutes=20), parse_duration("PT2H")) == start


# ---------------------------------------------------------------- around the clock

@pytest.mark.parametrize(("start", "target", "expected"), [
    ("2026-03-02 09:00", "PT20M", "2026-03-02 09:20"),
    ("2026-01-31 09:00", "P1M", "2026-02-28 09:00"),
    ("2026-01-31 09:00", "P1M1D", "2026-03-01 09:00"),
    ("2024-02-29 09:00", "P1Y", "2025-02-28 09:00"),
    ("2026-03-07 23:59", "P2D", "2026-03-09 23:59"),
    ("2026-03-02 09:00", "end_of_day", "2026-03-03 00:00"),
    ("2026-03-02 00:00", "end_of_day", "2026-03-03 00:00"),
])
def test_every_hour_counts_by_the_ordinary_calendar(start: str, target: str, expected: str) -> None:
    """Calendar parts are relative to the start; the same day ends at midnight there."""
    assert added(start, target, "always") == expected


def test_a_day_across_a_change_of_clocks_ends_at_the_same_time_of_day() -> None:
    """Summer time takes an hour from P1D but not from PT24H."""
    assert added("2026-03-28 12:00", "P1D", "always", BERLIN) == "2026-03-29 12:00"
    assert added("2026-03-28 12:00", "PT24H", "always", BERLIN) == "2026-03-29 13:00"


# ---------------------------------------------------------------- working time

@pytest.mark.parametrize(("start", "target", "expected"), [
    ("2026-03-02 09:00", "PT20M", "2026-03-02 09:20"),
    ("2026-03-02 11:50", "PT20M", "2026-03-02 13:40"),
    ("2026-03-06 17:50", "PT20M", "2026-03-09 09:10"),
    ("2026-03-07 10:00", "PT20M", "2026-03-09 09:20"),
    ("2026-03-02 09:00", "PT7H30M", "2026-03-02 18:00"),
    ("2026-03-02 10:00", "P1D", "2026-03-03 10:00"),
    ("2026-03-06 10:00", "P1D", "2026-03-09 10:00"),
    ("2026-03-07 10:00", "P1D", "2026-03-10 09:00"),
    ("2026-03-02 12:30", "P1D", "2026-03-03 13:30"),
    ("2026-03-02 20:00", "P2D", "2026-03-05 09:00"),
    ("2026-03-02 10:00", "end_of_day", "2026-03-02 18:00"),
    ("2026-03-06 18:00", "end_of_day", "2026-03-09 18:00"),
    ("2026-03-02 10:00", "P1M", "2026-04-02 10:00"),
])
def test_only_working_time_counts(start: str, target: str, expected: str) -> None:
    """Lunch, nights and weekends don't count; what starts outside starts with the next working time."""
    assert added(start, target) == expected


def test_chinese_holidays_and_working_weekends_are_known() -> None:
    """Spring Festival 2026: off from the 16th, worked on Saturdays the 14th and the 28th instead."""
    assert not OFFICE.is_working_day(date(2026, 2, 17))
    assert OFFICE.is_working_day(date(2026, 2, 14))
    assert not OFFICE.is_working_day(date(2026, 2, 15))
    assert added("2026-02-13 10:00", "P1D") == "2026-02-14 10:00"
    assert added("2026-02-14 10:00", "P1D") == "2026-02-24 10:00"


def test_the_company_adds_its_own_holidays_and_working_days() -> None:
    """What organisation.toml adds goes before what the country says."""
    rules = WorkingCalendar.from_config({
        "zone": "Asia/Shanghai", "holidays": "CN", "extra_holidays": ["2026-03-02/2026-03-03"],
        "extra_working_days": ["2026-02-17", date(2026, 3, 7)],
        "hours": {"monday": ["09:00-18:00"], "tuesday": ["10:00-16:00"]},
    })
    assert rules.day_hours(date(2026, 3, 2)) == ()
    assert rules.day_hours(date(2026, 3, 9)) == ((540, 1080),)
    assert rules.day_hours(date(2026, 2, 17)) == ((600, 960),)
    # a Saturday has no hours of its own
    assert rules.day_hours(date(2026, 3, 7)) == ((540, 1080),)
    assert rules.day_hours(date(2026, 3, 11)) == ()


def test_a_site_elsewhere_works_by_its_own_clock() -> None:
    """The rules are the company's, the clock is the site's."""
    there = OFFICE.in_zone("America/New_York")
    assert there.local(there.add(parse_moment("2026-03-02 09:00", "America/New_York"), parse_duration("PT1H"), "working")).hour == 10


@pytest.mark.parametrize(("raw", "key"), [
    ({"zone": "Mars/Base"}, "zone"),
    ({"zone": 8}, "zone"),
    ({"holidays": "XX"}, "holidays"),
    ({"hours": {"monday": ["9-18"]}}, "hours.monday"),
    ({"hours": {"monday": ["18:00-09:00"]}}, "hours.monday"),
    ({"hours": {"monday": ["13:00-18:00", "09:00-12:00"]}}, "hours.monday"),
    ({"hours": {"monday": ["09:00-12:00", "11:00-18:00"]}}, "hours.monday"),
    ({"hours": {"monday": ["09:00-25:00"]}}, "hours.monday"),
    ({"hours": {"monday": "09:00-18:00"}}, "hours.monday"),
    ({"hours": {"someday": ["09:00-18:00"]}}, "hours.someday"),
    ({"hours": ["09:00-18:00"]}, "hours"),
    ({"hours": {}}, "hours"),
    ({"extra_holidays": ["2026-13-01"]}, "extra_holidays"),
    ({"extra_holidays": ["2026-03-05/2026-03-01"]}, "extra_holidays"),
    ({"extra_holidays": "2026-03-05"}, "extra_holidays"),
    ({"extra_working_days": [5]}, "extra_working_days"),
    ({"holliday": "CN"}, "holliday"),
])
def test_a_calendar_that_cannot_be_used_is_refused_by_key(raw: dict[str, Any], key: str) -> None:
    """The error names the setting to mend."""
    with pytest.raises(CalendarInvalidError) as caught:
        WorkingCalendar.from_config(raw)
    assert caught.value.data["key"] == key


def test_a_calendar_of_nothing_but_holidays_says_so() -> None:
    """No endless search for a working day."""
    rules = WorkingCalendar(hours=((),) * 6 + (((0, 60),),), country="", extra_holidays=frozenset(
        date(2026, 1, 1) + timedelta(days=number) for number in range(2_000)))
    for target in ("PT1H", "P1D", "end_of_day"):
        with pytest.raises(CalendarInvalidError):
            rules.add(shanghai("2026-03-02 09:00"), parse_target(target), "working")


# ---------------------------------------------------------------- cycles

def test_cycles_and_moments_are_read() -> None:
    """A moment without an offset is meant in the company's zone."""
    cycle = parse_cycle("R3/2026-01-05T08:00:00/P1M", "Asia/Shanghai")
    assert (cycle.times, cycle.start, cycle.period.text) == (3, datetime(2026, 1, 5, 0, 0, tzinfo=UTC), "P1M")
    assert parse_cycle("R/PT1H", "Asia/Shanghai").times is None


@pytest.mark.parametrize("text", [
    "R", "R/", "Rx/PT1H", "R/PT0S", "R/-PT5M", "R/PT1H/PT1H", "PT1H", "R1/2026-01-05/P1M/P1M", "R/P1M/2026-01-05",
])
def test_what_is_no_cycle_is_refused(text: str) -> None:
    """`R/PT0S` would come for ever at once."""
    with pytest.raises(DurationInvalidError):
        parse_cycle(text, "Asia/Shanghai")


# ---------------------------------------------------------------- properties

# Hypothesis wants naive bounds
moments = st.datetimes(datetime(2025, 6, 1), datetime(2027, 6, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.timedeltas(timedelta(seconds=1), timedelta(days=20)).map(lambda length: timedelta(seconds=int(length.total_seconds()) or 1))
rules = st.sampled_from([OFFICE, BERLIN, ALWAYS_OPEN, OFFICE.in_zone("America/New_York"), WorkingCalendar(zone="Asia/Kathmandu")])
calendars: st.SearchStrategy[Any] = st.sampled_from(["always", "working"])


def texts() -> st.SearchStrategy[str]:
    """Durations as people write them."""
    numbers = st.integers(0, 40)
    return st.builds(lambda m, d, h, s: f"P{m}M{d}DT{h}H{s}S", st.integers(0, 5), numbers, numbers, st.integers(1, 90))


@given(rules, moments, texts(), calendars)
def test_a_target_is_always_later_than_its_start(rules: WorkingCalendar, start: datetime, text: str, calendar: Any) -> None:
    """Whatever the calendar, nothing is due before it began; and a target ends in working time where only that counts."""
    due = rules.add(start, parse_duration(text), calendar)
    assert due > start
    assert due.utcoffset() == timedelta(0)
    if calendar == "working":
        assert any(opens <= due <= closes for opens, closes in rules.intervals(rules.local(due).date()))


@given(rules, moments, lengths)
def test_working_time_added_is_working_time_between(rules: WorkingCalendar, start: datetime, length: timedelta) -> None:
    """Adding and measuring agree."""
    assert rules.between(start, rules.shift(start, length, "working")) == length


@given(rules, moments, lengths, lengths)
def test_working_time_adds_up(rules: WorkingCalendar, start: datetime, first: timedelta, second: timedelta) -> None:
    """In two goes as in one: what a pause needs."""
    assert rules.shift(rules.shift(start, first, "working"), second, "working") == rules.shift(start, first + second, "working")


@given(rules, moments, lengths, texts(), calendars)
def test_who_starts_later_is_never_due_earlier(rules: WorkingCalendar, start: datetime, by: timedelta, text: str, calendar: Any) -> None:
    """Targets keep the order of their starts, on days without a change of clocks."""
    duration = parse_duration(text)
    if rules.zone in ("Europe/Berlin", "America/New_York") and calendar == "always":
        return
    assert rules.add(start, duration, calendar) <= rules.add(start + by, duration, calendar)


@given(moments, lengths)
def test_where_all_time_is_working_time_working_hours_are_hours(start: datetime, length: timedelta) -> None:
    """The two calendars meet."""
    assert ALWAYS_OPEN.shift(start, length, "working") == start + length


@given(rules, moments)
def test_the_same_day_ends_on_a_working_day(rules: WorkingCalendar, start: datetime) -> None:
    """And on the very day, where it starts before its end."""
    due = rules.add(start, END_OF_DAY, "working")
    last = rules.local(due - timedelta(seconds=1)).date()
    assert rules.is_working_day(last)
    hours = rules.intervals(rules.local(start).date())
    assert (last == rules.local(start).date()) == bool(hours and start < hours[-1][1])
