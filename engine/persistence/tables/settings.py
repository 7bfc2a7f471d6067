"""Tables of settings that were changed while the program runs, and of backups that were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

setting = Table(
    "setting", metadata,
    #: `engine.live_settings.LIVE`
    Column("name", String(60), primary_key=True),
    #: JSON; None: as the program comes
    Column("value", Text),
    #: counts changes: the sum of all tells every process whether anything has changed
    Column("version", Integer, nullable=False),
)

backup_made = Table(
    "backup_made", metadata,
    Column("id", Id, primary_key=True),
    Column("made_at", Instant, nullable=False),
    #: name of the file, without its folder
    Column("name", String(200), nullable=False),
    #: bytes
    Column("size", BigInteger, nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("file_count", Integer, nullable=False),
    Index("ix_backup_made_made_at", text("made_at DESC")),
)
