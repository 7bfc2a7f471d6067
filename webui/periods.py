"""A period of days in an address: `since` and `until`, both included. What is no date is passed over: links grow old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date


def day_of(args: Mapping[str, str], name: str) -> date | None:
    """A day of the address."""
    try:
        day = date.fromisoformat(args.get(name, ""))
    except ValueError:
        return None
    # beyond them zones and databases lose their way
    return day if date(1970, 1, 2) <= day <= date(9990, 1, 1) else None


def id_of(args: Mapping[str, str], name: str) -> int | None:
    """An id of the address."""
    text = args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
