"""What a sheet's columns are called and take: from a cell as Excel holds it to a plain value, or a sentence for whoever filled it in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.errors import FieldError, GuichengError
from engine.folding import fold
from engine.imports.workbook import Cell

#: what is stored and compared: text, whole number, decimal as text, `YYYY-MM-DD`, ISO moment, yes or no; None where nothing was
#: filled in; an object holds the rows of a case's tables
Value = str | int | bool | list[str] | dict[str, Any] | None
Values = dict[str, Value]
ColumnKind = Literal["text", "integer", "decimal", "date", "moment", "time", "yes_no", "choice", "choices"]
_YES = frozenset({"是", "y", "yes", "true", "1", "✓", "有"})  # not a message
_NO = frozenset({"否", "n", "no", "false", "0", "✗", "無", "无"})  # not a message
_SEPARATORS = str.maketrans("，、；;\n", ",,,,,")
YES_NO = (("yes", "是", "Yes"), ("no", "否", "No"))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `column` is its heading in the source language, empty for the row as a whole."""

    sentence: str
    data: dict[str, Any] = field(default_factory=dict)
    column: str = ""

    @staticmethod
    def of(error: GuichengError, column: str = "") -> Problem:
        """An error of a service as what is wrong with a row."""
        return Problem(error.sentence, {name: _plain(value) for name, value in error.data.items()}, column)

    @staticmethod
    def of_field(error: FieldError, column: str = "") -> Problem:
        """What a form says of one of its fields."""
        return Problem(error.sentence, {name: _plain(value) for name, value in error.data.items()}, column or str(error.data["label"]))


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a sheet."""

    name: str
    #: heading in the source language
    title: str
    english: str
    kind: ColumnKind = "text"
    is_required: bool = False
    longest: int = 200
    #: decimal places
    places: int = 2
    least: Decimal | None = None
    #: value, title, English title
    choices: tuple[tuple[str, str, str], ...] = ()
    #: what an empty cell means
    default: Value = None
    #: said in the template
    note: str = ""

    def is_called(self, heading: str) -> bool:
        """Whether a heading means this column: by either name or by the field's, width and character set apart."""
        return fold(heading.rstrip("*＊ ")) in {fold(self.title), fold(self.english), fold(self.name)}


class CellRefused(ValueError):  # noqa: N818 - it never leaves this package; it becomes a Problem
    """A cell that the column does not take."""

    def __init__(self, sentence: str, **data: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.data = sentence, data


def read_cell(column: Column, cell: Cell, zone: ZoneInfo) -> Value:
    """The value that a cell stands for. Raises CellRefused."""
    if cell is None:
        if column.is_required and column.default is None:
            raise CellRefused("請填寫「{column}」。")
        return column.default
    return _READERS[column.kind](column, cell, zone)


def written(column: Column, value: Value, *, english: bool) -> Cell:
    """A value as it goes into a cell of a workbook that is to be edited and read again."""
    if value is None:
        return None
    if column.kind == "yes_no":
        return YES_NO[0 if value else 1][2 if english else 1]
    if column.kind in ("choice", "choices"):
        titles = {code: (name_en if english else title) for code, title, name_en in column.choices}
        return "、".join(titles.get(str(each), str(each)) for each in (value if isinstance(value, list) else [value]))
    if column.kind == "decimal":
        return float(Decimal(str(value)))
    if column.kind == "date":
        return date.fromisoformat(str(value))
    if column.kind == "moment":
        return datetime.fromisoformat(str(value)).replace(tzinfo=None)
    return value if isinstance(value, int | str) else str(value)


def _text(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    if isinstance(cell, bool):
        text = YES_NO[0 if cell else 1][1]
    elif isinstance(cell, datetime):
        text = cell.isoformat(sep=" ", timespec="minutes") if cell.time() != time() else cell.date().isoformat()
    else:
        text = cell.isoformat() if isinstance(cell, date | time) else str(cell)
    if any(ord(sign) < 32 and sign not in "\n\t" for sign in text):
        raise CellRefused("「{column}」含有無法保存的字元。")
    if len(text) > column.longest:
        raise CellRefused("「{column}」最多 {limit} 個字。", limit=column.longest)
    return text


def _integer(column: Column, cell: Cell, zone: ZoneInfo) -> int:
    try:
        number = Decimal(str(cell)) if not isinstance(cell, bool) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite() or number != number.to_integral_value() or abs(number) > 10**15:
        raise CellRefused("「{column}」應為整數，不是「{value}」。", value=_short(cell))
    if column.least is not None and number < column.least:
        raise CellRefused("「{column}」不能小於 {limit}。", limit=str(column.least))
    return int(number)


def _decimal(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    try:
        number = Decimal(str(cell).replace(",", "").replace("，", "").removeprefix("¥").strip())
    except InvalidOperation as error:
        raise CellRefused("「{column}」應為數字，不是「{value}」。", value=_short(cell)) from error
    # what Excel has calculated may end in 0.30000000000000004
    rounded = round(number, column.places) if number.is_finite() and abs(number) < 10**12 else None
    if rounded is None or isinstance(cell, bool) or abs(rounded - number) > Decimal("1e-9"):
        raise CellRefused("「{column}」應為數字，最多 {places} 位小數，不是「{value}」。", places=column.places, value=_short(cell))
    if column.least is not None and rounded < column.least:
        raise CellRefused("「{column}」不能小於 {limit}。", limit=str(column.least))
    return str(rounded + 0)


def _date(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    day: date | None = None
    if isinstance(cell, datetime):
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    elif isinstance(cell, str):
        day = _written_date(cell)
    if day is None or not 1900 <= day.year <= 2200:
        raise CellRefused("「{column}」應為日期，例如 2026-11-28，不是「{value}」。", value=_short(cell))
    return day.isoformat()


def _written_date(text: str) -> date | None:
    plain = text.strip().rstrip("日").replace("年", "-").replace("月", "-").replace("/", "-").replace(".", "-")  # not a message
    try:
        year, month, day = (int(part) for part in plain.split("-"))
        return date(year, month, day)
    except ValueError:
        return None


def _moment(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    moment: datetime | None = None
    if isinstance(cell, datetime):
        moment = cell
    elif isinstance(cell, date):
        moment = datetime.combine(cell, time())
    elif isinstance(cell, str):
        day, _, clock = cell.strip().replace("T", " ").partition(" ")
        known = _written_date(day)
        try:
            moment = datetime.combine(known, time.fromisoformat(clock.strip() or "00:00")) if known else None
        except ValueError:
            moment = None
    if moment is None or not 1900 <= moment.year <= 2200:
        raise CellRefused("「{column}」應為日期和時間，例如 2026-11-28 09:30，不是「{value}」。", value=_short(cell))
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).replace(microsecond=0).isoformat()


def _time(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    try:
        clock = cell if isinstance(cell, time) else cell.time() if isinstance(cell, datetime) else time.fromisoformat(str(cell).strip())
    except ValueError as error:
        raise CellRefused("「{column}」應為時間，例如 09:30，不是「{value}」。", value=_short(cell)) from error
    return clock.strftime("%H:%M")


def _yes_no(column: Column, cell: Cell, zone: ZoneInfo) -> bool:
    if isinstance(cell, bool):
        return cell
    word = str(cell).strip().casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise CellRefused("「{column}」請填「是」或「否」，不是「{value}」。", value=_short(cell))


def _choice(column: Column, cell: Cell, zone: ZoneInfo) -> str:
    wanted = fold(str(cell))
    for value, title, english in column.choices:
        if wanted in (fold(value), fold(title), fold(english)):
            return value
    names = "、".join(title for _, title, _ in column.choices[:20])
    raise CellRefused("「{column}」沒有「{value}」，可填：{choices}。", value=_short(cell), choices=names)


def _choices(column: Column, cell: Cell, zone: ZoneInfo) -> list[str]:
    return [_choice(column, part, zone) for part in str(cell).translate(_SEPARATORS).split(",") if part.strip()]


def _short(cell: Cell) -> str:
    return str(cell)[:40]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


_READERS: dict[str, Callable[[Column, Cell, ZoneInfo], Value]] = {
    "text": _text, "integer": _integer, "decimal": _decimal, "date": _date, "moment": _moment, "time": _time, "yes_no": _yes_no,
    "choice": _choice, "choices": _choices,
}


def headings(columns: Sequence[Column], cells: Sequence[Cell]) -> tuple[dict[int, Column], list[Problem]]:
    """Which position holds which column, and what is wrong with the first line of a sheet."""
    found: dict[int, Column] = {}
    problems: list[Problem] = []
    for position, cell in enumerate(cells):
        if cell is None:
            continue
        heading = str(cell).strip()
        column = next((each for each in columns if each.is_called(heading)), None)
        if column is None:
            problems.append(Problem("沒有「{column}」這一欄，請更正標題或刪除這一欄。", {"column": heading[:60]}, heading[:60]))
        elif column in found.values():
            problems.append(Problem("「{column}」這一欄出現了兩次。", {"column": column.title}, column.title))
        else:
            found[position] = column
    missing = [each for each in columns if each.is_required and each.default is None and each not in found.values()]
    problems += [Problem("缺少「{column}」這一欄。", {"column": each.title}, each.title) for each in missing]
    return found, problems
