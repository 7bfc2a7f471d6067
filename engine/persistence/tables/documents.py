"""Tables of attachments and signatures."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, String, Table, text

from engine.persistence.tables.base import Id, Instant, metadata

file = Table(
    "file", metadata,
    Column("id", Id, primary_key=True),
    #: SHA-256 of the content, which lies outside the database
    Column("digest", LargeBinary(32), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    #: found by looking at the content, not at the name
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    #: `attachment`, `photo` or `signature`
    Column("kind", String(20), nullable=False),
    #: None until the form that holds it is submitted
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("uploaded_at", Instant, nullable=False),
    Column("uploaded_by", ForeignKey("app_user.id")),
    #: the one-time link by which it came; None where somebody with an account uploaded it
    Column("link_id", Id),
    #: `identity` for a paper of identity, `unsettled` where its case has not been looked at since they are told apart; None for all else
    Column("personal", String(20)),
    #: when its content was erased by rule; who gave it, and when, stays
    Column("erased_at", Instant),
)
# what rules of keeping look for: contents that are there, by kind
_PRESENT = text("erased_at IS NULL AND instance_id IS NOT NULL")
Index("ix_file_present", file.c.kind, file.c.instance_id, sqlite_where=_PRESENT, postgresql_where=_PRESENT)
_WAITING = text("personal = 'unsettled'")
Index("ix_file_unsettled", file.c.instance_id, sqlite_where=_WAITING, postgresql_where=_WAITING)

signature = Table(
    "signature", metadata,
    Column("id", Id, primary_key=True),
    Column("file_id", ForeignKey("file.id"), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("token", String(48), nullable=False),
    Column("element_id", String(120), nullable=False),
    #: form key + `.` + field that holds it
    Column("field", String(160), nullable=False),
    Column("signer", String(100), nullable=False),
    Column("channel", String(10), nullable=False),
    #: staff member at whose device an outside person signed
    Column("attended_by", ForeignKey("app_user.id")),
    Column("at", Instant, nullable=False),
    #: SHA-256 of exactly the content that was signed (canonical JSON)
    Column("content_digest", LargeBinary(32), nullable=False),
    #: JSON object: salt, and path → salted digest of each value that was signed, so that a later change can be named
    Column("fields", LargeBinary),
)
