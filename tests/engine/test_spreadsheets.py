"""A sheet of an Excel file: what a person sees who opens it."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from engine.spreadsheets import Style, sheet, width_of


def written() -> Worksheet:
    """A sheet with one row of each kind of value, and its totals."""
    target = io.BytesIO()
    headings = ["單元", "A heading that takes more than one line in its cell", "金額", "數量", "日期", "時間"]
    styles = [Style.PLAIN, Style.PLAIN, Style.MONEY, Style.PLAIN, Style.DAY]
    with sheet(target, headings, ZoneInfo("Asia/Shanghai"), name="a/b", styles=styles) as found:
        at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        found.row(["A-1201", "=1+1", Decimal("964"), Decimal("2"), "2026-03-01", at])
        found.row(["B-0301", "很" * 100, Decimal("1.5"), Decimal("2.25"), "soon", None])
        found.total(["合計", None, Decimal("965.5"), None])
    found = load_workbook(target).active
    assert isinstance(found, Worksheet)
    return found


def test_numbers_days_and_times_are_what_they_are() -> None:
    """Money has two places, a count none; a day is a day; nothing is taken for a formula."""
    found = written()
    assert [(found[cell].value, found[cell].number_format) for cell in ("C2", "D2", "D3")] == [
        (964, "#,##0.00"), (2, "#,##0"), (2.25, "#,##0.0###"),
    ]  # fmt: skip
    assert (found["E2"].value.date(), found["E3"].value) == (date(2026, 3, 1), "soon")
    assert found["F2"].value.isoformat() == "2026-03-02T09:00:00"
    assert (found["B2"].value, found["B2"].data_type) == ("=1+1", "s")
    assert [found["A4"].value, found["C4"].value] == ["合計", 965.5]


def test_columns_are_as_wide_as_what_they_hold() -> None:
    found = written()
    width = {letter: found.column_dimensions[letter].width for letter in "ABCEF"}
    assert width["F"] > len("2026-03-02 09:00")
    assert width["E"] > len("2026-03-01")
    assert width["B"] < 60
    assert width_of("單元 A-1") == len("單元 A-1") + 2
    # the totals stand below what can be filtered
    assert (found.freeze_panes, found.auto_filter.ref, found.page_setup.orientation) == ("B2", "A1:F3", "landscape")
