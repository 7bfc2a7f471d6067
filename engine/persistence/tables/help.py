"""The table of help: which first hints a person has put away."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, String, Table

from engine.persistence.tables.base import Instant, metadata

dismissed_hint = Table(
    "dismissed_hint", metadata,
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    #: which hint, by the name that the pages give it
    Column("hint", String(40), nullable=False),
    Column("at", Instant, nullable=False),
    PrimaryKeyConstraint("user_id", "hint"),
)
