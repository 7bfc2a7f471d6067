"""A play's figures as a file: by rule, by role and week, by procedure. Excel with a sheet each, CSV with one line a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any
from zoneinfo import ZoneInfo

import xlsxwriter

from engine.register_files import harmless
from engine.spreadsheets import Sheet
from engine.what_if.telling import Both, RoleRow, Rule, Spread, Told

RULES = ("規定", "手冊條款", "量到（現況）", "未達（現況）", "未達最少", "未達最多", "未達（改變後）", "改變後最少", "改變後最多")
ROLES = (
    "角色", "週次", "人數（現況）", "人數（改變後）", "負荷（現況）", "負荷（改變後）", "平均排隊件數（現況）", "平均排隊件數（改變後）",
)
WAITS = (
    "角色", "事項數（現況）", "平均等待小時（現況）", "九成在幾小時內（現況）", "事項數（改變後）", "平均等待小時（改變後）",
    "九成在幾小時內（改變後）",
)
PROCEDURES = ("流程", "進件（現況）", "辦結（現況）", "進件（改變後）", "辦結（改變後）")
_SHEETS = ("手冊條款", "每週負荷", "等待", "案件")


class Words:
    """How names are said in the reader's language."""

    def __init__(
        self, say: Callable[[str], str], worded: Callable[[str, int | None], str], role: Callable[[str], str],
        clauses: Callable[[Rule], str],
    ) -> None:
        self.say, self.worded, self.role, self.clauses = say, worded, role, clauses


def write(told: Told, kind: str, words: Words, zone: ZoneInfo, target: IO[bytes]) -> None:
    """`csv` or `xlsx`; the target is left open."""
    parts = [(RULES, _rules(told, words)), (ROLES, _roles(told, words)), (WAITS, _waits(told, words)), (PROCEDURES, _cases(told, words))]
    if kind == "csv":
        text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text)
        for title, (headings, rows) in zip(_SHEETS, parts, strict=True):
            writer.writerow([words.say(title)])
            writer.writerow([words.say(each) for each in headings])
            writer.writerows([["" if cell is None else harmless(str(cell)) for cell in row] for row in rows])
            writer.writerow([])
        text.detach()
        return
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        for title, (headings, rows) in zip(_SHEETS, parts, strict=True):
            page = Sheet(book, words.say(title), [words.say(each) for each in headings], zone, ())
            for row in rows:
                page.row(["" if cell is None else cell for cell in row])
            page.close()


def _rules(told: Told, words: Words) -> Iterator[Sequence[Any]]:
    for rule in told.rules:
        missed, changed = rule.missed.now, rule.missed.changed
        yield (words.worded(rule.name, rule.definition_id), words.clauses(rule), _round(rule.measured.now.median), *_three(missed),
               *_three(changed))  # fmt: skip


def _roles(told: Told, words: Words) -> Iterator[Sequence[Any]]:
    for role in told.roles:
        for week, (load, queue) in enumerate(zip(role.load, role.queue, strict=True), start=1):
            yield (words.role(role.role), week, role.people_now, _if(told, role.people_changed), *_pair(load, 3), *_pair(queue, 2))


def _waits(told: Told, words: Words) -> Iterator[Sequence[Any]]:
    for role in told.roles:
        now, changed = zip(*(_pair(each, 2) for each in (role.items, *_hours(role))), strict=True)
        yield (words.role(role.role), *now, *changed)


def _cases(told: Told, words: Words) -> Iterator[Sequence[Any]]:
    for row in told.procedures:
        now, changed = zip(_pair(row.began, 0), _pair(row.ended, 0), strict=True)
        yield (words.worded(row.name, row.definition_id), *now, *changed)


def _hours(role: RoleRow) -> tuple[Both, Both]:
    def hours(figure: Both) -> Both:
        def of(side: Any) -> Any:
            return None if side is None else type(side)(side.median / 3600, side.low / 3600, side.high / 3600)

        return Both(of(figure.now), of(figure.changed))

    return hours(role.wait), hours(role.wait_90)


def _pair(figure: Both, places: int) -> tuple[float, float | None]:
    return _round(figure.now.median, places), None if figure.changed is None else _round(figure.changed.median, places)


def _three(figure: Spread | None) -> tuple[float | None, ...]:
    return (None,) * 3 if figure is None else tuple(_round(each, 1) for each in (figure.median, figure.low, figure.high))


def _if(told: Told, value: float) -> float | None:
    return value if told.is_compared else None


def _round(value: float, places: int = 0) -> float:
    return round(value, places)
