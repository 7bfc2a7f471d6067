"""What a workbook would change, row by row: what is new, what changes from what to what, what stands already, what is refused and why."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from engine.folding import fold
from engine.imports.columns import CellRefused, Column, Problem, Values, headings, read_cell
from engine.imports.workbook import Sheet
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

#: a sheet for people, which is not read
GUIDES = frozenset({"說明", "Guide"})
Key = tuple[Any, ...]


class Action(StrEnum):
    """What a row would do."""

    NEW = "new"
    CHANGED = "changed"
    #: it stands like that already
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class PlannedRow:
    """One row of a workbook."""

    sheet: str
    line: int
    kind: str
    key: str
    label: str
    action: Action
    payload: dict[str, Any] = field(default_factory=dict)
    #: field → before, after
    changes: dict[str, list[Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    amount: Decimal | None = None
    #: rows that are carried out with this one, and stand or fall with it
    parts: list[PlannedRow] = field(default_factory=list)

    def spread(self) -> None:
        """Let the parts do what the row does."""
        for part in self.parts:
            part.action = self.action
            if self.action is Action.REFUSED and not part.problems:
                part.problems.append(Problem("所屬的「{label}」有錯誤，一併不匯入。", {"label": self.label}))


class Book:
    """What stands in the store, with what the workbook's earlier rows would add to it."""

    def __init__(self, runtime: Runtime, uow: UnitOfWork, kinds: Sequence[Kind]) -> None:
        self.runtime, self.uow = runtime, uow
        self.zone = ZoneInfo(runtime.organisation.calendar.zone)
        self._kinds = {kind.id: kind for kind in kinds}
        self._known: dict[str, dict[Key, Values]] = {}
        #: rows of tables until their case comes: (kind of case, number) → source, values, row
        self.waiting: dict[tuple[str, str], list[tuple[str, Values, PlannedRow]]] = {}

    def known(self, kind_id: str) -> dict[Key, Values]:
        """Everything of a kind, by its key."""
        if kind_id not in self._known:
            self._known[kind_id] = self._kinds[kind_id].current(self.runtime, self.uow, None)
        return self._known[kind_id]

    def has(self, kind_id: str, *key: Any) -> bool:
        """Whether there is such a thing, or will be."""
        return key in self.known(kind_id)


class Kind(ABC):
    """A kind of sheet: its columns, how its rows compare with what stands, and how one is carried out."""

    #: `unit`, `tenant`, `opening` …
    id: str
    #: title of the sheet, source language and English
    title: str
    english: str
    columns: tuple[Column, ...]
    #: columns that tell one row from another
    key: tuple[str, ...]
    #: whether what stands may not be changed by an import
    is_fixed: bool = False

    @abstractmethod
    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        """What stands in the store by its key: all of it, or of some keys."""

    @abstractmethod
    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int | None:
        """Carry a row out: make it where `before` is None, else change it. Returns the id of what it made or changed."""

    def check(self, book: Book, values: Values, before: Values | None) -> Iterator[Problem]:
        """What is wrong with a row besides its cells."""
        yield from ()

    def complete(self, book: Book, values: Values) -> Iterator[Problem]:
        """Work out what follows from the cells, before rows are compared; also what is wrong with that."""
        yield from ()

    def label(self, values: Values) -> str:
        """What people call it."""
        return " · ".join(str(values[name]) for name in self.key if values.get(name) is not None)

    def amount(self, values: Values) -> Decimal | None:
        """What the row adds to the sum of its kind."""
        return None

    def group(self, values: Values) -> str:
        """Under which line of the reconciliation it is counted, source language; empty for the kind as a whole."""
        return ""

    def fixed(self, before: Values) -> Problem:
        """Why what stands may not be changed here."""
        return Problem("「{label}」已經匯入過，內容不同。", {"label": self.label(before)})

    def is_titled(self, title: str) -> bool:
        """Whether a sheet of that title holds this kind."""
        return fold(title) in {fold(self.title), fold(self.english), fold(self.id)}

    def key_of(self, values: Values) -> Key:
        """What tells the row from others."""
        return tuple(values.get(name) for name in self.key)

    # ------------------------------------------------------------ planning

    def plan(self, book: Book, sheet: Sheet) -> Iterator[PlannedRow]:
        """Every row of a sheet."""
        columns, wrong = headings(self.columns, sheet.rows[0][1] if sheet.rows else ())
        if wrong:
            line = sheet.rows[0][0] if sheet.rows else 0
            yield PlannedRow(sheet.title, line, self.id, "", sheet.title, Action.REFUSED, problems=wrong)
            return
        seen: dict[Key, int] = {}
        for line, cells in sheet.rows[1:]:
            values, problems = self.read(book, columns, cells)
            if not problems:
                problems += self.complete(book, values)
            yield self.compare(book, sheet.title, line, values, problems, seen, {column.name for column in columns.values()})

    def read(self, book: Book, columns: dict[int, Column], cells: Sequence[Any]) -> tuple[Values, list[Problem]]:
        """The values of one line; a column that the sheet does not have is left out."""
        values: Values = {}
        problems: list[Problem] = []
        for position, column in columns.items():
            try:
                values[column.name] = read_cell(column, cells[position] if position < len(cells) else None, book.zone)
            except CellRefused as refused:
                problems.append(Problem(refused.sentence, {"column": column.title, **refused.data}, column.title))
        return values, problems

    def compare(
        self, book: Book, sheet: str, line: int, values: Values, problems: list[Problem], seen: dict[Key, int], given: Collection[str],
    ) -> PlannedRow:
        """A row beside what stands."""
        key = self.key_of(values)
        before = book.known(self.id).get(key)
        after = {column.name: values.get(column.name, column.default) for column in self.columns}
        after |= {name: value for name, value in values.items() if name not in after}
        if before is not None:
            # what the sheet does not speak of stays as it is
            after |= {name: value for name, value in before.items() if name not in given and name not in values}
        row = PlannedRow(sheet, line, self.id, packed_key(key), self.label(after)[:200], Action.REFUSED, after, problems=problems)
        if key in seen:
            row.problems.append(Problem("與第 {line} 列重複。", {"line": seen[key]}))
        if not row.problems:
            row.problems += self.check(book, after, before)
        changes = differences(before, after)
        if not row.problems and before is not None and changes and self.is_fixed:
            row.problems.append(self.fixed(before))
        if None not in key[:1]:
            # a row that is refused is still there for those that point to it: one sentence is enough
            seen.setdefault(key, line)
            book.known(self.id).setdefault(key, after)
        if row.problems:
            return row
        row.action = Action.NEW if before is None else Action.CHANGED if changes else Action.UNCHANGED
        row.changes = changes if before is not None else {}
        row.amount = self.amount(after)
        book.known(self.id)[key] = after
        return row


@dataclass(frozen=True, slots=True)
class Origin:
    """Which row of which import something comes from."""

    import_id: int
    name: str
    sheet: str
    line: int

    @property
    def text(self) -> str:
        """For notes and histories."""
        return f"{self.name[:80]} · {self.sheet} {self.line}"


def differences(before: Values | None, after: Values) -> dict[str, list[Any]]:
    """Field → before and after, of what would change."""
    if before is None:
        return {}
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}


def packed_key(key: Key) -> str:
    """A key as it is stored and looked up."""
    return orjson.dumps(list(key)).decode()[:400]


def plan_sheets(book: Book, kinds: Sequence[Kind], sheets: Sequence[Sheet], tell: Callable[[int, int], None]) -> list[PlannedRow]:
    """Every row of a workbook, in the order in which kinds build on one another. A sheet that nobody knows is refused, not passed over."""
    chosen: dict[str, tuple[Kind, Sheet]] = {}
    rows: list[PlannedRow] = []
    for sheet in sheets:
        if sheet.title in GUIDES or not sheet.rows:
            continue
        kind = next((each for each in kinds if each.is_titled(sheet.title)), None)
        problem = Problem("沒有「{sheet}」這種工作表。請使用範本的工作表名稱，或刪除這張工作表。", {"sheet": sheet.title[:40]})
        if kind is not None and kind.id in chosen:
            problem = Problem("「{sheet}」與另一張工作表是同一種資料，請合併。", {"sheet": sheet.title[:40]})
        if kind is None or kind.id in chosen:
            rows.append(PlannedRow(sheet.title[:60], 0, "", "", sheet.title[:200], Action.REFUSED, problems=[problem]))
        else:
            chosen[kind.id] = (kind, sheet)
    total = sum(len(sheet.rows) - 1 for _, sheet in chosen.values())
    done = 0
    for kind in kinds:
        if kind.id in chosen:
            for row in kind.plan(book, chosen[kind.id][1]):
                rows.append(row)
                done += 1
                tell(done, total)
    for (_, number), parts in book.waiting.items():
        for _, _, row in parts:
            row.action = Action.REFUSED
            row.problems.append(Problem("案件工作表中沒有編號「{number}」。", {"number": number}, "案件編號"))
    return rows
