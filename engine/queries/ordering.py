"""Orders in which lists of what is over or runs by itself can be read, page by page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, or_
from sqlalchemy.sql.elements import ColumnElement

from engine.queries.paging import Page, decode, encode


class Order(StrEnum):
    """Of lists that have no due times to go by."""

    #: last moved, started, completed or copied first
    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"


class Ordering:
    """An order over the columns of one list; `name` keeps a cursor from being read by another list."""

    def __init__(self, order: Order, name: str, at: ColumnElement[Any], title: ColumnElement[Any], row_id: ColumnElement[Any]) -> None:
        self.order = order
        self.name = name if order is Order.NEWEST else f"{name}-{order.value}"
        self.column = title if order is Order.TITLE else at
        self.row_id = row_id

    def terms(
        self, column: ColumnElement[Any] | None = None, row_id: ColumnElement[Any] | None = None
    ) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """For ORDER BY; of a part of the list with its own columns."""
        column, row_id = self.column if column is None else column, self.row_id if row_id is None else row_id
        return (column.desc(), row_id.desc()) if self.order is Order.NEWEST else (column, row_id)

    def from_cursor(self, after: str | None) -> list[ColumnElement[bool]]:
        """What a page behind that cursor is narrowed to; the first condition alone bounds the index range."""
        if not after:
            return []
        value, last = decode(self.name, after, (str if self.order is Order.TITLE else datetime, int))
        if self.order is Order.NEWEST:
            return [self.column <= value, or_(self.column < value, self.row_id < last)]
        return [self.column >= value, or_(self.column > value, self.row_id > last)]

    def page(self, statement: Select[Any], after: str | None) -> Select[Any]:
        """The statement in this order, from the cursor on."""
        return statement.where(*self.from_cursor(after)).order_by(*self.terms())

    def cut(self, rows: list[Any], limit: int, moment: Callable[[Any], datetime]) -> Page[Any]:
        """The page of rows of which one more than `limit` were read."""
        shown = tuple(rows[:limit])
        if len(rows) <= limit:
            return Page(shown)
        last = shown[-1]
        return Page(shown, encode(self.name, (last.title if self.order is Order.TITLE else moment(last), last.id)))
