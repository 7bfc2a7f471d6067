"""Values of workbooks' rows and what is wrong with them, as the reader says it."""

from __future__ import annotations

from typing import Any

from engine.errors import FieldError
from engine.i18n import describe_field_error
from engine.imports.plan import Kind
from webui.language import current_locale, gettext


def column_title(kind: Kind | None, name: str) -> str:
    """A column's heading; empty for what is worked out and stands in no column."""
    column = next((each for each in kind.columns if each.name == name), None) if kind is not None else None
    if column is None:
        return ""
    return column.english if current_locale() == "en" else gettext(column.title)


def value_text(kind: Kind | None, name: str, value: Any) -> str:
    """A value as it is read."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    column = next((each for each in kind.columns if each.name == name), None) if kind is not None else None
    titles = {code: english if current_locale() == "en" else gettext(title) for code, title, english in column.choices} if column else {}
    if isinstance(value, list):
        return "、".join(titles.get(str(each), str(each)) for each in value)
    text = str(value)
    if column is not None and column.kind == "moment":
        return text[:16].replace("T", " ")
    return titles.get(text, text)


def problem_text(error: FieldError) -> str:
    """What is wrong, in the reader's language."""
    return describe_field_error(error, current_locale())
