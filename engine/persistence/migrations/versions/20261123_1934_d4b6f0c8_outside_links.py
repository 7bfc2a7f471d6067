"""One-time links of people without an account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4b6f0c8"
down_revision: str | None = "e8f1a2b3"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them, the record of who tried them, and what a file came by."""
    op.create_table(
        "outside_link",
        sa.Column("id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("locale", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=100), server_default="", nullable=False),
        sa.Column("send_to", sa.String(length=200), nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=True),
        sa.Column("last_opened_at", INSTANT, nullable=True),
        sa.Column("open_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", INSTANT, nullable=True),
        sa.Column("used_by", sa.String(length=100), nullable=True),
        sa.Column("used_from", sa.String(length=60), nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("revoked_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_outside_link_created_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["app_user.id"], name=op.f("fk_outside_link_revoked_by")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_outside_link_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_link")),
        sa.UniqueConstraint("digest", name=op.f("uq_outside_link_digest")),
    )
    with op.batch_alter_table("outside_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outside_link_work_item_id"), ["work_item_id"], unique=False)
    op.create_table(
        "outside_link_attempt",
        sa.Column("id", ID, nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("link_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["link_id"], ["outside_link.id"], name=op.f("fk_outside_link_attempt_link_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_link_attempt")),
    )
    with op.batch_alter_table("outside_link_attempt", schema=None) as batch_op:
        batch_op.create_index("ix_outside_link_attempt_address", ["address", "at"], unique=False)
        batch_op.create_index("ix_outside_link_attempt_link", ["link_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_outside_link_attempt_at"), ["at"], unique=False)
    with op.batch_alter_table("file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("link_id", ID, nullable=True))
