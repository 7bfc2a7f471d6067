"""One sheet of an Excel file, written row by row: numbers, days and times as such, columns as wide as what they hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter

_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
#: characters; a longer heading runs over several lines, a longer text is cut at the cell's edge
_NARROWEST, _HEADING, _WIDEST = 8, 20, 48
_TIME, _DAY = 17, 12


class Style(Enum):
    """How a number or a day of a column reads."""

    #: as many places as it has
    PLAIN = "plain"
    #: two places
    MONEY = "money"
    #: a date in the form of text
    DAY = "day"


class Sheet:
    """Rows are given from the first to the last; what was written is not kept in memory."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, headings: Sequence[str], zone: ZoneInfo, styles: Sequence[Style]) -> None:
        self._sheet = book.add_worksheet(name.translate(_NAME)[:31] or None)
        self._zone, self._styles, self._count = zone, styles, 0
        self._heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EEF1F2"})
        patterns = {"time": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "whole": "#,##0", "broken": "#,##0.0###", "money": "#,##0.00"}
        self._formats = {name: book.add_format({"num_format": pattern}) for name, pattern in patterns.items()}
        total = {"bold": True, "top": 1}
        self._totals = {name: book.add_format({"num_format": pattern, **total}) for name, pattern in patterns.items()}
        self._totals["text"] = book.add_format(total)
        self._widths = [max(_NARROWEST, min(_HEADING, width_of(heading) + 2)) for heading in headings]
        self._sheet.freeze_panes(1, 1)
        self._sheet.repeat_rows(0)
        self._sheet.set_landscape()
        self._sheet.set_paper(9)
        self._sheet.fit_to_pages(1, 0)
        for position, heading in enumerate(headings):
            self._sheet.write_string(0, position, heading, self._heading)

    def row(self, values: Sequence[Any], words: Sequence[str] | None = None) -> None:
        """One row; `words` are what is written of a value that is neither number nor time."""
        self._count += 1
        for position, value in enumerate(values):
            self._cell(self._count, position, value, str(value or "") if words is None else words[position], self._formats)

    def total(self, values: Sequence[Any]) -> None:
        """The last row: what the columns come to."""
        for position, value in enumerate(values):
            if not self._cell(self._count + 1, position, value, str(value or ""), self._totals):
                self._sheet.write_blank(self._count + 1, position, None, self._totals["text"])

    def close(self) -> None:
        """Set what is known when the last row is."""
        self._sheet.autofilter(0, 0, self._count, len(self._widths) - 1)
        for position, width in enumerate(self._widths):
            self._sheet.set_column(position, position, width)

    def _cell(self, row: int, position: int, value: Any, words: str, formats: dict[str, Any]) -> bool:
        style = self._styles[position] if position < len(self._styles) else Style.PLAIN
        width = min(_WIDEST, width_of(words) + 2)
        if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
            kind = "money" if style is Style.MONEY else "whole" if value == int(value) else "broken"
            self._sheet.write_number(row, position, float(value), formats[kind])
            width = max(width, len(f"{value:,.2f}") + 2)
        elif isinstance(value, datetime):
            self._sheet.write_datetime(row, position, value.astimezone(self._zone), formats["time"])
            width = _TIME
        elif style is Style.DAY and (day := _day(value)) is not None:
            self._sheet.write_datetime(row, position, day, formats["day"])
            width = _DAY
        elif words:
            # never as a formula, whatever it begins with
            self._sheet.write_string(row, position, words, formats.get("text"))
        else:
            return False
        self._widths[position] = max(self._widths[position], width)
        return True


@contextmanager
def sheet(
    target: IO[bytes], headings: Sequence[str], zone: ZoneInfo, *, name: str = "", styles: Sequence[Style] = (),
) -> Iterator[Sheet]:
    """A workbook of one sheet, written to `target` when the block ends. `styles` by column; those not given are plain."""
    # one row at a time in memory, the rest in temporary files
    with xlsxwriter.Workbook(target, {"constant_memory": True, "remove_timezone": True}) as book:
        found = Sheet(book, name, headings, zone, styles)
        yield found
        found.close()


def width_of(words: str) -> int:
    """How many Latin characters wide a text is: a Chinese one counts twice."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in words)


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
