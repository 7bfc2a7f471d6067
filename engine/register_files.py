"""A register as a CSV or Excel file, written row by row: a hundred thousand rows need no more memory than a hundred."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any

from engine.errors import InvalidError
from engine.forms import FieldKind, FormTexts
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.registers import GroupRow, Reader, RegisterRow
from engine.registers import OpenRegister
from engine.spreadsheets import Style, sheet

#: rows that a sheet of Excel can hold, its heading included
SHEET_ROWS = 1_048_576
#: what a spreadsheet would take for a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_STYLES = {FieldKind.MONEY: Style.MONEY, FieldKind.DATE: Style.DAY}


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
    """One sheet with numbers as numbers and times as times, and what they come to below; says how many rows. TooManyRowsError where a
    sheet cannot hold them."""
    columns = opened.bound.columns
    styles = [_STYLES.get(column.field.kind, Style.PLAIN) if column.field is not None else Style.PLAIN for column in columns]
    with sheet(target, _headings(opened, texts), texts.zone, name=texts.of(opened.entry.title), styles=styles) as found:
        count = 0
        for row in reader.stream(uow, sort=sort):
            count += 1
            # one is the heading, one the totals
            if count >= SHEET_ROWS - 1:
                raise TooManyRowsError(limit=SHEET_ROWS)
            values, words = zip(*_cells(opened, row, texts), strict=True)
            found.row(values, words)
        if count:
            found.total(_totals(opened, reader.totals(uow), texts))
    return count


def _totals(opened: OpenRegister, totals: GroupRow, texts: FormTexts) -> list[Any]:
    found = {total.column_id: total for total in totals.totals}
    values: list[Any] = []
    for column in opened.bound.columns:
        total = found.get(column.id)
        values.append(None if total is None else total.sum if total.sum is not None else total.words)
    if values[0] is None:
        values[0] = texts.of("合計（{count}）", count=totals.count)
    return values


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
