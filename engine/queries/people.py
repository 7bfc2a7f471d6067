"""Names of people by id, for pages that show whom something was given to."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from engine.persistence.tables import user
from engine.persistence.unit_of_work import UnitOfWork


def names(uow: UnitOfWork, user_ids: Iterable[int]) -> dict[int, str]:
    """Display name by id; ids that are nobody's are left out."""
    rows = uow.reading.execute(select(user.c.id, user.c.display_name).where(user.c.id.in_(sorted(set(user_ids)))))
    return {row.id: row.display_name for row in rows}
