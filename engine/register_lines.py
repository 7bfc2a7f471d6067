"""Projects tables of forms, and every submission of forms that are logged, into rows that registers read without opening a case."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, insert, select

from engine import forms
from engine.model import Actor, JsonObject
from engine.persistence.tables import register_line
from engine.persistence.unit_of_work import UnitOfWork


def acts(actor: Actor, form: forms.Form, cleaned: JsonObject, at: datetime | None) -> list[Callable[[UnitOfWork, int], None]]:
    """What is to be written in the step's transaction; nothing for a form that no register reads row by row."""
    found = forms.lines(form, cleaned)
    if not found:
        return []

    def write(uow: UnitOfWork, instance_id: int) -> None:
        for source, rows in found.items():
            _write(uow, actor, instance_id, source, rows, actor.claimed_at or at, adds=form.is_logged)

    return [write]


def _write(
    uow: UnitOfWork, actor: Actor, instance_id: int, source: str, rows: list[dict[str, forms.Indexed]], at: datetime | None, *, adds: bool
) -> None:
    """Replace the rows of the source, or with `adds` put them behind those that are there. The step holds the instance's lock."""
    connection, table = uow.writing, register_line
    of_source = (table.c.instance_id == instance_id, table.c.source == source)
    last = 0
    if adds:
        last = connection.execute(select(func.coalesce(func.max(table.c.position), 0)).where(*of_source)).scalar_one()
    else:
        connection.execute(delete(table).where(*of_source))
    values: list[dict[str, Any]] = []
    for position, row in enumerate(rows, start=last + 1):
        key = {"instance_id": instance_id, "source": source, "position": position}
        values.append({**key, "field": "", "text": actor.name[:300], "number": None, "at": at})
        values += [{**key, "field": name, **typed(value)} for name, value in row.items()]
    if values:
        connection.execute(insert(table), values)


def typed(value: forms.Indexed) -> dict[str, Any]:
    """A value in the column of its type."""
    return {
        "text": value if isinstance(value, str) else None,
        "number": value if isinstance(value, Decimal) else None,
        "at": value if isinstance(value, datetime) else None,
    }
