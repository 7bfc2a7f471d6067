"""Workbooks to fill in: empty ones with what each column takes, and the present content in the same shape, to be edited and read."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from engine import permissions
from engine.i18n import translate
from engine.imports import kinds as all_of
from engine.imports.cases import procedures
from engine.imports.columns import YES_NO, Column, Values, written
from engine.imports.plan import GUIDES, Kind
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_KIND_NAMES = {
    "text": "文字", "integer": "整數", "decimal": "數字", "date": "日期", "moment": "日期和時間", "time": "時間", "yes_no": "是或否",
    "choice": "選項", "choices": "一個或多個選項，以頓號分開",
}
#: lines to which a list of choices is offered in a template
_OFFERED_LINES = 2_000
#: characters that Excel takes for a list of choices
_LIST_LENGTH = 250


def template(runtime: Runtime, uow: UnitOfWork, actor: Actor, locale: str, chosen: Iterable[str] = ()) -> bytes:
    """An empty workbook: the sheets of every company, and those of the procedures whose open cases are to be brought in (by key)."""
    permissions.require(actor, "import:read")
    kinds: list[Kind] = [*all_of.MASTER, *all_of.GOING_LIVE]
    keys = set(chosen)
    if keys:
        for cases in procedures(runtime, uow):
            if cases.content.own.key in keys:
                kinds += [cases, *cases.tables]
    return _write(kinds, {}, locale)


def present(runtime: Runtime, uow: UnitOfWork, actor: Actor, locale: str) -> tuple[bytes, int]:
    """The master data as they stand, and how many rows they are. Read again unchanged, the file changes nothing."""
    permissions.require(actor, "import:apply")
    content = {kind.id: list(kind.current(runtime, uow, None).values()) for kind in all_of.MASTER}
    return _write(list(all_of.MASTER), content, locale), sum(map(len, content.values()))


def _write(kinds: list[Kind], content: dict[str, list[Values]], locale: str) -> bytes:
    target = io.BytesIO()
    is_english = locale == "en"
    with xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E7EEF7", "bottom": 1, "text_wrap": True, "valign": "top"}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}), "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
            "text": book.add_format({"num_format": "@"}), "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        _guide(book, kinds, locale, formats)
        for kind in kinds:
            sheet = book.add_worksheet(kind.english if is_english else translate(locale, kind.title))
            sheet.freeze_panes(1, 1)
            sheet.set_row(0, 32)
            for position, column in enumerate(kind.columns):
                heading = column.english if is_english else translate(locale, column.title)
                sheet.write_string(0, position, f"{heading} *" if column.is_required else heading, formats["head"])
                sheet.set_column(position, position, max(12, min(40, len(heading) * 2)), formats.get(_format_of(column)))
                _offer(sheet, position, column, is_english, locale)
            for line, values in enumerate(content.get(kind.id, ()), 1):
                for position, column in enumerate(kind.columns):
                    _put(sheet, line, position, column, values.get(column.name), is_english, locale, formats)
    return target.getvalue()


def _guide(book: Any, kinds: list[Kind], locale: str, formats: dict[str, Any]) -> None:
    """The first sheet: what each column takes. It is not read."""
    is_english = locale == "en"
    sheet = book.add_worksheet(next(title for title in sorted(GUIDES) if title.isascii() == is_english))
    for position, (title, width) in enumerate((("工作表", 24), ("欄", 32), ("必填", 8), ("可填內容", 24), ("說明", 60))):
        sheet.write_string(0, position, translate(locale, title), formats["head"])
        sheet.set_column(position, position, width)
    sheet.freeze_panes(1, 0)
    line = 1
    for kind in kinds:
        for column in kind.columns:
            titles = (kind.english, column.english) if is_english else (translate(locale, kind.title), translate(locale, column.title))
            cells = [
                *titles, "*" if column.is_required else "", translate(locale, _KIND_NAMES[column.kind]), _note(column, is_english, locale),
            ]
            for position, text in enumerate(cells):
                sheet.write_string(line, position, text, formats["wrap"])
            line += 1


def _note(column: Column, is_english: bool, locale: str) -> str:
    choices = "、".join(english if is_english else translate(locale, title) for _, title, english in column.choices)
    return " · ".join(part for part in (translate(locale, column.note) if column.note else "", choices) if part)


def _offer(sheet: Any, position: int, column: Column, is_english: bool, locale: str) -> None:
    choices = YES_NO if column.kind == "yes_no" else column.choices if column.kind == "choice" else ()
    names = [english if is_english else translate(locale, title) for _, title, english in choices]
    if names and sum(len(name) + 1 for name in names) <= _LIST_LENGTH:
        sheet.data_validation(1, position, _OFFERED_LINES, position, {"validate": "list", "source": names, "ignore_blank": True})


def _format_of(column: Column) -> str:
    # a code like 00123, or a telephone number, must not become a number
    return {"date": "date", "moment": "moment", "text": "text"}.get(column.kind, "")


def _put(
    sheet: Any, line: int, position: int, column: Column, value: Any, is_english: bool, locale: str, formats: dict[str, Any],
) -> None:
    cell = written(column, value, english=is_english)
    if cell is None:
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(line, position, cell, formats["moment"])
    elif isinstance(cell, date):
        sheet.write_datetime(line, position, datetime.combine(cell, time()), formats["date"])
    elif isinstance(cell, str):
        text = translate(locale, cell) if column.kind in ("choice", "yes_no") and not is_english else cell
        sheet.write_string(line, position, text, formats["text"])
    else:
        sheet.write_number(line, position, cell)
