"""A month as an operator's parameter, in the company's zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
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


def month_of(runtime: Runtime, text: str) -> tuple[datetime, datetime]:
    """Beginning and end (excluded) of `2026-11`, or of the month before this one for `previous`; MonthInvalidError."""
    zone = ZoneInfo(runtime.organisation.calendar.zone)
    if text == PREVIOUS:
        today = runtime.clock.now().astimezone(zone).date()
        first = date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    else:
        try:
            first = date.fromisoformat(f"{text}-01")
        except ValueError as error:
            raise MonthInvalidError(value=text[:20]) from error
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return datetime(first.year, first.month, 1, tzinfo=zone), datetime(following.year, following.month, 1, tzinfo=zone)
