"""The dispatcher's board of a procedure as values: reads `board.toml` and says what is wrong with it. Pure.

Cards are read by `engine.queries.board`.

The format is described in diagrams/how-to/board.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding, InvalidError
from engine.forms import FieldKind, Form
from engine.forms.model import is_empty

#: the file inside a deployment
FILE = "board.toml"
BROKEN = "broken-board"
_KEYS = frozenset({"title", "roles", "unit", "class", "worker_role", "where", "limits", "assign", "column"})
_ASSIGN_KEYS = frozenset({"element", "field", "again"})
_COLUMN_KEYS = frozenset({"id", "title", "elements"})
_ID = re.compile(r"^[a-z][a-z0-9_]{0,59}$")


@dataclass(frozen=True, slots=True)
class BoardColumn:
    """One `[[column]]`: a state of the work."""

    id: str
    #: source language
    title: str
    #: (process, element) of the work items that stand in it
    elements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Assigning:
    """How work is given to somebody: by completing an element whose form names the person."""

    element: str
    #: of its form, of the kind `person`
    field: str
    #: elements after it from which the case goes back to it when another person is to do the work
    again: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """A board as its file states it."""

    process_key: str
    #: source language
    title: str
    columns: tuple[BoardColumn, ...]
    #: role of those who do the work
    worker_role: str
    assigning: Assigning
    #: who may open it
    roles: frozenset[str] = frozenset()
    #: indexed field that names the unit, `form.field`; empty without one
    unit: str = ""
    #: indexed choice by which cards are told apart
    card_class: str = ""
    #: ids of limits whose clocks cards show, as limits.toml has them
    limits: tuple[str, ...] = ()
    #: (process, element) whose completion says that the worker is at the unit
    where: tuple[tuple[str, str], ...] = ()

    @property
    def limit_ids(self) -> tuple[str, ...]:
        """`process.limit` of its limits, in whichever of the processes that it shows they start."""
        processes = dict.fromkeys([self.process_key, *(process for column in self.columns for process, _ in column.elements)])
        return tuple(f"{process}.{limit}" for limit in self.limits for process in processes)

    def column(self, column_id: str) -> BoardColumn | None:
        """The column by that id."""
        return next((column for column in self.columns if column.id == column_id), None)

    def messages(self) -> Iterator[str]:
        """Every source text that a person reads."""
        yield from (self.title, *(column.title for column in self.columns))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a board may name."""

    #: by process: element ids
    elements: Mapping[str, Collection[str]]
    #: of the board's own process: element → form key
    element_forms: Mapping[str, str | None]
    forms: Mapping[str, Form]
    limits: Collection[str]
    #: None: roles are not known here
    roles: Collection[str] | None = None


class BoardInvalidError(InvalidError):
    """The file is no board."""

    code = "board_invalid"
    sentence = "board.toml 有 {count} 處錯誤。"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(count=len(findings))


def read_board(raw: bytes, process_key: str) -> Board:
    """Read a procedure's board.toml. BoardInvalidError carries a finding for everything that is wrong with the file itself."""
    reader = _Reader(process_key)
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BoardInvalidError((_finding("不是有效的 TOML 檔：{reason}", reason=str(error)),)) from error
    board = reader.board(document)
    if reader.findings:
        raise BoardInvalidError(tuple(reader.findings))
    return board


def check_board(board: Board, around: Surroundings) -> Iterator[Finding]:
    """What the board names that is not there, and whether its assignment can be made without further questions."""
    own = around.elements.get(board.process_key, ())
    named = [pair for column in board.columns for pair in column.elements]
    named += [*board.where, *((board.process_key, each) for each in (board.assigning.element, *board.assigning.again))]
    for process, element in dict.fromkeys(named):
        if element not in (own if process == board.process_key else around.elements.get(process, ())):
            yield _finding("「{path}」不是流程的步驟。", path=element if process == board.process_key else f"{process}/{element}")
    for limit in sorted(set(board.limits) - set(around.limits)):
        yield _finding("「{path}」不是時限。", path=limit)
    for role in sorted({*board.roles, board.worker_role} - set(around.roles)) if around.roles is not None else ():
        yield _finding("沒有角色「{path}」。", path=role)
    for path in filter(None, (board.unit, board.card_class)):
        yield from _check_field(path, around.forms, is_choice=path == board.card_class)
    yield from _check_assigning(board.assigning, around)


def _check_field(path: str, forms: Mapping[str, Form], *, is_choice: bool) -> Iterator[Finding]:
    key, _, name = path.partition(".")
    found = forms[key].field(name) if key in forms else None
    if found is None or not found.indexed:
        yield _finding("「{path}」不是任何表單的欄位，或沒有「index」。", path=path)
    elif is_choice and not found.choices:
        yield _finding("「{path}」不是選項，不能作為類別。", path=path)


def _check_assigning(assigning: Assigning, around: Surroundings) -> Iterator[Finding]:
    form = around.forms.get(around.element_forms.get(assigning.element) or "")
    found = form.field(assigning.field) if form is not None else None
    if form is None or found is None or found.kind is not FieldKind.PERSON:
        yield _finding("assign 的「{path}」不是該步驟表單的人員欄位。", path=assigning.field)
        return
    for each in form.fields:
        is_answered = each.prefill or not is_empty(each.default) or each.compute
        if each.required and each.name != assigning.field and not is_answered:
            yield _finding("看板不能代填必填欄位「{path}」：請給預設值。", path=each.name)


def _finding(sentence: str, /, **data: Any) -> Finding:
    return Finding(BROKEN, "error", None, sentence, data, FILE)


@dataclass(slots=True)
class _Reader:
    """Reads the file and collects what is wrong with it."""

    process_key: str
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, sentence: str, /, **data: Any) -> None:
        self.findings.append(_finding(sentence, **data))

    def board(self, document: Mapping[str, Any]) -> Board:
        self._known(document, _KEYS)
        entries = document.get("column", [])
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            self.wrong("須有至少一個 [[column]]。")
            entries = []
        columns = tuple(self._column(entry) for entry in entries)
        ids = [column.id for column in columns]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            self.wrong("欄的 id「{id}」重複。", id=twice)
        return Board(
            process_key=self.process_key, title=self._text(document, "title", required=True), columns=columns,
            worker_role=self._text(document, "worker_role", required=True), assigning=self._assigning(document.get("assign")),
            roles=frozenset(self._texts(document, "roles", required=True)), unit=self._text(document, "unit"),
            card_class=self._text(document, "class"), where=self._elements(document, "where"),
            limits=self._texts(document, "limits"),
        )  # fmt: skip

    def _assigning(self, entry: Any) -> Assigning:
        if not isinstance(entry, dict):
            self.wrong("缺少 [assign]。")
            return Assigning("", "")
        self._known(entry, _ASSIGN_KEYS)
        again = frozenset(self._texts(entry, "again"))
        return Assigning(self._text(entry, "element", required=True), self._text(entry, "field", required=True), again)

    def _column(self, entry: Mapping[str, Any]) -> BoardColumn:
        self._known(entry, _COLUMN_KEYS)
        column_id = self._text(entry, "id", required=True)
        if column_id and not _ID.match(column_id):
            self.wrong("欄的 id「{id}」只能用小寫英文字母、數字與底線。", id=column_id)
        return BoardColumn(column_id, self._text(entry, "title", required=True), self._elements(entry, "elements", required=True))

    def _elements(self, entry: Mapping[str, Any], name: str, *, required: bool = False) -> tuple[tuple[str, str], ...]:
        parts = (each.rpartition("/") for each in self._texts(entry, name, required=required))
        return tuple((process or self.process_key, element) for process, _, element in parts)

    def _known(self, entry: Mapping[str, Any], keys: Collection[str]) -> None:
        for name in sorted(entry.keys() - keys):
            self.wrong("未知的設定「{key}」。", key=name)

    def _text(self, entry: Mapping[str, Any], name: str, *, required: bool = False) -> str:
        value = entry.get(name, "")
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong("「{key}」應為文字。", key=name)
            return ""
        text: str = value.strip()
        return text

    def _texts(self, entry: Mapping[str, Any], name: str, *, required: bool = False) -> tuple[str, ...]:
        value = entry.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value) or (required and not value):
            self.wrong("「{key}」應為文字的列表。", key=name)
            return ()
        return tuple(value)
