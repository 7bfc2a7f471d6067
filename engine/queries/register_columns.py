"""What the columns of a register are in SQL: each a scalar that is looked up by key for the case of the row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, func, literal, select

from engine.forms.model import Field, FieldKind
from engine.forms.privacy import holds_personal
from engine.forms.view import COVERED
from engine.persistence.durations import SecondsBetween
from engine.persistence.tables import (
    definition,
    instance,
    instance_variable,
    limit_clock,
    record,
    register_line,
    site,
    tenant_file,
    user,
    work_item,
)
from engine.register_rules import Path, Register, RegisterColumn

#: which typed column holds a value
Storage = Literal["text", "number", "at"]
_NUMBERS = frozenset({FieldKind.NUMBER, FieldKind.INTEGER, FieldKind.MONEY})
_CASE_MOMENTS = frozenset({"started_at", "ended_at"})

#: the line that a row is, in registers of lines
line = register_line.alias("line")


#: scopes of paths that are no fields of forms
_FACTS = frozenset({"case", "row", "who", "when", "times", "limit", "minutes", "record"})


@dataclass(frozen=True, slots=True)
class BoundColumn:
    """A column with what the forms at hand say of it."""

    column: RegisterColumn
    #: None for facts of the case
    field: Field | None

    @property
    def is_covered(self) -> bool:
        """Whether it belongs to papers of identity: no register reads these, whoever asks. On the case they are, where a look is noted."""
        return self.field is not None and holds_personal(self.field)

    @property
    def id(self) -> str:
        """The column's id."""
        return self.column.id

    @property
    def storage(self) -> Storage:
        """How its values come."""
        return "text" if self.is_covered else storage_of(self.column.path, self.field)


@dataclass(frozen=True, slots=True)
class BoundRegister:
    """A register with what it names resolved against the deployed procedures."""

    register: Register
    columns: tuple[BoundColumn, ...]
    period_storage: Storage
    #: every process whose limits may run in its cases
    limit_processes: tuple[str, ...]

    def column(self, column_id: str) -> BoundColumn | None:
        """The column by that id."""
        return next((column for column in self.columns if column.id == column_id), None)


def storage_of(path: Path, field: Field | None) -> Storage:
    """How values of the path come."""
    if path.scope == "when" or (path.scope == "case" and path.name in _CASE_MOMENTS) or (path.scope == "row" and path.name == "at"):
        return "at"
    if path.scope in ("minutes", "times") or (path.scope == "row" and path.name == "number"):
        return "number"
    if field is not None and field.kind in _NUMBERS:
        return "number"
    return "at" if field is not None and field.kind is FieldKind.DATE_TIME else "text"


def value_in(bound: BoundRegister, column: BoundColumn) -> ColumnElement[Any]:
    """A column's value; of papers of identity only that there is one, so that no page, file, order or search can tell what it is."""
    if not column.is_covered:
        return value_of(bound, column.column.path, column.storage)
    there = value_of(bound, column.column.path, storage_of(column.column.path, column.field))
    return case((there.is_not(None), COVERED), else_=None)


def value_of(bound: BoundRegister, path: Path, storage: Storage) -> ColumnElement[Any]:
    """The path's value for the case (and line) of the row at hand."""
    scope, name = path.scope, path.name
    if scope == "case":
        return _CASE[name]
    if scope == "row":
        return _of_line(name, storage)
    if scope in ("who", "when", "times"):
        return _of_element(scope, name)
    if scope in ("limit", "minutes"):
        return _of_limit(scope, [name] if "." in name else [f"{process}.{name}" for process in bound.limit_processes])
    if scope == "record":
        valid = and_(record.c.instance_id == instance.c.id, record.c.record_key == name, record.c.voided_at.is_(None))
        numbers = select(record.c.number).where(valid)
        return numbers.order_by(record.c.id.desc()).limit(1).correlate(instance).scalar_subquery()
    return variable(str(path), storage)


def is_variable(path: Path) -> bool:
    """Whether it names a field of the case's forms."""
    return path.scope not in _FACTS


def variable(name: str, storage: Storage) -> ColumnElement[Any]:
    """A field of the case's forms."""
    found = select(instance_variable.c[storage]).where(instance_variable.c.instance_id == instance.c.id, instance_variable.c.name == name)
    return found.correlate(instance).scalar_subquery()


def text_names(columns: Sequence[BoundColumn]) -> tuple[list[str], list[str]]:
    """Names of fields, and of columns of lines, in which a text search looks."""
    texts = [column for column in columns if column.storage == "text" and not column.is_covered]
    fields = [str(column.column.path) for column in texts if is_variable(column.column.path)]
    return fields, [column.column.path.name for column in texts if column.column.path.scope == "row"]


def _of_line(name: str, storage: Storage) -> ColumnElement[Any]:
    facts: dict[str, ColumnElement[Any]] = {"number": line.c.position, "at": line.c.at, "by": line.c.text}
    if name in facts:
        return facts[name]
    cell = register_line.alias()
    same = and_(cell.c.instance_id == line.c.instance_id, cell.c.source == line.c.source, cell.c.position == line.c.position)
    return select(cell.c[storage]).where(same, cell.c.field == name).correlate(line).scalar_subquery()


def _of_element(scope: str, element_id: str) -> ColumnElement[Any]:
    item = work_item.alias()
    done = and_(item.c.instance_id == instance.c.id, item.c.element_id == element_id, item.c.state == "completed")
    if scope == "times":
        return select(func.count()).select_from(item).where(done).correlate(instance).scalar_subquery()
    wanted = user.c.display_name if scope == "who" else item.c.completed_at
    found = select(wanted).select_from(item.outerjoin(user, user.c.id == item.c.completed_by)).where(done)
    return found.order_by(item.c.completed_at.desc(), item.c.id.desc()).limit(1).correlate(instance).scalar_subquery()


def _of_limit(scope: str, ids: list[str]) -> ColumnElement[Any]:
    clock = limit_clock.alias()
    concerned = and_(clock.c.instance_id == instance.c.id, clock.c.limit_id.in_(ids))
    if scope == "minutes":
        seconds = func.max(SecondsBetween(clock.c.started_at, clock.c.stopped_at))
        return (select(seconds).where(concerned).correlate(instance).scalar_subquery()) / 60.0
    # of several rounds the worst
    missed, ended, runs = clock.c.breached_at.is_not(None), clock.c.cancelled_at.is_not(None), clock.c.stopped_at.is_(None)
    ranked = select(func.max(case((missed, 3), (ended, 0), (runs, 2), else_=1))).where(concerned).correlate(instance).scalar_subquery()
    return case((ranked == 3, "missed"), (ranked == 2, "running"), (ranked == 1, "kept"), else_=None)


def _case_values() -> dict[str, ColumnElement[Any]]:
    parent = instance.alias("parent_case")

    def looked_up(wanted: Any, condition: Any) -> ColumnElement[Any]:
        return select(wanted).where(condition).correlate(instance).scalar_subquery()

    return {
        "number": instance.c.business_key,
        "title": instance.c.title,
        "state": instance.c.state,
        "site": looked_up(site.c.name, site.c.id == instance.c.site_id),
        "procedure": looked_up(definition.c.name, definition.c.id == instance.c.definition_id),
        "started_at": instance.c.started_at,
        "started_by": looked_up(user.c.display_name, user.c.id == instance.c.started_by),
        "ended_at": instance.c.ended_at,
        "late": case((instance.c.late_since.is_not(None), literal("true")), else_=literal("false")),
        "parent": looked_up(parent.c.business_key, parent.c.id == instance.c.parent_id),
        "file_number": looked_up(tenant_file.c.number, tenant_file.c.instance_id == instance.c.id),
        "file_place": looked_up(tenant_file.c.place, tenant_file.c.instance_id == instance.c.id),
    }


_CASE = _case_values()
