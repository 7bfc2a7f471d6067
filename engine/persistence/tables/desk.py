"""Tables of the front desk: who else reported the same thing, who is on duty, what one shift hands to the next."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, String, Table, Text, text

from engine.persistence.tables.base import Id, Instant, metadata

case_reporter = Table(
    "case_reporter", metadata,
    Column("id", Id, primary_key=True),
    #: the open case that the call was about
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("phone", String(40), nullable=False, server_default=""),
    #: where the caller lives, which need not be where the case is
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    #: what the caller said
    Column("words", Text, nullable=False, server_default=""),
    #: when the call is said to have come, and when it was entered
    Column("reported_at", Instant, nullable=False),
    Column("entered_at", Instant, nullable=False),
    Column("entered_by", ForeignKey("app_user.id")),
    #: when the caller was told how it ended; None while nobody has
    Column("told_at", Instant),
    Column("told_by", ForeignKey("app_user.id")),
    #: `phone`, `in_person`, `message`, `unreachable`
    Column("told_how", String(20)),
    Column("told_note", String(300), nullable=False, server_default=""),
)
Index("ix_case_reporter_untold", case_reporter.c.instance_id, case_reporter.c.id,
      sqlite_where=text("told_at IS NULL"), postgresql_where=text("told_at IS NULL"))

duty = Table(
    "duty", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    #: `day`, `night` or `standby`
    Column("kind", String(10), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    #: when it was taken off the roster again; None while it stands
    Column("withdrawn_at", Instant),
    Column("withdrawn_by", ForeignKey("app_user.id")),
    Index("ix_duty_site", "site_id", "ends_at"),
)

shift = Table(
    "shift", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    #: who took the desk over, and when
    Column("opened_at", Instant, nullable=False),
    Column("opened_by", ForeignKey("app_user.id"), nullable=False),
    #: who handed it over, and when; None while the shift is on
    Column("handed_at", Instant),
    Column("handed_by", ForeignKey("app_user.id")),
    #: what was handed over, as it was then: counts of what was open and what is to be known, JSON
    Column("summary", Text),
    #: SHA-256 of the summary with names and times, so that a later change shows
    Column("digest", LargeBinary(32)),
    #: why it was ended without having been handed over
    Column("missing_reason", String(300)),
    Index("ix_shift_site", "site_id", text("opened_at DESC"), text("id DESC")),
)
# one desk a site: two who take it over at the same moment can't both have it
Index("uq_shift_open", shift.c.site_id, unique=True, sqlite_where=text("handed_at IS NULL"), postgresql_where=text("handed_at IS NULL"))

shift_note = Table(
    "shift_note", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("text", String(1000), nullable=False),
    #: the case that it is about
    Column("instance_id", ForeignKey("instance.id")),
    Column("at", Instant, nullable=False),
    Column("written_by", ForeignKey("app_user.id"), nullable=False),
    #: when somebody saw to it; None while it goes from shift to shift
    Column("done_at", Instant),
    Column("done_by", ForeignKey("app_user.id")),
    Index("ix_shift_note_site", "site_id", text("at DESC"), text("id DESC")),
)
