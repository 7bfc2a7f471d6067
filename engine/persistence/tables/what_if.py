"""Table of plays of the weeks ahead: what was asked, how far it is, what came of it."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from engine.persistence.tables.base import Id, Instant, metadata

what_if_run = Table(
    "what_if_run", metadata,
    Column("id", Id, primary_key=True),
    #: what people call it
    Column("name", String(100), nullable=False, server_default=""),
    #: `waiting`, `running`, `finished`, `stopped`, `failed`
    Column("state", String(10), nullable=False),
    #: JSON object: `engine.what_if.order.Order`
    Column("question", Text, nullable=False),
    #: JSON array of the sites that it was learned from; None for all of them
    Column("sites", Text),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", ForeignKey("app_user.id")),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    #: thousandths of the work that are done
    Column("done", Integer, nullable=False, server_default="0"),
    #: JSON object: the figures (`engine.what_if.playing`)
    Column("result", Text),
    #: why it failed: JSON `{sentence, data}`
    Column("problem", Text),
    Index("ix_what_if_run_asked_by", "asked_by", "id"),
)
