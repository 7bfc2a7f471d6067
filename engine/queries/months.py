"""Months as lists and summaries part time: by the calendar on the wall of a place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

#: months that a summary shows at most, the latest
MOST_MONTHS = 60
#: full days of the next month in which a month can still be put right: what its last night brought has been entered by then
DAYS_TO_CLOSE = 5


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


def closes_at(start: date, zone: ZoneInfo) -> datetime:
    """When the figures of the month that begins with that day are final."""
    return midnight(next_month(start), zone, days=DAYS_TO_CLOSE)


def counting_from(happened_at: datetime, entered_at: datetime, zone: ZoneInfo) -> datetime:
    """The moment by which something is counted: when it is said to have happened, unless that month was closed before it was entered."""
    month = happened_at.astimezone(zone).date().replace(day=1)
    return happened_at if entered_at < closes_at(month, zone) else entered_at


def final_from(counted_at: datetime, decided_at: datetime, zone: ZoneInfo) -> datetime:
    """When what was decided then is final. What a closed month leaves undecided is carried over into the next one."""
    month = counted_at.astimezone(zone).date().replace(day=1)
    while (closing := closes_at(month, zone)) <= decided_at:
        month = next_month(month)
    return closing
