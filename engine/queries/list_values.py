"""What lists show of the cases' data beside their own columns: one select for a page of rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select

from engine.persistence.tables import instance_variable
from engine.persistence.unit_of_work import UnitOfWork

#: parameters of one statement
_AT_ONCE = 500


def variables(uow: UnitOfWork, instance_ids: Sequence[int], names: Sequence[str]) -> dict[tuple[int, str], str | Decimal | datetime]:
    """(case, `form.field`) → text, number or moment, of those that hold something."""
    found: dict[tuple[int, str], str | Decimal | datetime] = {}
    wanted = sorted(set(instance_ids))
    variable = instance_variable.c
    for start in range(0, len(wanted) if names else 0, _AT_ONCE):
        statement = select(variable.instance_id, variable.name, variable.text, variable.number, variable.at).where(
            variable.instance_id.in_(wanted[start:start + _AT_ONCE]), variable.name.in_(names)
        )
        for row in uow.reading.execute(statement):
            found[row.instance_id, row.name] = next(value for value in (row.number, row.at, row.text or "") if value is not None)
    return found


def units(uow: UnitOfWork, instance_ids: Sequence[int], names: Sequence[str]) -> dict[int, str]:
    """Case → the unit that one of these fields names."""
    found: dict[int, str] = {}
    wanted = sorted(set(instance_ids))
    variable = instance_variable.c
    for start in range(0, len(wanted) if names else 0, _AT_ONCE):
        statement = (
            select(variable.instance_id, func.min(variable.text).label("unit"))
            .where(variable.instance_id.in_(wanted[start:start + _AT_ONCE]), variable.name.in_(names), variable.text.is_not(None))
            .group_by(variable.instance_id)
        )
        found.update({row.instance_id: row.unit for row in uow.reading.execute(statement)})
    return found
