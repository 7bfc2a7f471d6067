"""Months as lists and summaries part time: by the calendar on the wall of a place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

#: months that a summary shows at most, the latest
MOST_MONTHS = 60


def midnight(day: date, zone: ZoneInfo, *, days: int = 0) -> datetime:
    """When a day begins there, or the one that many days later."""
    at = datetime(day.year, day.month, day.day, tzinfo=zone)
    # by the calendar, not by 24 hours: clocks change
    return datetime.fromordinal(at.toordinal() + days).replace(tzinfo=zone)


def next_month(start: date) -> date:
    """The first day of the month after."""
    return date(start.year + start.month // 12, start.month % 12 + 1, 1)


def months_between(first: date, last: date) -> list[date]:
    """The first days of the months from one day to another."""
    months = [first.replace(day=1)]
    while (following := next_month(months[-1])) <= last:
        months.append(following)
    return months
