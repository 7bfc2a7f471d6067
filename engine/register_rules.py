"""Registers as values: reads `registers/<register>.toml` and says what is wrong with it. Pure; rows are read by `engine.queries.registers`.

The format is described in diagrams/how-to/registers.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Finding, InvalidError
from engine.forms import Field, FieldKind, Form

#: the folder inside a deployment
FOLDER = "registers"
BROKEN, UNKNOWN_PATH = "broken-register", "unknown-register-path"
#: what `case.…` may say, with its wording
CASE_WORDS = {
    "number": "編號", "title": "案件標題", "state": "狀態", "site": "管理項目", "procedure": "流程名稱",
    "started_at": "發起時間", "started_by": "發起人", "ended_at": "結束時間", "late": "有逾期",
    "parent": "所屬案件", "file_number": "檔案編號", "file_place": "存放位置",
}  # fmt: skip
ROW_WORDS = {"number": "序", "at": "登記時間", "by": "登記人"}
MONTH = "month"
_KEYS = frozenset({"title", "note", "process", "rows", "period", "unit", "roles", "clause", "summary", "column"})
_COLUMN_KEYS = frozenset({"id", "value", "title", "filter", "total", "share", "hidden"})
_ID = re.compile(r"^[a-z][a-z0-9_]{0,59}$")
_PATH = re.compile(r"^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*){1,2}$")
_NUMBERS = frozenset({FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY})
#: kinds of fields that a register shows
_SHOWN = frozenset(FieldKind) - {FieldKind.SIGNATURE, FieldKind.FILES, FieldKind.PHOTOS, FieldKind.ROWS}


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value comes from: `registration.unit` is scope `registration`, name `unit`."""

    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.scope}.{self.name}"


@dataclass(frozen=True, slots=True)
class RegisterColumn:
    """One `[[column]]`."""

    id: str
    path: Path
    #: source language; empty: the field's own
    title: str = ""
    is_filter: bool = False
    has_total: bool = False
    #: the value whose share is counted
    share: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """One register as its file states it."""

    key: str
    #: source language
    title: str
    #: processes whose cases it shows
    processes: tuple[str, ...]
    columns: tuple[RegisterColumn, ...]
    #: `case`, `<form>` or `<form>.<table>`
    rows: str = "case"
    period: Path = Path("case", "started_at")
    unit: Path | None = None
    roles: frozenset[str] = frozenset()
    clauses: tuple[str, ...] = ()
    #: `month` and ids of columns
    summary: tuple[str, ...] = ()
    note: str = ""

    def column(self, column_id: str) -> RegisterColumn | None:
        """The column by that id."""
        return next((column for column in self.columns if column.id == column_id), None)

    def messages(self) -> Iterator[str]:
        """Every source text that a person reads and that is the register's own."""
        yield from filter(None, (self.title, self.note, *(column.title for column in self.columns)))


class RegisterInvalidError(InvalidError):
    """The file is no register."""

    code = "register_invalid"
    sentence = "台帳「{register}」有 {count} 處錯誤。"

    def __init__(self, register: str, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__(register=register, count=len(findings))


def read_register(raw: bytes, key: str, own_process: str) -> Register:
    """Read one register. RegisterInvalidError carries a finding for everything that is wrong with the file itself."""
    reader = _Reader(key)
    try:
        document = tomllib.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reader.wrong("不是有效的 TOML 檔：{reason}", reason=str(error))
        raise RegisterInvalidError(key, tuple(reader.findings)) from error
    register = reader.register(document, own_process)
    if reader.findings:
        raise RegisterInvalidError(key, tuple(reader.findings))
    return register


def own_process(processes: Collection[str], folder: str = "") -> str:
    """Of several processes of a deployment the one that a register means: named like the folder, else one whose name begins all others'."""
    ordered = sorted(processes, key=lambda each: (each != folder, len(each), each))
    return ordered[0] if ordered else ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a register may name."""

    #: forms of the deployment; a form that is not among them is taken on trust
    forms: Mapping[str, Form]
    #: element ids of all processes at hand
    elements: Collection[str]
    limits: Collection[str]
    records: Collection[str]
    processes: Collection[str] | None = None
    roles: Collection[str] | None = None
    #: whether limits and records of other deployments may be meant: the register shows their processes' cases too
    is_open: bool = False


def check_register(register: Register, around: Surroundings) -> Iterator[Finding]:
    """What the register names that is not there."""
    table, columns = _row_fields(register, around)
    if table is False:
        sentence = "「{path}」不是表單的表格欄位，或沒有「index」（整張表單須有「ui:log」）。"
        yield _finding(register.key, UNKNOWN_PATH, sentence, path=register.rows)
    if around.processes is not None:
        for process in sorted(set(register.processes) - set(around.processes)):
            yield _finding(register.key, UNKNOWN_PATH, "沒有流程「{path}」。", path=process)
    if around.roles is not None:
        for role in sorted(register.roles - set(around.roles)):
            yield _finding(register.key, UNKNOWN_PATH, "沒有角色「{path}」。", path=role)
    paths = [column.path for column in register.columns] + [register.period] + ([register.unit] if register.unit else [])
    for path in dict.fromkeys(paths):
        if problem := _problem(path, register, around, columns):
            yield _finding(register.key, UNKNOWN_PATH, problem, path=str(path))
    for column in register.columns:
        found = field_of(column.path, register, around.forms)
        if column.has_total and found is not None and found.kind not in _NUMBERS:
            yield _finding(register.key, BROKEN, "欄「{column}」不是數字，不能合計。", column=column.id)


def field_of(path: Path, register: Register, forms: Mapping[str, Form]) -> Field | None:
    """The form's field (or table's column) that a path leads to; None for facts and for forms that are not at hand."""
    if path.scope == "row":
        fields = _row_fields(register, Surroundings(forms, (), (), ()))[1]
        return next((each for each in fields or () if each.name == path.name), None) if path.name not in ROW_WORDS else None
    form = forms.get(path.scope)
    return form.field(path.name) if form is not None else None


def default_title(path: Path) -> str:
    """The wording of a fact; empty for paths that need a title of their own."""
    words = {"case": CASE_WORDS, "row": ROW_WORDS}.get(path.scope, {})
    return words.get(path.name, "")


def _row_fields(register: Register, around: Surroundings) -> tuple[bool | None, tuple[Field, ...] | None]:
    """(False where `rows` is wrong, None where it is not known here; the fields of a row)."""
    if register.rows == "case":
        return True, ()
    key, _, table = register.rows.partition(".")
    form = around.forms.get(key)
    if form is None:
        return None, None
    if not table:
        return form.is_logged, form.fields
    found = form.field(table)
    is_table = found is not None and found.kind is FieldKind.ROWS and found.indexed
    return is_table, found.columns if found is not None else ()


def _problem(path: Path, register: Register, around: Surroundings, columns: tuple[Field, ...] | None) -> str:
    scope, name = path.scope, path.name
    if scope == "case":
        return "" if name in CASE_WORDS else "案件沒有「{path}」這項資料。"
    if scope == "row":
        if register.rows == "case":
            return "「{path}」要有「rows」才有意義。"
        known = columns is None or name in ROW_WORDS or any(each.name == name and each.kind in _SHOWN for each in columns)
        return "" if known else "表格沒有「{path}」這一欄。"
    if scope in ("who", "when", "times"):
        return "" if name in around.elements else "「{path}」不是流程的步驟。"
    if scope in ("limit", "minutes"):
        return "" if around.is_open or name in around.limits else "「{path}」不是時限。"
    if scope == "record":
        return "" if around.is_open or name in around.records else "「{path}」不是單據。"
    form = around.forms.get(scope)
    if form is None:
        return ""
    found = form.field(name)
    if found is None:
        return "「{path}」不是任何表單的欄位。"
    if found.kind not in _SHOWN:
        return "「{path}」這種欄位不能列在台帳裡。"
    return "" if found.indexed else "欄位「{path}」沒有「index」，台帳讀不到。"


def _finding(register: str, rule: str, sentence: str, /, **data: Any) -> Finding:
    return Finding(rule, "error", None, sentence, data, f"{FOLDER}/{register}.toml")


@dataclass(slots=True)
class _Reader:
    """Reads one file and collects what is wrong with it."""

    key: str
    findings: list[Finding] = field(default_factory=list)

    def wrong(self, sentence: str, /, **data: Any) -> None:
        self.findings.append(_finding(self.key, BROKEN, sentence, **data))

    def register(self, document: Mapping[str, Any], own: str) -> Register:
        if not _ID.match(self.key):
            self.wrong("檔名「{id}」只能用小寫英文字母、數字與底線。", id=self.key)
        for name in sorted(document.keys() - _KEYS):
            self.wrong("未知的設定「{key}」。", key=name)
        entries = document.get("column", [])
        if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
            self.wrong("須有至少一個 [[column]]。")
            entries = []
        columns = tuple(filter(None, (self._column(entry) for entry in entries)))
        ids = [column.id for column in columns]
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            self.wrong("欄的 id「{id}」重複。", id=twice)
        summary = self._texts(document, "summary")
        for unknown in sorted(set(summary) - set(ids) - {MONTH}):
            self.wrong("summary 的「{id}」不是 month，也不是欄的 id。", id=unknown)
        clause = self._text(document, "clause")
        return Register(
            key=self.key, title=self._text(document, "title", required=True), processes=self._texts(document, "process") or (own,),
            columns=columns, rows=self._text(document, "rows") or "case",
            period=self._path(document, "period") or Path("case", "started_at"), unit=self._path(document, "unit"),
            roles=frozenset(self._texts(document, "roles")), clauses=tuple(filter(None, map(str.strip, clause.split(",")))),
            summary=summary, note=self._text(document, "note"),
        )  # fmt: skip

    def _column(self, entry: Mapping[str, Any]) -> RegisterColumn | None:
        for name in sorted(entry.keys() - _COLUMN_KEYS):
            self.wrong("欄有未知的設定「{key}」。", key=name)
        column_id, path = self._text(entry, "id", required=True), self._path(entry, "value")
        if column_id and not _ID.match(column_id):
            self.wrong("欄的 id「{id}」只能用小寫英文字母、數字與底線。", id=column_id)
        if path is None:
            self.wrong("欄「{id}」的 value 應為 registration.unit 這樣的路徑。", id=column_id)
            return None
        return RegisterColumn(
            id=column_id, path=path, title=self._text(entry, "title"), is_filter=self._flag(entry, "filter"),
            has_total=self._flag(entry, "total"), share=self._text(entry, "share"), is_hidden=self._flag(entry, "hidden"),
        )  # fmt: skip

    def _path(self, entry: Mapping[str, Any], name: str) -> Path | None:
        text = self._text(entry, name)
        if not text:
            return None
        if not _PATH.match(text):
            self.wrong("「{path}」不是路徑。", path=text)
            return None
        scope, _, rest = text.partition(".")
        return Path(scope, rest)

    def _text(self, entry: Mapping[str, Any], name: str, *, required: bool = False) -> str:
        value = entry.get(name, "")
        if not isinstance(value, str) or (required and not value.strip()):
            self.wrong("「{key}」應為文字。", key=name)
            return ""
        text: str = value.strip()
        return text

    def _texts(self, entry: Mapping[str, Any], name: str) -> tuple[str, ...]:
        value = entry.get(name, [])
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) and text for text in texts):
            self.wrong("「{key}」應為文字的列表。", key=name)
            return ()
        return tuple(texts)

    def _flag(self, entry: Mapping[str, Any], name: str) -> bool:
        value = entry.get(name, False)
        if not isinstance(value, bool):
            self.wrong("「{key}」應為 true 或 false。", key=name)
            return False
        return value
