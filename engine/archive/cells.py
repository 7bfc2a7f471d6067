"""A table's values as JSON and back: what JSON does not know is written as text, by the column's type."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Date, LargeBinary, Numeric, Table

from engine.persistence.tables import Instant, Money

Convert = Callable[[Any], Any]


def writers(table: Table) -> dict[str, Convert]:
    """Column name → to JSON, for the columns that need it."""
    return {column.name: pair[0] for column in table.c if (pair := _pair(column)) is not None}


def readers(table: Table) -> dict[str, Convert]:
    """Column name → from JSON, for the columns that need it."""
    return {column.name: pair[1] for column in table.c if (pair := _pair(column)) is not None}


def _pair(column: Column[Any]) -> tuple[Convert, Convert] | None:
    kind = column.type
    if isinstance(kind, Instant):
        return datetime.isoformat, datetime.fromisoformat
    if isinstance(kind, Money | Numeric):
        return str, Decimal
    if isinstance(kind, LargeBinary):
        return lambda value: base64.b64encode(bytes(value)).decode(), base64.b64decode
    if isinstance(kind, Date):
        return date.isoformat, date.fromisoformat
    return None
