"""Tells the cases that moved long after they began: written alike in an index and in a statement, so that a database sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

#: a case that moved no later than this after it began is young; the index keeps to it, so that a change needs a migration
LONG_LIVED = timedelta(days=30)


class LivedLong(FunctionElement[int]):
    """`LivedLong(started_at, moved_at)`: whether more than `LONG_LIVED` lies between."""

    # no Boolean: to one SQLAlchemy adds `= 1` in a statement, and SQLite no longer sees that it agrees
    type = Integer()
    name = "lived_long"
    inherit_cache = True


@compiles(LivedLong)
def _microseconds(element: LivedLong, compiler: Any, **options: Any) -> str:
    started, moved = (compiler.process(each, **options) for each in element.clauses)
    return f"{moved} - {started} > {LONG_LIVED // timedelta(microseconds=1)}"


@compiles(LivedLong, "postgresql")
def _interval(element: LivedLong, compiler: Any, **options: Any) -> str:
    started, moved = (compiler.process(each, **options) for each in element.clauses)
    return f"({moved} - {started}) > '{LONG_LIVED // timedelta(hours=1)} hours'::interval"
