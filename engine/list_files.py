"""A list as a CSV or Excel file, written row by row, and the note of who took it out of the house."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from engine.errors import InvalidError
from engine.model import Actor
from engine.persistence.tables import list_export
from engine.persistence.unit_of_work import UnitOfWork
from engine.register_files import harmless
from engine.runtime import Runtime
from engine.spreadsheets import sheet

#: rows of one file
MOST_ROWS = 100_000


class ListTooLongError(InvalidError):
    """Expected fewer rows."""

    code = "list_too_long"
    sentence = "一次最多匯出 {most} 列，請加上篩選條件後再匯出。"


def write(kind: str, headings: Sequence[str], rows: Iterable[Sequence[Any]], zone: ZoneInfo, target: IO[bytes]) -> int:
    """`csv` or `xlsx`; says how many rows. ListTooLongError beyond MOST_ROWS, and then the target is to be thrown away."""
    return _write_csv(headings, rows, zone, target) if kind == "csv" else _write_xlsx(headings, rows, zone, target)


def note(runtime: Runtime, uow: UnitOfWork, actor: Actor, list_name: str, query: str, kind: str, row_count: int) -> None:
    """Keep on record who exported what."""
    values = {"user_id": actor.user_id, "list": list_name, "query": query[:2000], "kind": kind, "row_count": row_count}
    uow.writing.execute(insert(list_export).values(**values, at=runtime.clock.now()))


def _write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]], zone: ZoneInfo, target: IO[bytes]) -> int:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(headings)
        count = 0
        for row in rows:
            count = _counted(count)
            writer.writerow([_plain(value, zone) for value in row])
        return count
    finally:
        text.detach()


def _write_xlsx(headings: Sequence[str], rows: Iterable[Sequence[Any]], zone: ZoneInfo, target: IO[bytes]) -> int:
    with sheet(target, headings, zone) as found:
        count = 0
        for row in rows:
            count = _counted(count)
            found.row(row)
    return count


def _counted(count: int) -> int:
    if count >= MOST_ROWS:
        raise ListTooLongError(most=MOST_ROWS)
    return count + 1


def _plain(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else harmless(str(value))
