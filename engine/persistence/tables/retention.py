"""Tables of erasing personal data: rules, what holds them off, runs, and the chained list of what each run took out of which case."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Table, text

from engine.persistence.tables.base import Id, Instant, metadata

retention_rule = Table(
    "retention_rule", metadata,
    #: `engine.retention.kinds.Kind`
    Column("kind", String(20), nullable=False),
    #: process key; empty for every procedure without a rule of its own
    Column("procedure", String(120), nullable=False),
    Column("days", Integer, nullable=False),
    Column("is_on", Boolean, nullable=False),
    #: whether the period begins only when those whom the case concerns have moved out
    Column("from_tenancy", Boolean, nullable=False),
    #: counts changes; a change names the one it was made from
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "procedure"),
)

retention_hold = Table(
    "retention_hold", metadata,
    Column("id", Id, primary_key=True),
    #: `case`, `unit` or `tenant`
    Column("about", String(10), nullable=False),
    Column("target_id", Id, nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("placed_at", Instant, nullable=False),
    Column("placed_by", ForeignKey("app_user.id")),
    Column("lifted_at", Instant),
    Column("lifted_by", ForeignKey("app_user.id")),
)
# one that stands for each
Index("uq_retention_hold_standing", retention_hold.c.about, retention_hold.c.target_id, unique=True,
      sqlite_where=text("lifted_at IS NULL"), postgresql_where=text("lifted_at IS NULL"))

retention_run = Table(
    "retention_run", metadata,
    Column("id", Id, primary_key=True),
    #: as the rule; empty where one person's data were asked for
    Column("kind", String(20), nullable=False),
    Column("procedure", String(120), nullable=False),
    #: the rule as it was then
    Column("days", Integer, nullable=False),
    Column("from_tenancy", Boolean, nullable=False),
    #: what ended by then goes
    Column("cutoff", Instant, nullable=False),
    #: whose data it was, where one person asked
    Column("tenant_id", ForeignKey("tenant.id")),
    Column("reason", String(1000)),
    Column("asked_at", Instant, nullable=False),
    #: None for the daily round
    Column("asked_by", ForeignKey("app_user.id")),
    #: `running`, `stopped`, `finished`
    Column("state", String(10), nullable=False),
    Column("finished_at", Instant),
    #: cases, or rows of the company's, that something was taken out of; and those that could not be done
    Column("done_count", Integer, nullable=False, server_default="0"),
    Column("failed_count", Integer, nullable=False, server_default="0"),
    Column("value_count", Integer, nullable=False, server_default="0"),
    Column("file_count", Integer, nullable=False, server_default="0"),
    #: when what it left behind in the store's free space was tidied away
    Column("tidied_at", Instant),
    Index("ix_retention_run_asked_at", text("asked_at DESC"), text("id DESC")),
)

retention_erasure = Table(
    "retention_erasure", metadata,
    #: 1, 2, 3 … without a gap
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("run_id", ForeignKey("retention_run.id"), nullable=False, index=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: the event of the case's history that tells of it
    Column("seq", Integer, nullable=False),
    Column("value_count", Integer, nullable=False),
    Column("file_count", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    #: SHA-256 over the digest before, this row and the event's digest
    Column("digest", LargeBinary(32), nullable=False),
    Index("ix_retention_erasure_instance", "instance_id", "seq", unique=True),
)

retention_looked = Table(
    "retention_looked", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    #: the case's last event when it was looked through: what comes later is looked at again
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("instance_id", "kind"),
)

retention_head = Table(
    "retention_head", metadata,
    #: the one row; none before anything was looked for
    Column("id", Id, primary_key=True),
    #: of the last erasure
    Column("last_id", Id, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    #: the company's day of the last daily round
    Column("round_on", Date),
)

content_to_forget = Table(
    "content_to_forget", metadata,
    #: SHA-256 of a content that no file needs any more, until it is gone from where contents lie
    Column("digest", LargeBinary(32), primary_key=True),
    Column("since", Instant, nullable=False),
)
