"""Statements that every step sends: compiled once a database, then handed to the driver as they are.

SQLAlchemy looks a Core statement up in its cache and sets up a result at each execution; for a statement by primary key that costs
several times what the database needs. A `Prepared` keeps the compiled text, the order of its parameters and the types' conversions,
and runs on the same connection inside the same transaction. It knows no tables, and takes no statement whose text depends on its
values (`IN` with a list).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Delete, Dialect, Insert, Select, Update
from sqlalchemy.types import TypeEngine

from engine.persistence.database import driver_error

_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement as one driver takes it."""

    sql: str
    #: the parameters, in the driver's order where it takes them by place
    names: tuple[str, ...]
    by_place: bool
    #: what the statement itself gives, e.g. a state that it sets
    given: dict[str, Any]
    converts: tuple[tuple[str, _Convert], ...]

    def values(self, values: dict[str, Any]) -> Any:
        """The parameters as the driver takes them."""
        known = {**self.given, **values}
        for name, convert in self.converts:
            known[name] = convert(known[name])
        return [known[name] for name in self.names] if self.by_place else {name: known[name] for name in self.names}


class Prepared:
    """A statement whose parameters are `bindparam`s; those of an insert are the columns that each row gives."""

    def __init__(self, statement: Select[Any] | CompoundSelect[Any] | Insert | Update | Delete, *columns: str) -> None:
        """`columns`: of an insert those that each row gives; rows may give no others."""
        self._statement = statement
        self._columns = list(columns) or None
        self._texts: dict[str, _Text] = {}
        self._readers: dict[str, tuple[tuple[int, _Convert], ...]] = {}
        if isinstance(statement, (Select, CompoundSelect)):
            shown = [(column.key, column.type) for column in statement.selected_columns]
        else:
            shown = [(each["name"], each["type"]) for each in statement.returning_column_descriptions]
        self._types: list[TypeEngine[Any]] = [kind for _, kind in shown]
        self._row = _row_type([str(name) for name, _ in shown])

    def all(self, connection: Connection, values: dict[str, Any]) -> list[Any]:
        """Every row, as named tuples."""
        if _is_watched(connection):
            return [self._row._make(row) for row in connection.execute(self._statement, values)]
        cursor = self._send(connection, values)
        try:
            rows = cursor.fetchall()
            return [self._row._make(row) for row in self._read(connection.dialect, cursor.description, rows)]
        finally:
            cursor.close()

    def one_or_none(self, connection: Connection, values: dict[str, Any]) -> Any:
        """The one row that there can be, as a named tuple."""
        rows = self.all(connection, values)
        return rows[0] if rows else None

    def run(self, connection: Connection, values: dict[str, Any]) -> int:
        """How many rows it met."""
        if _is_watched(connection):
            return connection.execute(self._statement, values).rowcount
        cursor = self._send(connection, values)
        met: int = cursor.rowcount
        cursor.close()
        return met

    def run_each(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Once for each row, in order."""
        if len(rows) == 1:
            self.run(connection, rows[0])
        elif _is_watched(connection):
            connection.execute(self._statement, list(rows))
        else:
            text = self._text(connection.dialect)
            cursor = connection.connection.cursor()
            try:
                cursor.executemany(text.sql, [text.values(row) for row in rows])
            except connection.dialect.loaded_dbapi.Error as error:
                raise driver_error(connection, text.sql, error) from error
            finally:
                cursor.close()

    def _send(self, connection: Connection, values: dict[str, Any]) -> Any:
        text = self._texts.get(connection.dialect.name) or self._text(connection.dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text.sql, text.values(values))
        except connection.dialect.loaded_dbapi.Error as error:
            cursor.close()
            raise driver_error(connection, text.sql, error) from error
        return cursor

    def _text(self, dialect: Dialect) -> _Text:
        known = self._texts.get(dialect.name)
        if known is None:
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            converts = []
            for bind, name in compiled.bind_names.items():
                convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
                if convert is not None:
                    converts.append((name, convert))
            places = compiled.positiontup
            names = tuple(compiled.bind_names.values() if places is None else places)
            # a parameter that nobody gives must be missed, not taken for None
            given = {name: value for name, value in compiled.params.items() if value is not None}
            known = _Text(str(compiled), names, places is not None, given, tuple(converts))
            self._texts[dialect.name] = known
        return known

    def _read(self, dialect: Dialect, description: Any, rows: Sequence[Any]) -> Sequence[Any]:
        """Rows with the types' conversions done."""
        if not rows:
            return rows
        readers = self._readers.get(dialect.name)
        if readers is None:
            # some conversions depend on the type that the driver reports
            found = ((place, kind.dialect_impl(dialect).result_processor(dialect, description[place][1]))
                     for place, kind in enumerate(self._types))
            readers = self._readers[dialect.name] = tuple((place, read) for place, read in found if read is not None)
        read_rows = []
        for row in rows:
            values = list(row)
            for place, read in readers:
                values[place] = read(values[place])
            read_rows.append(values)
        return read_rows


def _row_type(names: list[str]) -> Any:
    return namedtuple("Row", names)


def _is_watched(connection: Connection) -> bool:
    """Somebody listens to statements: they are sent so that they are heard."""
    return bool(connection.engine.dispatch.before_cursor_execute)
