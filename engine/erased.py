"""What stands where a personal value was, once it is erased by rule: one sentence in the data, told in the reader's language. Pure."""

from __future__ import annotations

import re
from datetime import date

#: as a page says it, source language
SENTENCE = "（已按保存規則於 {date} 刪除）"
#: with which every mark begins
SIGN = SENTENCE[:5]
_MARK = re.compile(r"（已按保存規則於 (\d{4}-\d\d-\d\d) 刪除）")  # not a message


def mark(day: date) -> str:
    """What replaces a value that was erased on that day."""
    return SENTENCE.format(date=day.isoformat())


def erased_on(value: object) -> str | None:
    """The day on which what stood here was erased; None for anything else."""
    found = _MARK.fullmatch(value) if isinstance(value, str) else None
    return found.group(1) if found else None


def days_in(text: str) -> list[str]:
    """The days of all marks inside a text, in order."""
    return _MARK.findall(text)


def unmarked(text: str) -> list[str]:
    """What of a text is no mark, between the marks: one part more than there are marks."""
    return _MARK.split(text)[::2]
