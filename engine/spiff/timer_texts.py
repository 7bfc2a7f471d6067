"""What the text of a timer is: plain ISO 8601 (which SpiffWorkflow wants quoted), and whether it can be used.

SpiffWorkflow reads `-PT5M` as plus five minutes and lets `R/PT0S` breed; whatever is not plainly right is refused at deployment.
"""

from __future__ import annotations

import re

from engine.calendars import DurationInvalidError, parse_cycle, parse_duration, parse_moment

#: only decides whether a text can be read; nothing is computed with it
_ANY_ZONE = "UTC"
_LOOKS_ISO = re.compile(r"^[-+]?P[\dT]|^R[-+\d]*/|^\d{4}-?\d{2}-?\d{2}(T|$)|^\d{4}-?W\d{2}")


def looks_iso(text: str) -> bool:
    """Whether a timer's text is meant as plain ISO and not as an expression; it need not be right."""
    return bool(_LOOKS_ISO.match(text))


def literal(expression: str) -> str | None:
    """The text inside an expression that is one quoted string; None for every other expression."""
    text = expression.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'" and text[0] not in text[1:-1] and "\\" not in text:
        return text[1:-1].strip()
    return None


def problem(kind: str, text: str) -> str | None:
    """Why a `duration`, `date` or `cycle` timer cannot have this text; None when it can."""
    try:
        if kind == "duration":
            duration_problem_or_raise(text)
        elif kind == "date":
            parse_moment(text, _ANY_ZONE)
        else:
            duration_problem_or_raise(parse_cycle(text, _ANY_ZONE).period.text)
    except DurationInvalidError as error:
        return str(error.data.get("reason", ""))
    return None


def duration_problem_or_raise(text: str) -> None:
    """Raise DurationInvalidError unless both our calendars and SpiffWorkflow can read the duration."""
    parse_duration(text)
    date_part = text.strip().partition("T")[0]
    if "W" in date_part and len(re.findall(r"[YMWD]", date_part)) > 1:
        raise DurationInvalidError(text=text, reason="週（W）不能與年、月、日並用。")


def shows_offset(text: str) -> bool:
    """Whether a date-time says its offset; without one it would depend on the machine's zone."""
    return "T" not in text or bool(re.search(r"(Z|[+-]\d{2}:?\d{2})$", text))
