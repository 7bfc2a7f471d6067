"""Comments with mentions and attachments of cases; drafts of forms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f4d7a9c2"
down_revision: str | None = "d4b6f0c8"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "case_comment",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=True),
        sa.Column("struck_at", INSTANT, nullable=True),
        sa.Column("struck_by", ID, nullable=True),
        sa.Column("struck_reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["author_id"], ["app_user.id"], name=op.f("fk_case_comment_author_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_case_comment_instance_id")),
        sa.ForeignKeyConstraint(["struck_by"], ["app_user.id"], name=op.f("fk_case_comment_struck_by")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_case_comment_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_comment")),
    )
    op.create_index("ix_case_comment_instance", "case_comment", ["instance_id", "id"])
    op.create_table(
        "comment_mention",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["case_comment.id"], name=op.f("fk_comment_mention_comment_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_comment_mention_user_id")),
        sa.PrimaryKeyConstraint("comment_id", "user_id", name=op.f("pk_comment_mention")),
    )
    op.create_table(
        "case_attachment",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("struck_at", INSTANT, nullable=True),
        sa.Column("struck_by", ID, nullable=True),
        sa.Column("struck_reason", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_case_attachment_file_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_case_attachment_instance_id")),
        sa.ForeignKeyConstraint(["struck_by"], ["app_user.id"], name=op.f("fk_case_attachment_struck_by")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_case_attachment_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_attachment")),
        sa.UniqueConstraint("file_id", name=op.f("uq_case_attachment_file_id")),
    )
    op.create_index(op.f("ix_case_attachment_instance_id"), "case_attachment", ["instance_id"])
    op.create_table(
        "work_item_draft",
        sa.Column("work_item_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("fields", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_work_item_draft_user_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_work_item_draft_work_item_id")),
        sa.PrimaryKeyConstraint("work_item_id", "user_id", name=op.f("pk_work_item_draft")),
    )
    op.create_index(op.f("ix_work_item_draft_saved_at"), "work_item_draft", ["saved_at"])
