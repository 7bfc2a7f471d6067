"""Tables of the dossiers: what forms say of a unit under a heading of its dossier, and who looked at papers of identity."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

dossier_entry = Table(
    "dossier_entry", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("form", String(120), nullable=False),
    Column("field", String(80), nullable=False),
    #: heading: `contacts`, `meter`, `keys`, `passes`, `documents`
    Column("topic", String(20), nullable=False),
    #: the field's value as it lies in the case's data, JSON
    Column("value", Text, nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("instance_id", "form", "field"),
)

identity_look = Table(
    "identity_look", metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    #: the file that was opened; None where values of forms were shown
    Column("file_id", ForeignKey("file.id")),
    #: names of the fields, or of the file
    Column("what", String(300), nullable=False),
    #: `desk` or `api`
    Column("channel", String(10), nullable=False),
    Index("ix_identity_look_at", text("at DESC"), text("id DESC")),
    Index("ix_identity_look_user", "user_id", text("at DESC"), text("id DESC")),
)
