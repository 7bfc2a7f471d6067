"""Tables of our own processes: who holds a lease, who is alive, and in whose name runs in the background go on."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table, Text

from engine.persistence.tables.base import Id, Instant, metadata

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

#: of a run in the background that stopped by itself, or that somebody else lets go on
carrier = Table(
    "carrier", metadata,
    #: `engine.company.asking.KINDS`, and the run's id there
    Column("kind", String(20), nullable=False),
    Column("run_id", Id, nullable=False),
    #: in whose name it goes on; None for whoever asked for it
    Column("carried_by", ForeignKey("app_user.id")),
    #: why it stopped, JSON: sentence and data; None while it goes on
    Column("problem", Text),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("kind", "run_id"),
)
