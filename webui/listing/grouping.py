"""A list told apart by unit, role or day: groups with their counts, each opened by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from engine import list_columns
from engine.queries import list_values
from webui.display import day as day_words
from webui.display import local, role_name
from webui.language import gettext
from webui.listing.narrowing import NO_DAY
from webui.unit_of_work import current, runtime_of

#: rows that groups are counted over: the first of the list, so that a list of any length costs the same
COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Group:
    """Some rows under a heading."""

    words: str
    count: int
    #: what of the address shows its rows alone
    narrowed: dict[str, str]
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Grouped:
    """A list's groups."""

    groups: tuple[Group, ...]
    #: whether the list goes on behind what was counted
    is_capped: bool


def group(rows: Sequence[Any], by: str, case_of: Callable[[Any], int], day_of: Callable[[Any], datetime | None]) -> Grouped:
    """By `unit`, `role` or `day`; days in their order, the rest by size."""
    is_capped, rows = len(rows) > COUNTED, rows[:COUNTED]
    if by == "day":
        days = Counter(_day(day_of(row)) for row in rows)
        today = local(runtime_of().clock.now()).date()
        ordered = sorted(days.items(), key=lambda each: (each[0] is None, each[0] or date.max))
        return Grouped(tuple(_day_group(each, count, today) for each, count in ordered), is_capped)
    if by == "role":
        roles = Counter(str(row.role) for row in rows)
        return Grouped(tuple(Group(role_name(role), count, {"role": role}) for role, count in roles.most_common()), is_capped)
    known = list_values.units(current(), [case_of(row) for row in rows], list_columns.unit_fields(runtime_of(), current()))
    units = Counter(known.get(case_of(row)) for row in rows)
    groups = [Group(unit or gettext("未註明單元"), count, {"unit": unit} if unit else {}) for unit, count in units.most_common()]
    return Grouped(tuple(groups), is_capped)


def _day(moment: datetime | None) -> date | None:
    return local(moment).date() if moment is not None else None


def _day_group(day: date | None, count: int, today: date) -> Group:
    if day is None:
        return Group(gettext("沒有期限"), count, {"day": NO_DAY})
    words = day_words(datetime(day.year, day.month, day.day, 12, tzinfo=local(runtime_of().clock.now()).tzinfo))
    if day == today:
        words = gettext("今天 · {day}", day=words)
    return Group(words, count, {"day": day.isoformat()}, day < today)
