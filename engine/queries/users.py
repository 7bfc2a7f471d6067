"""People who can be given work, found by id or by sign-in name."""

from __future__ import annotations

from sqlalchemy import select

from engine.errors import NotFoundError
from engine.persistence.tables import user
from engine.persistence.unit_of_work import UnitOfWork


def find_id(uow: UnitOfWork, reference: int | str) -> int:
    """The id of an active user. NotFoundError when there is none."""
    condition = user.c.id == reference if isinstance(reference, int) else user.c.username == reference.lower()
    found = uow.reading.execute(select(user.c.id).where(condition, user.c.deactivated_at.is_(None))).scalar()
    if found is None:
        raise NotFoundError(kind="人員", id=reference)
    return int(found)
