"""What limits came to in months that are closed: sums that are never counted again, and targets that a manager has set."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, Numeric, String, Table, Text

from engine.persistence.tables.base import Id, Instant, metadata

closed_month = Table(
    "closed_month", metadata,
    #: its first day, by the company's calendar
    Column("month", Date, primary_key=True),
    #: as of when it was closed
    Column("closed_at", Instant, nullable=False),
)

limit_month = Table(
    "limit_month", metadata,
    Column("id", Id, primary_key=True),
    Column("month", ForeignKey("closed_month.month"), nullable=False),
    Column("limit_id", String(120), nullable=False),
    Column("kind", String(10), nullable=False),
    #: by what it is told apart: empty for the whole company, `site`, `building`, `person`, `category`
    Column("split", String(10), nullable=False),
    #: id of the site, the building or the person, value of the category; empty where it is not known or nothing is told apart
    Column("part", String(120), nullable=False),
    Column("site_id", ForeignKey("site.id")),
    Column("met", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
    Column("apart", Integer, nullable=False),
    #: undecided when the month was closed; they count again in the next
    Column("running", Integer, nullable=False),
    Column("excluded", Integer, nullable=False),
    #: what numbers came to
    Column("valued", Integer, nullable=False),
    Column("value_sum", Numeric(24, 4)),
    #: goals of what was decided
    Column("aimed", Integer, nullable=False),
    Column("goal_sum", Numeric(24, 4)),
    Column("goal_least", Numeric(18, 4)),
    Column("goal_greatest", Numeric(18, 4)),
    #: how long each took that was done: seconds as 64-bit floats, ascending
    Column("seconds", LargeBinary, nullable=False),
    Index("ix_limit_month_split", "split", "month", "limit_id"),
)

limit_month_target = Table(
    "limit_month_target", metadata,
    Column("id", Id, primary_key=True),
    Column("month", ForeignKey("closed_month.month"), nullable=False),
    Column("limit_id", String(120), nullable=False),
    #: what was asked for when the month ended: `PT20M`, `end_of_day`, `day 5`, `0.7`, `90`
    Column("target", String(40), nullable=False),
    Index("ix_limit_month_target_limit", "limit_id", "month", unique=True),
)

limit_gap = Table(
    "limit_gap", metadata,
    Column("id", Id, primary_key=True),
    Column("month", ForeignKey("closed_month.month"), nullable=False),
    Column("limit_id", String(120), nullable=False),
    #: when the period began in which nothing was begun, and when its time was up
    Column("period", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("label", String(300), nullable=False),
    Column("site_id", ForeignKey("site.id")),
    Column("building_id", ForeignKey("building.id")),
    Index("ix_limit_gap_limit", "limit_id", "due_at", "id"),
    Index("ix_limit_gap_due_at", "due_at"),
)

month_pack = Table(
    "month_pack", metadata,
    Column("month", ForeignKey("closed_month.month"), primary_key=True),
    #: JSON with sorted keys
    Column("body", Text, nullable=False),
    #: SHA-256 over it
    Column("digest", LargeBinary(32), nullable=False),
    Column("kept_at", Instant, nullable=False),
)

limit_target = Table(
    "limit_target", metadata,
    Column("id", Id, primary_key=True),
    Column("limit_id", String(120), nullable=False),
    #: from the beginning of that day on
    Column("effective_from", Date, nullable=False),
    #: what is asked for then, as limits.toml would say it; of a limit by a day of the month its number
    Column("target", String(40), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", ForeignKey("app_user.id")),
    #: taken back before it counted
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", ForeignKey("app_user.id")),
    #: rises with every change
    Column("version", Integer, nullable=False, server_default="1"),
    Index("ix_limit_target_limit", "limit_id", "effective_from"),
)
