"""A month's pack as an Excel file: the same bytes whenever it is written, so that a closed month's file can be compared."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import xlsxwriter

#: longest name that Excel lets a sheet have, and signs that it doesn't
_SHEET_NAME, _FORBIDDEN = 31, str.maketrans("[]:*?/\\", "       ")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it is read, and as a number where it is one."""

    text: str
    number: float | None = None
    is_share: bool = False
    #: `good`, `late` or nothing
    look: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows under a heading, in the reader's language."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    #: of the limits' table what each row's limit is called in addresses
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A section."""

    title: str
    tables: tuple[Table, ...]


def workbook(parts: Sequence[Part], title: str, note: str, made_at: datetime) -> bytes:
    """A sheet a section. `made_at` is what the file says of its making."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"title": title, "created": made_at.replace(tzinfo=None)})
        bold, head = book.add_format({"bold": True}), book.add_format({"bold": True, "font_size": 13})
        over_numbers = book.add_format({"bold": True, "align": "right"})
        share, late = book.add_format({"num_format": "0.0%"}), book.add_format({"font_color": "#B3261E"})
        names: set[str] = set()
        for part in parts:
            sheet = book.add_worksheet(_name(part.title, names))
            sheet.set_column(0, 0, 36)
            sheet.set_column(1, 9, 14)
            sheet.write_string(0, 0, f"{title} · {part.title}", head)
            sheet.write_string(1, 0, note)
            line = 3
            for table in part.tables:
                sheet.write_string(line, 0, table.title, bold)
                for place, heading in enumerate(table.headings):
                    sheet.write_string(line + 1, place, heading, over_numbers if place else bold)
                line += 2
                for row in table.rows:
                    for place, cell in enumerate(row):
                        if cell.number is not None:
                            sheet.write_number(line, place, cell.number, share if cell.is_share else None)
                        else:
                            sheet.write_string(line, place, cell.text, late if cell.look == "late" else None)
                    line += 1
                line += 1
        if not parts:
            book.add_worksheet(_name(title, names)).write_string(0, 0, title, head)
    return target.getvalue()


def _name(title: str, taken: set[str]) -> str:
    base = title.translate(_FORBIDDEN).strip()[:_SHEET_NAME] or "-"
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base[: _SHEET_NAME - 3]} {number}", number + 1
    taken.add(name.lower())
    return name
