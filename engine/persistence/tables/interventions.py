"""Tables of what managers did with cases by hand: each order with what became of each of its cases."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

intervention = Table(
    "intervention", metadata,
    Column("id", Id, primary_key=True),
    #: `engine.interventions.Verb`
    Column("verb", String(10), nullable=False),
    #: JSON object: what the verb needs to know, e.g. whom to give the items to
    Column("parameters", Text, nullable=False),
    Column("reason", Text, nullable=False),
    #: `running`, `stopped`, `finished`, `undoing`, `undone`
    Column("state", String(10), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("asked_by", ForeignKey("app_user.id")),
    #: who takes it back
    Column("undone_by", ForeignKey("app_user.id")),
    Column("finished_at", Instant),
    Column("total", Integer, nullable=False),
    Column("done_count", Integer, nullable=False, server_default="0"),
    Column("refused_count", Integer, nullable=False, server_default="0"),
    #: taken back, and those that had gone on meanwhile
    Column("undone_count", Integer, nullable=False, server_default="0"),
    Column("kept_count", Integer, nullable=False, server_default="0"),
    Index("ix_intervention_asked_at", text("asked_at DESC"), text("id DESC")),
)

intervention_case = Table(
    "intervention_case", metadata,
    Column("intervention_id", ForeignKey("intervention.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    #: `planned`, `done`, `refused`, `undone`, `kept`
    Column("state", String(10), nullable=False),
    #: JSON array of what was done: `{sentence, data, definition_id}`
    Column("effects", Text),
    #: why it was refused, or could not be taken back: JSON `{code, sentence, data}`
    Column("problem", Text),
    #: JSON: what is needed to take it back
    Column("undo", Text),
    Column("at", Instant),
    PrimaryKeyConstraint("intervention_id", "instance_id"),
    Index("ix_intervention_case_state", "intervention_id", "state", "instance_id"),
)
