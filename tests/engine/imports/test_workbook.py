"""Files that anybody may send: what is no plain workbook is refused with a sentence that says what to do."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time

import pytest

from engine.imports import workbook as module
from engine.imports.workbook import (
    FormulaFoundError,
    MacroFoundError,
    NotAWorkbookError,
    OldWorkbookError,
    WorkbookRefusedError,
    WorkbookTooLargeError,
    read_workbook,
)
from tests.workbooks import workbook

PLAIN = {"單元": [["編號", "面積"], ["A-1", 86.5], [], ["A-2", 120]]}


def repacked(raw: bytes, **files: bytes) -> bytes:
    """The archive with some parts put in or replaced; `__` in a name stands for `/`."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        added = {name.replace("__", "/"): body for name, body in files.items()}
        for name in old.namelist():
            if name not in added:
                new.writestr(name, old.read(name))
        for name, body in added.items():
            new.writestr(name, body)
    return target.getvalue()


def test_values_come_with_the_line_that_excel_shows() -> None:
    """Empty lines are left out and still counted; whole numbers are whole, dates and times are dates and times."""
    rows = [["a"], [], [1, 2.5, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30), time(9, 30), True, "  x "]]  # noqa: DTZ001 - as in a cell
    (sheet,) = read_workbook(workbook({"s": rows})).sheets
    assert sheet.rows[0] == (1, ("a", None, None, None, None, None, None))
    line, cells = sheet.rows[1]
    assert line == 3
    assert cells[:4] == (1, 2.5, date(2026, 3, 1), datetime(2026, 3, 1, 9, 30))  # noqa: DTZ001 - as in a cell
    assert cells[5:] == (True, "x")


def test_the_digest_is_of_the_values() -> None:
    """Saved again by another program it is the same content; one cell more and it is not."""
    first = workbook(PLAIN)
    assert read_workbook(first).digest == read_workbook(repacked(first, docProps__app_xml=b"<x/>")).digest
    assert read_workbook(first).digest != read_workbook(workbook({**PLAIN, "業戶": [["編號"]]})).digest


@pytest.mark.parametrize(("raw", "error"), [
    (b"", NotAWorkbookError),
    ("編號,名稱\nA,甲\n".encode(), NotAWorkbookError),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, OldWorkbookError),
    (b"PK\x03\x04 and nothing behind it", NotAWorkbookError),
    (repacked(workbook(PLAIN), xl__vbaProject_bin=b"x").replace(b"vbaProject_bin", b"vbaProject.bin"), MacroFoundError),
    (workbook(PLAIN)[:-80], NotAWorkbookError),
])
def test_what_is_no_workbook_is_refused(raw: bytes, error: type[WorkbookRefusedError]) -> None:
    """A CSV file renamed, the format of before 2007, macros, half a file."""
    with pytest.raises(error):
        read_workbook(raw)


def test_an_archive_of_something_else_is_refused() -> None:
    """A document of another program."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(NotAWorkbookError):
        read_workbook(target.getvalue())


def test_a_formula_is_named() -> None:
    """Its value may be of another day; the sentence says where it is and how to turn it into a value."""
    raw = workbook({"甲": [["x"], [1]], "乙": [["x"], [1], ["=A2+1"]]})
    with pytest.raises(FormulaFoundError, match="「乙」的 A3"):
        read_workbook(raw)


def test_a_bomb_is_stopped_while_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the archive says of its sizes is not trusted."""
    monkeypatch.setattr(module, "MAX_UNPACKED_BYTES", 2**20)
    with pytest.raises(WorkbookTooLargeError):
        read_workbook(repacked(workbook(PLAIN), xl__bomb=b"\0" * 2**21))


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With how many are taken."""
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    with pytest.raises(WorkbookTooLargeError, match="10"):
        read_workbook(workbook({"s": [["x"], *([number] for number in range(12))]}))
