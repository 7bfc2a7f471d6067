"""Sheets of cases that stand open on paper, one a procedure, and of the rows of their tables. Written for no procedure in particular."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select

from engine import definitions, paper_cases
from engine.content import InstanceContent
from engine.errors import ConflictError, FormInvalidError, InvalidError, NotFoundError
from engine.forms import Field, FieldKind, Form
from engine.i18n import read_catalogue
from engine.imports import keeping
from engine.imports.columns import CellRefused, Column, ColumnKind, Problem, Values, read_cell
from engine.imports.plan import Action, Book, Key, Kind, Origin, PlannedRow, packed_key
from engine.imports.workbook import MAX_COLUMNS
from engine.model import Actor
from engine.paper_cases import PaperCase
from engine.persistence.tables import import_row, instance, site
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime

_NOT_IN_A_CELL = frozenset({FieldKind.PHOTOS, FieldKind.FILES, FieldKind.SIGNATURE})
_COLUMN_KINDS: Mapping[FieldKind, ColumnKind] = {
    FieldKind.NUMBER: "decimal", FieldKind.INTEGER: "integer", FieldKind.MONEY: "decimal", FieldKind.DATE: "date", FieldKind.TIME: "time",
    FieldKind.DATE_TIME: "moment", FieldKind.CHOICE: "choice", FieldKind.CHOICES: "choices", FieldKind.YES_NO: "yes_no",
}
#: how long a title Excel takes
_TITLE = 31
_NUMBER = Column("number", "案件編號", "Case number", is_required=True, longest=40, note="紙上的編號")
_FIXED = (
    _NUMBER,
    Column("step", "目前步驟", "Present step", is_required=True, longest=300, note="步驟名稱或代號"),
    Column("started_at", "開始時間", "Started at", "moment", is_required=True),
    Column("since", "進入目前步驟時間", "At this step since", "moment", note="留空表示與開始時間相同"),
    Column("site", "園區", "Site", longest=20, note="園區編號；填了單元可留空"),
    Column("done", "已辦步驟", "Steps done", longest=4_000, note="每行一步：步驟=2026-11-01 09:30，時限由此起算"),
)


class Cases(Kind):
    """Open cases of one procedure."""

    key = ("number",)
    is_fixed = True

    def __init__(self, content: InstanceContent) -> None:
        own = content.own
        self.content = content
        self.id = f"case.{own.key}"
        self._english = _catalogue(content)
        self.title = _cut(f"案件 {own.name}")
        self.english = _cut(f"Cases {self._english.get(own.name, own.name)}")
        self.forms = _forms(content)
        self.columns = (*_FIXED, *self._form_columns())[:MAX_COLUMNS]
        self.tables = self._tables()

    def _form_columns(self) -> Iterator[Column]:
        for form in self.forms.values():
            for field in form.fields:
                if field.kind not in _NOT_IN_A_CELL and field.kind is not FieldKind.ROWS:
                    yield self._column(f"{form.key}.{field.name}", field, f"{form.title}：", f"{self._en(form.title)}: ")

    def _column(self, name: str, field: Field, before: str = "", before_english: str = "") -> Column:
        return Column(
            name, before + field.title, before_english + self._en(field.title), _COLUMN_KINDS.get(field.kind, "text"),
            longest=4_000, places=2 if field.kind is FieldKind.MONEY else 4,
            choices=tuple((choice.value, choice.title, self._en(choice.title)) for choice in field.choices),
        )

    def _tables(self) -> tuple[Rows, ...]:
        made: list[Rows] = []
        for form in self.forms.values():
            for field in form.fields:
                if field.kind is FieldKind.ROWS:
                    columns = tuple(self._column(each.name, each) for each in field.columns if each.kind not in _NOT_IN_A_CELL)
                    number = sum(1 for table in made if table.field.title == field.title) + 1
                    suffix = "" if number == 1 else f" {number}"
                    own = self.content.own.name
                    title = f"明細 {own} {field.title}{suffix}"
                    english = f"Rows {self._en(own)} {self._en(field.title)}{suffix}"
                    made.append(Rows(self.id, form, field, (_NUMBER, *columns), title, english))
        return tuple(made)

    def _en(self, text: str) -> str:
        return self._english.get(text) or text

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        taken = select(instance.c.business_key).where(instance.c.business_key.is_not(None))
        brought = select(import_row.c.payload).where(import_row.c.kind == self.id, import_row.c.state == "applied")
        if keys is not None:
            taken = taken.where(instance.c.business_key.in_([number for (number,) in keys]))
            brought = brought.where(import_row.c.key.in_([packed_key(key) for key in keys]))
        found: dict[Key, Values] = {(number,): {"number": number} for number in uow.reading.execute(taken).scalars()}
        for payload in uow.reading.execute(brought).scalars():
            values = orjson.loads(payload)
            if (values["number"],) in found:
                found[values["number"],] = values
        return found

    def fixed(self, before: Values) -> Problem:
        return Problem("案件編號「{number}」已經存在。", {"number": before["number"]}, "案件編號")

    def complete(self, book: Book, values: Values) -> Iterator[Problem]:
        values["since"] = values.get("since") or values["started_at"]
        lines: dict[str, list[Values]] = {}
        for source, told, _ in book.waiting.get((self.id, str(values["number"])), ()):
            lines.setdefault(source, []).append(told)
        if lines:
            values["_rows"] = lines
        for line in str(values.get("done") or "").splitlines():
            step, _, moment = line.rpartition("=")
            try:
                if line.strip():
                    read_cell(_FIXED[2], moment.strip() or None, book.zone)
                    self._known_step(step.strip())
            except CellRefused:
                yield Problem("「已辦步驟」每行應為：步驟=2026-11-01 09:30，不是「{line}」。", {"line": line[:60]}, "已辦步驟")
            except InvalidError as error:
                yield Problem.of(error, "已辦步驟")

    def compare(
        self, book: Book, sheet: str, line: int, values: Values, problems: list[Problem], seen: dict[Key, int], given: Collection[str],
    ) -> PlannedRow:
        row = super().compare(book, sheet, line, values, problems, seen, given)
        row.parts = [part for _, _, part in book.waiting.pop((self.id, str(values.get("number"))), ())]
        row.spread()
        return row

    def _known_step(self, step: str) -> None:
        if not any(step in (element.id, element.name)
                   for each in (self.content.own, *self.content.called.values()) for element in each.diagram.elements.values()):
            raise paper_cases.StepUnknownError(step=step[:60])

    def label(self, values: Values) -> str:
        return f"{values.get('number')} · {values.get('step')}"

    def case_of(self, uow: UnitOfWork, runtime: Runtime, values: Values, origin: str) -> PaperCase:
        """A row as what the paper says."""
        forms: dict[str, dict[str, Any]] = {}
        for name, value in values.items():
            form_key, dot, field = name.partition(".")
            if dot and value is not None:
                forms.setdefault(form_key, {})[field] = _in_form(self.forms[form_key], field, value)
        for name, rows in _tables_in(values).items():
            form_key, _, field = name.partition(".")
            table = self.forms[form_key].field(field)
            assert table is not None
            columns = {each.name: each for each in table.columns}
            known = [{key: value for key, value in row.items() if value is not None} for row in rows]
            forms.setdefault(form_key, {})[field] = [{key: _plain(columns[key], value) for key, value in row.items()} for row in known]
        zone = ZoneInfo(runtime.organisation.calendar.zone)
        done = []
        for line in str(values.get("done") or "").splitlines():
            step, _, moment = line.rpartition("=")
            if line.strip():
                done.append((step.strip(), datetime.fromisoformat(str(read_cell(_FIXED[2], moment.strip(), zone)))))
        site_id = None if values.get("site") is None else keeping.id_of(uow, site, site.c.code == values["site"])
        return PaperCase(
            self.content.own.key, str(values["number"]), str(values["step"]), datetime.fromisoformat(str(values["started_at"])),
            datetime.fromisoformat(str(values["since"])), site_id, forms, done, origin,
        )

    def rehearse(self, book: Book, uow: UnitOfWork, actor: Actor, row: PlannedRow) -> None:
        """Try a planned case in a transaction that is not kept; what it is refused for goes beside the row."""
        savepoint = uow.writing.begin_nested()
        try:
            paper_cases.take_over(book.runtime, uow, actor, self.case_of(uow, book.runtime, row.payload, "—"))
        except FormInvalidError as error:
            row.problems += [Problem.of_field(each) for each in error.errors]
        except (InvalidError, ConflictError, NotFoundError) as error:
            row.problems.append(Problem.of(error))
        finally:
            savepoint.rollback()
        if row.problems:
            row.action = Action.REFUSED
            row.spread()

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int:
        return paper_cases.take_over(runtime, uow, actor, self.case_of(uow, runtime, values, origin.text)).id


class Rows(Kind):
    """Rows of one table of a procedure's form, each naming its case. They are carried out with their case."""

    key = ("number",)

    def __init__(self, cases_id: str, form: Form, field: Field, columns: tuple[Column, ...], title: str, english: str) -> None:
        self.cases_id, self.form, self.field = cases_id, form, field
        self.id = f"{cases_id}.{form.key}.{field.name}"
        self.columns = columns
        self.title, self.english = _cut(title), _cut(english)

    @property
    def source(self) -> str:
        """Where the rows lie in the case's data."""
        return f"{self.form.key}.{self.field.name}"

    def current(self, runtime: Runtime, uow: UnitOfWork, keys: Collection[Key] | None) -> dict[Key, Values]:
        return {}

    def group(self, values: Values) -> str:
        return self.field.title

    def apply(self, runtime: Runtime, uow: UnitOfWork, actor: Actor, values: Values, before: Values | None, origin: Origin) -> int | None:
        raise NotImplementedError("rows are carried out with their case")

    def compare(
        self, book: Book, sheet: str, line: int, values: Values, problems: list[Problem], seen: dict[Key, int], given: Collection[str],
    ) -> PlannedRow:
        row = PlannedRow(sheet, line, self.id, packed_key((values.get("number"), line)), self.label(values)[:200], Action.NEW, values,
                         problems=problems)
        if problems:
            row.action = Action.REFUSED
        else:
            told = {name: value for name, value in values.items() if name != "number"}
            book.waiting.setdefault((self.cases_id, str(values["number"])), []).append((self.source, told, row))
        return row


def procedures(runtime: Runtime, uow: UnitOfWork) -> list[Cases]:
    """The kinds of open cases: one for each procedure as it is deployed now."""
    found = []
    for info in definitions.list_latest(runtime, uow):
        content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
        found.append(Cases(content))
    return found


def _forms(content: InstanceContent) -> dict[str, Form]:
    start = content.own.diagram.start_by_hand
    first = [start.form] if start is not None and start.form else []
    found = {key: content.own.forms[key] for key in first if key in content.own.forms}
    for each in (content.own, *content.called.values()):
        # in the order in which the steps are drawn, what is filled in first stands first
        used = [element.form for element in each.diagram.elements.values() if element.form]
        found |= {key: each.forms[key] for key in (*used, *each.forms) if key in each.forms and key not in found}
    return found


def _tables_in(values: Values) -> dict[str, list[Values]]:
    """Rows of tables by where they lie."""
    held = values.get("_rows")
    return held if isinstance(held, dict) else {}


def _in_form(form: Form, name: str, value: Any) -> Any:
    field = form.field(name)
    assert field is not None
    return _plain(field, value)


def _plain(field: Field, value: Any) -> Any:
    """A cell's value as the form takes it."""
    if field.kind is FieldKind.NUMBER:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    return value


def _catalogue(content: InstanceContent) -> dict[str, str]:
    english: dict[str, str] = {}
    for each in (*content.called.values(), content.own):
        english |= read_catalogue(each.files.get("locale/en.po", b""))
    return english


def _cut(title: str) -> str:
    """A title that Excel takes."""
    for sign in "[]:*?/\\":
        title = title.replace(sign, " ")
    return title[:_TITLE].strip()
