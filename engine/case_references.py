"""Which units and tenants a case concerns: whatever its forms name, so that everything about one of them is found by index."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, literal, select

from engine.forms import FieldKind
from engine.persistence.tables import instance_reference
from engine.persistence.unit_of_work import UnitOfWork

#: kinds of form fields whose targets have cases of their own
KINDS = frozenset({FieldKind.UNIT.value, FieldKind.TENANT.value})

_table = instance_reference


def add(uow: UnitOfWork, instance_id: int, *, references: Iterable[tuple[str, int]]) -> None:
    """Note what a case names, each once; what it named before stays. The step holds the case's lock."""
    connection = uow.writing
    known = connection.execute(select(_table.c.kind, _table.c.target_id).where(_table.c.instance_id == instance_id)).all()
    fresh = sorted({*references} - {(row.kind, row.target_id) for row in known})
    values = [{"kind": kind, "target_id": target, "instance_id": instance_id} for kind, target in fresh]
    if values:
        connection.execute(insert(_table), values)


def inherit(uow: UnitOfWork, instance_id: int, parent_id: int) -> None:
    """What a case concerns, the cases beside it concern as well."""
    own = select(_table.c.target_id).where(_table.c.instance_id == instance_id)
    given = select(_table.c.kind, _table.c.target_id, literal(instance_id)).where(_table.c.instance_id == parent_id)
    missing = given.where(~_table.c.target_id.in_(own))
    uow.writing.execute(insert(_table).from_select(["kind", "target_id", "instance_id"], missing))

