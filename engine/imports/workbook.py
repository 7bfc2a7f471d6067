"""Reads an Excel workbook that anybody may have sent: sheets of plain values, or a sentence that says what to send instead."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson
from python_calamine import CalamineError, CalamineWorkbook

from engine.errors import InvalidError

MAX_FILE_BYTES = 20 * 2**20
#: unpacked; a workbook of the most rows that we take has a third of it
MAX_UNPACKED_BYTES = 200 * 2**20
MAX_ROWS = 20_000
MAX_COLUMNS = 200
MAX_SHEETS = 60
MAX_TEXT = 4_000
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FORMULA = re.compile(rb'<c [^>]*?r="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f[ >/]')
_CHUNK = 2**20

Cell = str | int | float | bool | date | datetime | time | None


class WorkbookRefusedError(InvalidError):
    """Expected an Excel workbook (.xlsx) of values."""

    code = "workbook_refused"


class NotAWorkbookError(WorkbookRefusedError):
    """Expected the xlsx format."""

    code = "not_a_workbook"
    sentence = "這不是 Excel 活頁簿（.xlsx）。請在 Excel 中另存為「Excel 活頁簿」後再上傳。"


class OldWorkbookError(WorkbookRefusedError):
    """Expected xlsx, found the format of before 2007, or a protected file."""

    code = "old_workbook"
    sentence = "這是舊版（.xls）或設有密碼的檔案。請另存為沒有密碼的「Excel 活頁簿（.xlsx）」後再上傳。"


class WorkbookTooLargeError(WorkbookRefusedError):
    """Expected a workbook of reasonable size."""

    code = "workbook_too_large"
    sentence = "活頁簿太大：{what}最多 {limit}。請分成幾個檔案上傳。"


class FormulaFoundError(WorkbookRefusedError):
    """Expected values only."""

    code = "formula_found"
    sentence = "工作表「{sheet}」的 {cell} 是公式。請選取全部，以「選擇性貼上－值」換成數值後再上傳。"


class MacroFoundError(WorkbookRefusedError):
    """Expected a workbook without macros."""

    code = "macro_found"
    sentence = "活頁簿含有巨集。請另存為不含巨集的「Excel 活頁簿（.xlsx）」後再上傳。"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet as it was sent."""

    title: str
    #: with the number of the line as Excel shows it; empty lines are left out
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook's values."""

    sheets: tuple[Sheet, ...]
    #: of the values, so that the same content saved again is known again
    digest: bytes


def read_workbook(raw: bytes) -> Workbook:
    """The values of a workbook. WorkbookRefusedError says what is wrong with the file and what to do."""
    if len(raw) > MAX_FILE_BYTES:
        raise WorkbookTooLargeError(what="檔案", limit=f"{MAX_FILE_BYTES // 2**20} MB")
    if raw.startswith(_OLD_EXCEL):
        raise OldWorkbookError
    if not raw.startswith(_ZIP):
        raise NotAWorkbookError
    parts = _inspect(raw)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            if len(book.sheet_names) > MAX_SHEETS:
                raise WorkbookTooLargeError(what="工作表", limit=MAX_SHEETS)
            _refuse_formulas(parts, [entry.name for entry in book.sheets_metadata])
            sheets = tuple(_sheet(book, name) for name in book.sheet_names)
    except (CalamineError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise NotAWorkbookError from error
    total = sum(len(sheet.rows) for sheet in sheets)
    if total > MAX_ROWS + len(sheets):
        raise WorkbookTooLargeError(what="資料列", limit=MAX_ROWS)
    return Workbook(sheets, _digest(sheets))


def _inspect(raw: bytes) -> list[tuple[str, list[bytes]]]:
    """Look through the archive without trusting what it says of itself: sheets' parts with the cells that hold formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if len(names) > MAX_SHEETS * 20:
                raise WorkbookTooLargeError(what="內部檔案", limit=MAX_SHEETS * 20)
            if "[Content_Types].xml" not in names or not any(name.startswith("xl/worksheets/") for name in names):
                raise NotAWorkbookError
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise MacroFoundError
            budget, found = MAX_UNPACKED_BYTES, []
            for name in names:
                formulas: list[bytes] = []
                rest = b""
                for chunk in _unpacked(archive, name):
                    budget -= len(chunk)
                    if budget < 0:
                        raise WorkbookTooLargeError(what="解壓後的內容", limit=f"{MAX_UNPACKED_BYTES // 2**20} MB")
                    if name.startswith("xl/worksheets/") and not formulas:
                        rest = rest[-4_096:] + chunk
                        formulas += _FORMULA.findall(rest)[:1]
                if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                    found.append((name, formulas))
            return found
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise NotAWorkbookError from error


def _unpacked(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    with archive.open(name) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def _refuse_formulas(parts: list[tuple[str, list[bytes]]], titles: list[str]) -> None:
    for name, formulas in parts:
        if formulas:
            number = re.search(r"sheet(\d+)\.xml$", name)
            position = int(number[1]) - 1 if number else -1
            title = titles[position] if 0 <= position < len(titles) else name.rpartition("/")[2]
            raise FormulaFoundError(sheet=title, cell=formulas[0].decode("ascii"))


def _sheet(book: CalamineWorkbook, name: str) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_width > MAX_COLUMNS:
        raise WorkbookTooLargeError(what="欄", limit=MAX_COLUMNS)
    if sheet.total_height > MAX_ROWS * 5:
        raise WorkbookTooLargeError(what="資料列", limit=MAX_ROWS)
    rows = []
    for line, row in enumerate(sheet.to_python(skip_empty_area=False), 1):
        cells = tuple(_cell(value) for value in row)
        if any(cell is not None for cell in cells):
            rows.append((line, cells))
    return Sheet(name.strip(), tuple(rows))


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value.strip()[:MAX_TEXT] or None
    if isinstance(value, timedelta):
        # a time of day, which Excel keeps as a part of a day
        return (datetime(2000, 1, 1) + value).time() if timedelta(0) <= value < timedelta(days=1) else str(value)  # noqa: DTZ001
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value if isinstance(value, int | float | bool | date | time) else None


def _digest(sheets: tuple[Sheet, ...]) -> bytes:
    body = [[sheet.title, [[cell if not isinstance(cell, date | time) else cell.isoformat() for cell in cells] for _, cells in sheet.rows]]
            for sheet in sheets]
    return hashlib.sha256(orjson.dumps(body)).digest()
