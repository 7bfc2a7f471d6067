"""Rows, totals and summaries of a register: one select each over the tables of cases, none of which opens a case."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, exists, func, literal, or_, select
from sqlalchemy.sql.functions import coalesce

from engine.model import Actor, InstanceState
from engine.persistence.tables import Instant, instance, instance_variable, register_line, unit
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.months import MOST_MONTHS, midnight, months_between, next_month
from engine.queries.paging import Page, clamp, decode, encode
from engine.queries.register_columns import (
    BoundColumn,
    BoundRegister,
    is_variable,
    line,
    storage_of,
    text_names,
    value_in,
    value_of,
    variable,
)
from engine.queries.sites import seen_cases
from engine.register_rules import MONTH, Path

#: groups that a summary shows at most, the largest
MOST_GROUPS = 200
#: cases of a register that one looks at a month at a time
LARGE = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST = Decimal(-(10**13))


@dataclass(frozen=True, slots=True)
class RegisterFilters:
    """What narrows a register; None and empty mean: no matter. Days are the site's, both included."""

    since: date | None = None
    until: date | None = None
    site_id: int | None = None
    building_id: int | None = None
    #: as it is written, e.g. `A-1203`
    unit: str = ""
    state: str = ""
    q: str = ""
    #: column id → value
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One row."""

    instance_id: int
    definition_id: int
    #: which line of its case; 0 where a row is a case
    position: int
    #: by column id: text, Decimal, datetime or None
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Total:
    """What a column comes to."""

    column_id: str
    #: a sum of numbers; None for a share
    sum: Decimal | None = None
    #: of `whole` values `part` are the one that counts
    part: int = 0
    whole: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is nothing to count."""
        return self.part / self.whole if self.whole else None

    @property
    def words(self) -> str:
        """The share with the numbers behind it; nothing where there is nothing to count."""
        return "" if self.share is None else f"{self.share * 100:.1f}% ({self.part}/{self.whole})"


@dataclass(frozen=True, slots=True)
class GroupRow:
    """Some rows that have a value in common, or with None as its value all of them."""

    value: str | None
    count: int
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks for what: the register, the person, the filters, the company's zone."""

    bound: BoundRegister
    actor: Actor
    zone: ZoneInfo
    filters: RegisterFilters = RegisterFilters()

    def page(self, uow: UnitOfWork, *, sort: str = "", after: str | None = None, limit: int = 50) -> Page[RegisterRow]:
        """Rows by the period's moment, newest first; `sort` is a column's id, with `-` before it the other way round."""
        limit = clamp(limit)
        rows, key, kind, is_descending = self._sorted(sort)
        statement = self._select(rows, key).limit(limit + 1)
        name = f"{self.bound.register.key}:{sort}"
        if after:
            statement = statement.where(_behind(rows, key, kind, is_descending, decode(name, after, (_CURSOR[kind], int, int))))
        found = uow.reading.execute(_ordered(statement, rows, key, is_descending)).all()
        shown = tuple(self._row(row) for row in found[:limit])
        if len(found) <= limit:
            return Page(shown)
        last = found[limit - 1]
        value = str(last.sort_key) if kind == "number" else last.sort_key
        return Page(shown, encode(name, (value, last.id, last.position)))

    def stream(self, uow: UnitOfWork, *, sort: str = "") -> Iterator[RegisterRow]:
        """Every row in the same order, a thousand at a time in memory."""
        rows, key, _, is_descending = self._sorted(sort)
        statement = _ordered(self._select(rows, key), rows, key, is_descending)
        for row in uow.reading.execute(statement, execution_options={"yield_per": 1000}):
            yield self._row(row)

    def totals(self, uow: UnitOfWork) -> GroupRow:
        """How many rows there are, and what their columns come to."""
        rows = self._rows()
        found = uow.reading.execute(select(func.count().label("n"), *self._sums(rows)).where(*self._of_rows(rows))).one()
        return self._group(None, found)

    def summary(self, uow: UnitOfWork, by: str) -> tuple[GroupRow, ...]:
        """The same by month, latest first, or by a column's values, largest first."""
        rows = self._rows()
        column = self.bound.column(by)
        if by != MONTH and column is None:
            return ()
        value = self._month(uow, rows) if column is None else rows.c[f"c_{column.id}"]
        grouped = select(value.label("value"), func.count().label("n"), *self._sums(rows)).where(*self._of_rows(rows)).group_by(value)
        order = [value.desc()] if column is None else [func.count().desc(), value]
        found = uow.reading.execute(grouped.order_by(*order).limit(MOST_GROUPS))
        return tuple(self._group("" if row.value is None else str(row.value), row) for row in found)

    def _sorted(self, sort: str) -> tuple[Subquery, ColumnElement[Any], str, bool]:
        rows = self._rows()
        column = self.bound.column(sort.removeprefix("-"))
        if column is None:
            kind = self.bound.period_storage
            return rows, _filled(rows.c.period, kind), kind, True
        return rows, _filled(rows.c[f"c_{column.id}"], column.storage), column.storage, sort.startswith("-")

    def _select(self, rows: Subquery, key: ColumnElement[Any]) -> Select[Any]:
        values = [rows.c[f"c_{column.id}"] for column in self.bound.columns]
        return select(rows.c.id, rows.c.definition_id, rows.c.position, *values, key.label("sort_key")).where(*self._of_rows(rows))

    def _rows(self) -> Subquery:
        """Every case or line that the person may see, with all columns; what is not asked for the database leaves out."""
        register = self.bound.register
        values = [value_in(self.bound, each).label(f"c_{each.id}") for each in self.bound.columns]
        period, dated = value_of(self.bound, register.period, self.bound.period_storage), None
        if is_variable(register.period):
            # joined, so that a period is looked up once a row, and the rows of one are found by it
            dated = instance_variable.alias("dated")
            period = dated.c[self.bound.period_storage]
        is_case = register.rows == "case"
        head: Select[Any] = select(
            instance.c.id, instance.c.definition_id, (literal(0) if is_case else line.c.position).label("position"),
            period.label("period"), *values,
        )
        source: FromClause = instance if is_case else line.join(instance, instance.c.id == line.c.instance_id)
        if dated is not None:
            source = source.outerjoin(dated, and_(dated.c.instance_id == instance.c.id, dated.c.name == str(register.period)))
        head = head.select_from(source)
        if not is_case:
            head = head.where(line.c.source == register.rows, line.c.field == "")
        return head.where(*self._of_cases()).subquery("rows")

    def is_large(self, uow: UnitOfWork) -> bool:
        """Whether its procedures have so many cases that looking at all of them takes a while."""
        found = select(instance.c.id).where(instance.c.definition_key.in_(self.bound.register.processes)).limit(LARGE + 1).subquery()
        return bool(uow.reading.execute(select(func.count()).select_from(found)).scalar_one() > LARGE)

    def _of_cases(self) -> list[ColumnElement[bool]]:
        filters, register = self.filters, self.bound.register
        conditions: list[ColumnElement[bool]] = [instance.c.definition_key.in_(register.processes)]
        conditions += seen_cases(self.actor)
        if filters.site_id is not None:
            conditions.append(instance.c.site_id == filters.site_id)
        # what was entered by mistake counts nowhere; asked for by its state it is listed
        conditions.append(instance.c.state == filters.state if filters.state else instance.c.state != InstanceState.VOIDED)
        if register.unit is not None and (filters.unit or filters.building_id is not None):
            written = _unit(self.bound, register.unit)
            if filters.unit:
                conditions.append(written == filters.unit)
            if filters.building_id is not None:
                conditions.append(written.in_(select(unit.c.code).where(unit.c.building_id == filters.building_id)))
        if filters.q.strip():
            conditions.append(self._mentions(filters.q.strip()))
        return conditions

    def _mentions(self, words: str) -> ColumnElement[bool]:
        escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

        def has(column: ColumnElement[Any]) -> ColumnElement[bool]:
            return column.ilike(f"%{escaped}%", escape="\\")

        fields, cells = text_names(self.bound.columns)
        places = [has(instance.c.title), has(instance.c.business_key)]
        if fields:
            held = instance_variable
            places.append(exists().where(held.c.instance_id == instance.c.id, held.c.name.in_(fields), has(held.c.text)))
        if cells:
            cell = register_line.alias()
            same = and_(cell.c.instance_id == line.c.instance_id, cell.c.source == line.c.source, cell.c.position == line.c.position)
            places.append(exists().where(same, cell.c.field.in_(cells), has(cell.c.text)))
        return or_(*places)

    def _of_rows(self, rows: Subquery) -> list[ColumnElement[bool]]:
        filters = self.filters
        conditions: list[ColumnElement[bool]] = []
        if self.bound.period_storage == "text":
            # dates are written year first, so that they sort as they are
            conditions += [rows.c.period >= filters.since.isoformat()] if filters.since else []
            conditions += [rows.c.period <= filters.until.isoformat()] if filters.until else []
        else:
            conditions += [rows.c.period >= midnight(filters.since, self.zone)] if filters.since else []
            conditions += [rows.c.period < midnight(filters.until, self.zone, days=1)] if filters.until else []
        for column_id, value in filters.values.items():
            if value and self.bound.column(column_id) is not None:
                conditions.append(rows.c[f"c_{column_id}"] == value)
        return conditions

    def _sums(self, rows: Subquery) -> list[ColumnElement[Any]]:
        sums: list[ColumnElement[Any]] = []
        for each in self.bound.columns:
            value, kind = rows.c[f"c_{each.id}"], _total_kind(each)
            if kind == "sum":
                sums.append(func.sum(value).label(f"sum_{each.id}"))
            elif kind:
                counted, known = ("kept", value.in_(("kept", "missed"))) if kind == "limit" else (each.column.share, value.is_not(None))
                sums.append(func.sum(case((value == counted, 1), else_=0)).label(f"part_{each.id}"))
                sums.append(func.sum(case((known, 1), else_=0)).label(f"whole_{each.id}"))
        return sums

    def _group(self, value: str | None, row: Any) -> GroupRow:
        totals = []
        for each in self.bound.columns:
            kind = _total_kind(each)
            if kind == "sum":
                found = row._mapping[f"sum_{each.id}"]
                totals.append(Total(each.id, sum=Decimal(0) if found is None else Decimal(str(found))))
            elif kind:
                totals.append(Total(each.id, None, int(row._mapping[f"part_{each.id}"] or 0), int(row._mapping[f"whole_{each.id}"] or 0)))
        return GroupRow(value, row.n, tuple(totals))

    def _month(self, uow: UnitOfWork, rows: Subquery) -> ColumnElement[Any]:
        """The month of a row's moment where its site is, as `2026-11`."""
        if self.bound.period_storage == "text":
            return func.substr(rows.c.period, 1, 7)
        first, last = uow.reading.execute(select(func.min(rows.c.period), func.max(rows.c.period)).where(*self._of_rows(rows))).one()
        if first is None:
            return literal("")
        starts = months_between(first.astimezone(self.zone).date(), last.astimezone(self.zone).date())
        branches = [
            (and_(rows.c.period >= midnight(start, self.zone), rows.c.period < midnight(next_month(start), self.zone)), f"{start:%Y-%m}")
            for start in starts[-MOST_MONTHS:]
        ]
        return case(*branches, else_=None)

    def _row(self, row: Any) -> RegisterRow:
        return RegisterRow(row.id, row.definition_id, row.position, {each.id: row._mapping[f"c_{each.id}"] for each in self.bound.columns})


_CURSOR: Mapping[str, type] = {"text": str, "number": str, "at": datetime}


def _unit(bound: BoundRegister, path: Path) -> ColumnElement[Any]:
    return value_of(bound, path, "text") if path.scope == "row" else variable(str(path), "text")


def _total_kind(each: BoundColumn) -> str:
    """`sum`, `limit`, `share` or nothing."""
    if each.is_covered:
        return ""
    if each.column.share:
        return "share"
    if not each.column.has_total:
        return ""
    return "limit" if each.column.path.scope == "limit" else "sum" if storage_of(each.column.path, each.field) == "number" else ""


def _filled(value: ColumnElement[Any], kind: str) -> ColumnElement[Any]:
    """Nothing sorts before everything, on both databases."""
    least: dict[str, ColumnElement[Any]] = {"text": literal(""), "number": literal(_LEAST), "at": literal(_EPOCH, Instant())}
    return coalesce(value, least[kind])


def _ordered(statement: Select[Any], rows: Subquery, key: ColumnElement[Any], is_descending: bool) -> Select[Any]:
    return statement.order_by(key.desc() if is_descending else key, rows.c.id.desc(), rows.c.position)


def _behind(rows: Subquery, key: ColumnElement[Any], kind: str, is_descending: bool, last: Sequence[Any]) -> ColumnElement[bool]:
    value, last_id, position = last
    bound = literal(Decimal(value)) if kind == "number" else literal(value, Instant()) if kind == "at" else literal(value)
    later = or_(rows.c.id < last_id, and_(rows.c.id == last_id, rows.c.position > position))
    return or_(key < bound if is_descending else key > bound, and_(key == bound, later))
