"""Excel workbooks for tests, written as people fill them in: a title, a line of headings, lines of cells."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

#: a small company that goes live: two units, two tenants, a cashier, a price, what is owed and held, and where the receipts stand
COMPANY: Mapping[str, Sequence[Sequence[Any]]] = {
    "園區": [["編號", "名稱"], ["HY", "和園"]],
    "樓宇": [["園區", "編號", "名稱"], ["HY", "A", "A座"]],
    "單元": [["園區", "樓宇", "編號", "樓層", "面積（平方米）"], ["HY", "A", "A-101", 1, 86.5], ["HY", "A", "A-102", 1, 120]],
    "業戶": [
        ["編號", "名稱", "類別", "聯絡人", "電話"],
        ["T1", "明睿", "公司", "曹", "13900001037"],
        ["T2", "陳先生", "個人", None, 13600001074],
    ],
    "租期": [
        ["單元", "業戶", "入駐日期", "管理費單價（每平方米每月）"],
        ["A-101", "T1", date(2025, 3, 1), 12.5],
        ["A-102", "T2", "2024/7/15", 11],
    ],
    "人員": [["登入名", "姓名"], ["linml", "林美玲"]],
    "角色": [["登入名", "角色", "園區"], ["linml", "出納員", "HY"]],
    "價目表": [["編號", "名稱", "單位", "人工費", "材料費", "生效日期"], ["W01", "更換水龍頭", "個", 30, 65, date(2025, 1, 1)]],
    "期初餘額": [
        ["單元", "業戶", "類別", "項目", "金額", "應繳日期", "原單據編號"],
        ["A-101", None, "欠費", "管理費", 1081.25, date(2026, 1, 15), "J-9"],
        ["A-101", "T1", "押金", "裝修押金", 5000, None, "SJ-77"],
        ["A-102", None, "預收", None, 300, None, None],
    ],
    "編號": [["系列", "最後一個編號"], ["receipt", "SJ2026-000412"]],
}


def workbook(sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook with those sheets."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for line, cells in enumerate(rows):
                for position, cell in enumerate(cells):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(line, position, cell, moment)
                    elif isinstance(cell, str) and not cell.startswith("="):
                        sheet.write_string(line, position, cell)
                    else:
                        sheet.write(line, position, cell)
    return target.getvalue()


def changed(sheets: Mapping[str, Sequence[Sequence[Any]]], title: str, line: int, column: int, cell: Any) -> dict[str, list[list[Any]]]:
    """The sheets with one cell changed; lines and columns count from 0, headings included."""
    copied = {name: [list(row) for row in rows] for name, rows in sheets.items()}
    copied[title][line][column] = cell
    return copied
