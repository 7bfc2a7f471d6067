"""Where the cases of a page stand, and the names behind the ids that a list is narrowed by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from engine.persistence.tables import tenant, unit, user, work_item
from engine.persistence.unit_of_work import UnitOfWork

#: steps of one case that a list names
MOST = 3


@dataclass(frozen=True, slots=True)
class Standing:
    """An open item of a case."""

    #: source language
    name: str
    definition_id: int
    holder: str | None


def standing(uow: UnitOfWork, instance_ids: Sequence[int]) -> dict[int, list[Standing]]:
    """Case → its open items, oldest first; one select."""
    found: dict[int, list[Standing]] = {}
    if not instance_ids:
        return found
    statement = (
        select(work_item.c.instance_id, work_item.c.name, work_item.c.definition_id, user.c.display_name)
        .select_from(work_item.outerjoin(user, user.c.id == work_item.c.assignee_id))
        .where(work_item.c.instance_id.in_(sorted(set(instance_ids))), work_item.c.is_live)
        .order_by(work_item.c.instance_id, work_item.c.id)
    )
    for row in uow.reading.execute(statement):
        found.setdefault(row.instance_id, []).append(Standing(row.name, row.definition_id, row.display_name))
    return found


def label(uow: UnitOfWork, kind: str, target_id: int) -> str | None:
    """What people call a `unit`, `tenant` or `person`; None for one that is not there."""
    column, row_id = {"unit": (unit.c.code, unit.c.id), "tenant": (tenant.c.name, tenant.c.id),
                      "person": (user.c.display_name, user.c.id)}[kind]
    found: str | None = uow.reading.execute(select(column).where(row_id == target_id)).scalar()
    return found
