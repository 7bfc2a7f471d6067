"""Words that a person looks for, as LIKE takes them."""

from __future__ import annotations

from sqlalchemy import or_
from sqlalchemy.sql.elements import ColumnElement


def containing(words: str) -> str:
    """A LIKE pattern for texts that contain the words, which hold no wildcards of their own."""
    escaped = words.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def any_like(pattern: str | ColumnElement[str], *columns: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether any of the columns matches, whatever the case of its letters."""
    return or_(*(column.ilike(pattern, escape="\\") for column in columns))
