"""Headings of a list's table: those that put it in order, and how it is ordered now."""

from __future__ import annotations

from dataclasses import dataclass

from webui.language import gettext
from webui.listing.columns import OWN, Columns
from webui.listing.narrowing import Narrowing

UP, DOWN = "ascending", "descending"
_NEWEST_OR_OLDEST = (("", DOWN), ("oldest", UP))
_TITLE = (("title", UP),)
#: by list and column: the orders that its heading goes through, as (what the address says, direction)
_ORDERS: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    "todo": {"main": _TITLE, "case": (("number", UP),), "due": (("", UP),), "when": (("created", DOWN),)},
    "done": {"main": _TITLE, "due": _NEWEST_OR_OLDEST},
    "started": {"main": _TITLE, "when": _NEWEST_OR_OLDEST},
    "cases": {"main": _TITLE, "when": _NEWEST_OR_OLDEST},
    "copied": {"main": _TITLE, "when": _NEWEST_OR_OLDEST},
}
_MAIN = {"todo": "事項", "done": "事項", "started": "案件標題", "cases": "案件標題", "copied": "案件標題"}


@dataclass(frozen=True, slots=True)
class Heading:
    """One column's."""

    words: str
    #: what the address says as `sort` after a click; None: the column orders nothing
    sort: str | None = None
    #: empty: the list is ordered by something else
    direction: str = ""


def headings(list_name: str, columns: Columns, narrow: Narrowing) -> list[Heading]:
    """Of what the list shows, in order."""
    own = [(name, gettext(words)) for name, words in OWN[list_name].items() if name in columns.own]
    shown = [("main", gettext(_MAIN[list_name])), *own, *((column.name, columns.title(column)) for column in columns.shown)]
    return [_heading(words, _ORDERS[list_name].get(name, ()), narrow.sorted_by) for name, words in shown]


def _heading(words: str, orders: tuple[tuple[str, str], ...], now: str) -> Heading:
    if not orders:
        return Heading(words)
    names = [name for name, _ in orders]
    if now not in names:
        return Heading(words, names[0])
    place = names.index(now)
    return Heading(words, names[(place + 1) % len(names)], orders[place][1])
