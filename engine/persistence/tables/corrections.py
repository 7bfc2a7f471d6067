"""Times of cases that were put right afterwards, and what of it no longer changes the figures of a closed month."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, PrimaryKeyConstraint, Table

from engine.persistence.tables.base import Id, Instant, metadata

corrected_time = Table(
    "corrected_time", metadata,
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: the event of history that happened at another time than it says
    Column("seq", Integer, nullable=False),
    #: when it happened, as it was said last
    Column("happened_at", Instant, nullable=False),
    #: the event that says so, with who, why and the time before
    Column("corrected_seq", Integer, nullable=False),
    PrimaryKeyConstraint("instance_id", "seq"),
)

limit_correction = Table(
    "limit_correction", metadata,
    Column("id", Id, primary_key=True),
    #: what was measured in a month that was closed by then: it stays as it is
    Column("clock_id", ForeignKey("limit_clock.id"), nullable=False, index=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    #: the event of history that tells of it
    Column("corrected_seq", Integer, nullable=False),
    Column("corrected_at", Instant, nullable=False),
    Column("corrected_by", ForeignKey("app_user.id")),
    #: when it began and was done, as it is said now
    Column("started_at", Instant, nullable=False),
    Column("stopped_at", Instant),
    #: whether it would count as missed
    Column("is_missed", Boolean, nullable=False),
)
