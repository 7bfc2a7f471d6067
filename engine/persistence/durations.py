"""Seconds between two moments, computed by the database: both kinds keep moments differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from engine.persistence.tables import Instant


class SecondsBetween(FunctionElement[float]):
    """`SecondsBetween(earlier, later)`: seconds as a float; NULL where one is missing."""

    type = Float()
    name = "seconds_between"
    inherit_cache = True


@compiles(SecondsBetween)
def _microseconds(element: SecondsBetween, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(each, **options) for each in element.clauses)
    return f"(({later}) - ({earlier})) / 1000000.0"


@compiles(SecondsBetween, "postgresql")
def _interval(element: SecondsBetween, compiler: Any, **options: Any) -> str:
    earlier, later = (compiler.process(each, **options) for each in element.clauses)
    return f"EXTRACT(EPOCH FROM (({later}) - ({earlier})))::float"


class EarlierOf(FunctionElement[Any]):
    """The earlier of two moments, neither of them NULL."""

    name = "earlier_of"
    type = Instant()
    inherit_cache = True


@compiles(EarlierOf)
def _least(element: EarlierOf, compiler: Any, **options: Any) -> str:
    return f"least({compiler.process(element.clauses, **options)})"


@compiles(EarlierOf, "sqlite")
def _min(element: EarlierOf, compiler: Any, **options: Any) -> str:
    # with two arguments SQLite's min is no aggregate
    return f"min({compiler.process(element.clauses, **options)})"
