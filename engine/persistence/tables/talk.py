"""Tables of what people add to a case beside its forms: comments, attachments, and drafts of forms not sent yet."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, String, Table, Text

from engine.persistence.tables.base import Id, Instant, metadata

case_comment = Table(
    "case_comment", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False),
    #: the item on whose page it was written; None for one on the case itself
    Column("work_item_id", ForeignKey("work_item.id")),
    #: as it reads now; earlier wordings lie in the history
    Column("body", Text, nullable=False),
    Column("author_id", ForeignKey("app_user.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("struck_at", Instant),
    Column("struck_by", ForeignKey("app_user.id")),
    Column("struck_reason", String(1000)),
    Index("ix_case_comment_instance", "instance_id", "id"),
)

comment_mention = Table(
    "comment_mention", metadata,
    Column("comment_id", ForeignKey("case_comment.id"), nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    PrimaryKeyConstraint("comment_id", "user_id"),
)

case_attachment = Table(
    "case_attachment", metadata,
    Column("id", Id, primary_key=True),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    Column("work_item_id", ForeignKey("work_item.id")),
    #: name, type, size and uploader lie in the file's own row
    Column("file_id", ForeignKey("file.id"), nullable=False, unique=True),
    Column("struck_at", Instant),
    Column("struck_by", ForeignKey("app_user.id")),
    Column("struck_reason", String(1000)),
)

work_item_draft = Table(
    "work_item_draft", metadata,
    Column("work_item_id", ForeignKey("work_item.id"), nullable=False),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    #: JSON array of `[name, value]`, as the form would send them, without files and drawn signatures
    Column("fields", LargeBinary, nullable=False),
    Column("saved_at", Instant, nullable=False, index=True),
    PrimaryKeyConstraint("work_item_id", "user_id"),
)
