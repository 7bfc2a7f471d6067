"""Tables of signature chains and copies, numbers and printed records."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint, text

from engine.persistence.tables.base import Id, Instant, metadata

approval = Table(
    "approval", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: token of the element; the signer's work item has `.` and this row's id behind it
    Column("token", String(32), nullable=False),
    Column("definition_id", ForeignKey("definition.id"), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: inside a multi-instance: its item, JSON; rounds are counted apart for each
    Column("item", String(300), nullable=False, server_default=""),
    #: 1, 2, 3 …: how often the element has been signed in this case
    Column("round", Integer, nullable=False),
    #: signers of one step sign side by side, a higher one waits
    Column("step", Integer, nullable=False),
    #: order in which they are shown
    Column("position", Integer, nullable=False),
    #: a signer of the same step who comes first
    Column("waits_for", ForeignKey("approval.id")),
    Column("role", String(60), nullable=False),
    #: what the signer is called on the chain; empty: as the role
    Column("name", String(100), nullable=False, server_default=""),
    #: the one person who signs; None: whoever holds the role
    Column("person_id", ForeignKey("app_user.id")),
    #: `engine.signature_rules.PartState`
    Column("state", String(12), nullable=False),
    #: `approve`, `refuse` or `send_back`; of a decision taken back the last one
    Column("decision", String(10)),
    Column("opinion", Text),
    Column("decided_at", Instant),
    Column("decided_by", ForeignKey("app_user.id")),
    Column("on_behalf_of", ForeignKey("app_user.id")),
    Column("work_item_id", ForeignKey("work_item.id"), index=True),
    Column("signature_id", ForeignKey("signature.id")),
    #: what the signer filled in, JSON
    Column("answer", LargeBinary),
    Column("added_by", ForeignKey("app_user.id")),
    #: the signer in whose place this one stands
    Column("replaces", ForeignKey("approval.id")),
    Index("ix_approval_instance_id", "instance_id", "element_id", "round", "position"),
    Index("ix_approval_token", "token"),
)

carbon_copy = Table(
    "carbon_copy", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("by_id", ForeignKey("app_user.id")),
    Column("at", Instant, nullable=False),
    #: when the person first looked; None while unread
    Column("read_at", Instant),
    UniqueConstraint("instance_id", "user_id"),
    Index("ix_carbon_copy_user_id", "user_id", text("at DESC"), text("id DESC")),
)
Index("ix_carbon_copy_unread", carbon_copy.c.user_id, sqlite_where=text("read_at IS NULL"), postgresql_where=text("read_at IS NULL"))

number_sequence = Table(
    "number_sequence", metadata,
    #: series of `organisation.toml`, e.g. `repair_slip`
    Column("series", String(60), nullable=False),
    #: what restarts it, e.g. `202611`; empty for one that never does
    Column("period", String(20), nullable=False),
    Column("last", Integer, nullable=False),
    PrimaryKeyConstraint("series", "period"),
)

record = Table(
    "record", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: template, e.g. `repair_slip`
    Column("record_key", String(120), nullable=False),
    Column("number", String(60), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("issued_by", ForeignKey("app_user.id")),
    Column("voided_at", Instant),
    Column("void_reason", Text),
    #: the case's data as it was, JSON, zstd-compressed; None for a record that follows its case
    Column("snapshot", LargeBinary),
    UniqueConstraint("record_key", "number"),
    Index("ix_record_instance_id", "instance_id", "record_key"),
)
