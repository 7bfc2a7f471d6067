"""Working time laid out once says the same as the calendar that it was taken from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from engine.calendars import WorkingCalendar
from engine.what_if.hours import Hours

_BEGIN = datetime(2026, 3, 2, tzinfo=UTC)


def test_hours_agree_with_the_calendar() -> None:
    """At random moments: what lies between, and when so much has passed."""
    calendar = WorkingCalendar(hours=((((9 * 60), 12 * 60), (13 * 60, 18 * 60)),) * 5 + ((), ()), country="")
    hours = Hours.of(calendar, _BEGIN, _BEGIN + timedelta(days=60))
    chance = Random(7)
    for _ in range(200):
        start = _BEGIN + timedelta(minutes=chance.randrange(20 * 1440))
        end = start + timedelta(minutes=chance.randrange(1, 9 * 1440))
        between = hours.between(start.timestamp(), end.timestamp())
        assert between == calendar.between(start, end).total_seconds()
        assert hours.after(start.timestamp(), between + 60) == calendar.shift(start, timedelta(seconds=between + 60), "working").timestamp()


def test_outside_hours_nobody_works() -> None:
    calendar = WorkingCalendar(country="")
    hours = Hours.of(calendar, _BEGIN, _BEGIN + timedelta(days=1))
    nine = calendar.midnight(_BEGIN.date()) + timedelta(hours=9)
    assert not hours.is_open((nine - timedelta(seconds=1)).timestamp())
    assert hours.is_open(nine.timestamp())
    assert not hours.is_open((nine + timedelta(hours=9)).timestamp())
