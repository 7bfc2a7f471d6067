"""Printed records of a case: numbered without gaps, filled from its data."""

from __future__ import annotations

from sqlalchemy import insert, select

from engine import numbering
from engine.model import Actor
from engine.persistence.tables import record
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def issue(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, record_key: str, *, frozen: bool = False) -> str:
    """Number a record of the case; the same number again where it has one, unless each one is frozen. The number."""
    connection = uow.writing
    now = runtime.clock.now()
    if not frozen:
        query = select(record.c.number).where(record.c.instance_id == instance_id, record.c.record_key == record_key, record.c.voided_at.is_(None))
        found: str | None = connection.execute(query).scalar()
        if found is not None:
            return found
    number = numbering.draw(uow, runtime.organisation, record_key, now)
    connection.execute(insert(record).values(instance_id=instance_id, record_key=record_key, number=number, issued_at=now, issued_by=actor.user_id))
    return number
