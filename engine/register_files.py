"""A register as a CSV or Excel file, written row by row: a hundred thousand rows need no more memory than a hundred."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter

from engine.errors import InvalidError
from engine.forms import FormTexts
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.registers import Reader, RegisterRow
from engine.registers import OpenRegister

#: rows that a sheet of Excel can hold, its heading included
SHEET_ROWS = 1_048_576
#: what a spreadsheet would take for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SHEET_NAME = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))


class TooManyRowsError(InvalidError):
    """More rows than a sheet of Excel holds."""

    code = "too_many_rows"
    sentence = "Excel 工作表最多 {limit} 列，請縮小期間，或改用 CSV。"


def write_csv(opened: OpenRegister, reader: Reader, uow: UnitOfWork, texts: FormTexts, target: IO[bytes], *, sort: str = "") -> int:
    """UTF-8 with the mark by which Excel knows it; says how many rows. The target is left open."""
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(_headings(opened, texts))
        count = 0
        for row in reader.stream(uow, sort=sort):
            writer.writerow([harmless(word) for word in _words(opened, row, texts)])
            count += 1
        return count
    finally:
        text.detach()


def write_xlsx(opened: OpenRegister, reader: Reader, uow: UnitOfWork, texts: FormTexts, target: IO[bytes], *, sort: str = "") -> int:
    """One sheet with numbers as numbers and times as times; says how many rows. TooManyRowsError where a sheet cannot hold them."""
    # one row at a time in memory, the rest in temporary files
    with xlsxwriter.Workbook(target, {"constant_memory": True, "remove_timezone": True}) as book:
        sheet = book.add_worksheet(texts.of(opened.entry.title).translate(_SHEET_NAME)[:31])
        bold = book.add_format({"bold": True})
        time, number = (book.add_format({"num_format": pattern}) for pattern in ("yyyy-mm-dd hh:mm", "#,##0.##"))
        sheet.freeze_panes(1, 0)
        for position, heading in enumerate(_headings(opened, texts)):
            sheet.set_column(position, position, max(12, 2 * len(heading)))
            sheet.write_string(0, position, heading, bold)
        count = 0
        for row in reader.stream(uow, sort=sort):
            count += 1
            if count >= SHEET_ROWS:
                raise TooManyRowsError(limit=SHEET_ROWS)
            for position, (value, words) in enumerate(_cells(opened, row, texts)):
                if isinstance(value, Decimal | int | float):
                    sheet.write_number(count, position, float(value), number)
                elif isinstance(value, datetime):
                    sheet.write_datetime(count, position, value.astimezone(texts.zone), time)
                elif words:
                    # never as a formula, whatever it begins with
                    sheet.write_string(count, position, words)
    return count


def _headings(opened: OpenRegister, texts: FormTexts) -> list[str]:
    return [opened.title(column, texts) for column in opened.bound.columns]


def _cells(opened: OpenRegister, row: RegisterRow, texts: FormTexts) -> Iterator[tuple[Any, str]]:
    for column in opened.bound.columns:
        value = row.values[column.id]
        yield value, opened.words(column, value, texts)


def _words(opened: OpenRegister, row: RegisterRow, texts: FormTexts) -> Iterator[str]:
    for value, words in _cells(opened, row, texts):
        yield format(value, "f") if isinstance(value, Decimal) else words


def harmless(word: str) -> str:
    """The word so that no spreadsheet takes it for a formula."""
    is_number = word[:1] == "-" and word[1:].replace(".", "", 1).isdigit()
    return f"'{word}" if word.startswith(_FORMULA) and not is_number else word
