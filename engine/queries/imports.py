"""Imports as people look at them: the list, one with its counts, its rows page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from engine import permissions
from engine.errors import NotFoundError
from engine.model import Actor
from engine.persistence.tables import import_row, import_run, user
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.paging import Page, clamp, decode, encode


@dataclass(frozen=True, slots=True)
class ProblemView:
    """What is wrong with a row: a sentence in the source language with its data."""

    column: str
    sentence: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportView:
    """One import."""

    id: int
    name: str
    #: `reading`, `unreadable`, `planned`, `applying`, `stopped`, `applied`, `discarded`
    state: str
    read_at: datetime
    read_by: str | None
    confirmed_at: datetime | None
    confirmed_by: str | None
    finished_at: datetime | None
    new: int
    changed: int
    unchanged: int
    refused: int
    applied: int
    failed: int
    #: lines of the workbook, and those that were looked at while it was planned
    lines: int
    checked: int
    #: why it could not be planned, source language
    problem: ProblemView | None

    @property
    def total(self) -> int:
        """Rows that it carries out."""
        return self.new + self.changed

    @property
    def percent(self) -> int:
        """How far it is."""
        if self.state == "reading":
            return min(self.checked * 100 // self.lines, 99) if self.lines else 0
        return 100 if not self.total else (self.applied + self.failed) * 100 // self.total


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a workbook."""

    position: int
    sheet: str
    line: int
    kind: str
    label: str
    action: str
    state: str
    payload: dict[str, Any]
    #: field, before, after
    changes: tuple[tuple[str, Any, Any], ...]
    problems: tuple[ProblemView, ...]


def imports(uow: UnitOfWork, actor: Actor, *, after: str | None = None, limit: int = 40) -> Page[ImportView]:
    """Every import, the newest first."""
    permissions.require(actor, "import:read")
    query = _views().order_by(import_run.c.id.desc())
    if after:
        (before,) = decode("imports", after, (int,))
        query = query.where(import_run.c.id < before)
    rows = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = rows[: clamp(limit)]
    return Page(tuple(_view(row) for row in shown), encode("imports", (shown[-1].id,)) if len(rows) > len(shown) else None)


def find(uow: UnitOfWork, actor: Actor, import_id: int) -> ImportView:
    """One import; NotFoundError without it."""
    permissions.require(actor, "import:read")
    row = uow.reading.execute(_views().where(import_run.c.id == import_id)).one_or_none()
    if row is None:
        raise NotFoundError(kind="匯入", id=import_id)
    return _view(row)


def same_content(uow: UnitOfWork, import_id: int) -> tuple[int, ...]:
    """Other imports of the same content that were carried out, the newest first."""
    digest = select(import_run.c.digest).where(import_run.c.id == import_id).scalar_subquery()
    query = select(import_run.c.id).where(import_run.c.digest == digest, import_run.c.id != import_id, import_run.c.state == "applied")
    return tuple(uow.reading.execute(query.order_by(import_run.c.id.desc()).limit(5)).scalars())


def rows(
    uow: UnitOfWork, import_id: int, *, action: str | None = None, state: str | None = None, after: str | None = None, limit: int = 50,
) -> Page[RowView]:
    """Rows of an import in order: all, or those of one action or state."""
    query = select(import_row).where(import_row.c.import_id == import_id).order_by(import_row.c.position)
    if action:
        query = query.where(import_row.c.action == action)
    if state:
        query = query.where(import_row.c.state == state)
    if after:
        (behind,) = decode("import_rows", after, (int,))
        query = query.where(import_row.c.position > behind)
    found = uow.reading.execute(query.limit(clamp(limit) + 1)).all()
    shown = found[: clamp(limit)]
    return Page(tuple(_row(row) for row in shown), encode("import_rows", (shown[-1].position,)) if len(found) > len(shown) else None)


def kinds(uow: UnitOfWork, import_id: int) -> tuple[tuple[str, str, str, int], ...]:
    """Sheet, kind, action and how many rows, in the order of the workbook."""
    count, first = func.count(), func.min(import_row.c.position)
    query = select(import_row.c.sheet, import_row.c.kind, import_row.c.action, count).where(import_row.c.import_id == import_id)
    grouped = query.group_by(import_row.c.sheet, import_row.c.kind, import_row.c.action).order_by(first)
    return tuple((row[0], row[1], row[2], row[3]) for row in uow.reading.execute(grouped))


_COUNTS = ("new", "changed", "unchanged", "refused", "applied", "failed")
_COLUMNS = {
    name: f"{name}_count" if name in _COUNTS else name
    for name in ("id", "name", "state", "read_at", "read_by", "confirmed_at", "confirmed_by", "finished_at", "lines", "checked", *_COUNTS)
}


def _views() -> Select[Any]:
    reader, confirmer = aliased(user), aliased(user)
    run = import_run.c
    return (
        select(
            run.id, run.name, run.state, run.read_at, reader.c.display_name.label("read_by"), run.confirmed_at,
            confirmer.c.display_name.label("confirmed_by"), run.finished_at, run.new_count, run.changed_count, run.unchanged_count,
            run.refused_count, run.applied_count, run.failed_count, run.line_count.label("lines"), run.checked_count.label("checked"),
            run.problem,
        )
        .outerjoin(reader, reader.c.id == run.read_by)
        .outerjoin(confirmer, confirmer.c.id == run.confirmed_by)
    )


def _view(row: Row[Any]) -> ImportView:
    wrong = orjson.loads(row.problem) if row.problem else None
    problem = None if wrong is None else ProblemView("", wrong["sentence"], wrong["data"])
    return ImportView(**{name: row._mapping[label] for name, label in _COLUMNS.items()}, problem=problem)


def _row(row: Row[Any]) -> RowView:
    changes = tuple((name, before, after) for name, (before, after) in orjson.loads(row.changes).items())
    problems = tuple(ProblemView(each["column"], each["sentence"], each["data"]) for each in orjson.loads(row.problems))
    payload = orjson.loads(row.payload)
    return RowView(row.position, row.sheet, row.line, row.kind, row.label, row.action, row.state, payload, changes, problems)
