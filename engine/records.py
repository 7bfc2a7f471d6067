"""Printed records of a case: numbered without gaps, filled from its data."""

from __future__ import annotations

from sqlalchemy import insert, select

from engine import definitions, numbering
from engine.model import Actor
from engine.persistence.tables import instance, record
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime


def issue(runtime: Runtime, uow: UnitOfWork, actor: Actor, instance_id: int, record_key: str, *, frozen: bool = False) -> str:
    """Number a record of the case; the same number again where it has one, unless each one is frozen. The number.

    A case that is numbered by the record's own series (a repair by its slip) has drawn it already: the record carries that number.
    """
    connection = uow.writing
    now = runtime.clock.now()
    if not frozen:
        query = select(record.c.number).where(record.c.instance_id == instance_id, record.c.record_key == record_key, record.c.voided_at.is_(None))
        found: str | None = connection.execute(query).scalar()
        if found is not None:
            return found
    number = _number_of_case(runtime, uow, instance_id, record_key) or numbering.draw(uow, runtime.organisation, record_key, now)
    connection.execute(insert(record).values(instance_id=instance_id, record_key=record_key, number=number, issued_at=now, issued_by=actor.user_id))
    return number


def _number_of_case(runtime: Runtime, uow: UnitOfWork, instance_id: int, record_key: str) -> str | None:
    """The case's number where it comes from the record's series and no record carries it yet; else None."""
    case = uow.writing.execute(select(instance.c.definition_id, instance.c.business_key).where(instance.c.id == instance_id)).one()
    if case.business_key is None or definitions.content(runtime, uow, case.definition_id).diagram.number != record_key:
        return None
    taken = select(record.c.id).where(record.c.record_key == record_key, record.c.number == case.business_key)
    number: str = case.business_key
    return None if uow.writing.execute(taken).first() else number
