"""Saved filters, what lists open with, which lists left as files; the to-do list by number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b8e3d5f7"
down_revision: str | None = "f3a9c1d7"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "saved_filter",
        sa.Column("id", ID, nullable=False),
        sa.Column("owner_id", ID, nullable=False),
        sa.Column("list", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_saved_filter_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("owner_id", "list", "name", name=op.f("uq_saved_filter_owner_id_list_name")),
    )
    op.create_table(
        "list_default",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("list", sa.String(length=10), nullable=False),
        sa.Column("filter_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["filter_id"], ["saved_filter.id"], name=op.f("fk_list_default_filter_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_list_default_user_id")),
        sa.PrimaryKeyConstraint("user_id", "list", name=op.f("pk_list_default")),
    )
    with op.batch_alter_table("list_default", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_default_filter_id"), ["filter_id"], unique=False)
    op.create_table(
        "list_export",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("list", sa.String(length=10), nullable=False),
        sa.Column("query", sa.String(length=2000), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_list_export_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_export")),
    )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index("ix_instance_moved", [sa.literal_column("moved_at DESC"), sa.literal_column("id DESC")], unique=False)
        batch_op.create_index("ix_instance_started", [sa.literal_column("started_at DESC"), sa.literal_column("id DESC")], unique=False)
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_role_number", ["role", "site_id", "business_key", "id"], unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NULL"), postgresql_where=sa.text("is_live AND assignee_id IS NULL"),
        )
