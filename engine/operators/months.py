"""A month as an operator's parameter, in the company's zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from engine.errors import InvalidError

if TYPE_CHECKING:
    from engine.runtime import Runtime

#: instead of a month: the one before this
PREVIOUS = "previous"


class MonthInvalidError(InvalidError):
    """Expected a month."""

    code = "month_invalid"
    sentence = "月份「{value}」不正確，應為 YYYY-MM。"


class ClosingDayInvalidError(InvalidError):
    """Expected a day that every month has."""

    code = "closing_day_invalid"
    sentence = "截止日「{value}」不正確，應為 1 至 28。"


def month_of(runtime: Runtime, text: str) -> tuple[datetime, datetime]:
    """Beginning and end (excluded) of `2026-11`, or of the month before this one for `previous`; MonthInvalidError."""
    return period_of(runtime, text, None)


def period_of(runtime: Runtime, text: str, closing: Any) -> tuple[datetime, datetime]:
    """The same of a month that closes on the day `closing` (1 to 28): 20 makes `2026-11` the 21st of October to the 20th of November, and
    `previous` the last that is over. None closes on the last day. MonthInvalidError, ClosingDayInvalidError.
    """
    if closing is not None and (isinstance(closing, bool) or closing not in range(1, 29)):
        raise ClosingDayInvalidError(value=str(closing)[:20])
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    if text == PREVIOUS:
        today = runtime.clock.now().astimezone(zone).date()
        first = today.replace(day=1)
        if closing is None or today.day <= closing:
            first = _month_after(first, -1)
    else:
        try:
            first = date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise MonthInvalidError(value=text[:20]) from error
    if closing is None:
        begin, end = first, _month_after(first)
    else:
        begin, end = (month.replace(day=closing) + timedelta(days=1) for month in (_month_after(first, -1), first))
    return datetime.combine(begin, time.min, zone), datetime.combine(end, time.min, zone)


def _month_after(first: date, months: int = 1) -> date:
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)
