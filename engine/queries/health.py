"""Whether the store answers."""

from __future__ import annotations

from sqlalchemy import select

from engine.persistence.database import Database
from engine.persistence.tables import lease


def ask(database: Database) -> None:
    """Read one row of a small table. StoreUnavailableError when the store doesn't answer."""
    with database.reading() as connection:
        connection.execute(select(lease.c.name).limit(1)).all()
