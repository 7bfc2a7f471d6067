"""Seconds between two moments, computed by the database: both kinds keep moments differently."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


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
