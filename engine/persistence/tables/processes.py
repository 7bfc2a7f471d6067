"""Tables of our own processes: who holds a lease, and who is alive."""

from __future__ import annotations

from sqlalchemy import Column, String, Table

from engine.persistence.tables.base import Instant, metadata

lease = Table(
    "lease", metadata,
    #: `scheduler`
    Column("name", String(40), primary_key=True),
    Column("holder", String(100), nullable=False),
    #: by the machine's clock: leases are about machines, not about business
    Column("expires_at", Instant, nullable=False),
)

executor = Table(
    "executor", metadata,
    #: stable id of a worker process
    Column("id", String(100), primary_key=True),
    #: by the machine's clock
    Column("beat_at", Instant, nullable=False),
)
