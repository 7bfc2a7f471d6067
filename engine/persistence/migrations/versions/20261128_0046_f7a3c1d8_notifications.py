"""Telling people: notifications, who has read them, wishes, ways out of the house, deliveries, telephone calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f7a3c1d8"
down_revision: str | None = "f4d7a9c2"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "notification_channel",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), server_default="", nullable=False),
        sa.Column("kinds", sa.Text(), server_default="[]", nullable=False),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("locale", sa.String(length=10), server_default="zh-Hant", nullable=False),
        sa.Column("may_be_inside", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["app_user.id"], name=op.f("fk_notification_channel_changed_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notification_channel_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_channel")),
    )
    op.create_table(
        "notification_choice",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notification_choice_user_id")),
        sa.PrimaryKeyConstraint("user_id", "kind", "way", name=op.f("pk_notification_choice")),
    )
    op.create_table(
        "notification_wish",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("read_to", ID, server_default="0", nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notification_wish_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_notification_wish")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("channel_id", ID, nullable=True),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("address", sa.String(length=200), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("handled_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["channel_id"], ["notification_channel.id"], name=op.f("fk_delivery_channel_id")),
        sa.ForeignKeyConstraint(["handled_by"], ["app_user.id"], name=op.f("fk_delivery_handled_by")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_delivery_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
    )
    op.create_index("ix_delivery_list", "delivery", ["state", "id"], unique=False)
    op.create_index("ix_delivery_next", "delivery", ["next_at", "id"], unique=False, sqlite_where=sa.text("state = 'waiting'"), postgresql_where=sa.text("state = 'waiting'"))
    op.create_index("ix_delivery_user_id", "delivery", ["user_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("role", sa.String(length=60), nullable=True),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("data", sa.Text(), nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("pending_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_notification_by_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_notification_instance_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_notification_site_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notification_user_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_notification_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_made_at", "notification", ["made_at"], unique=False)
    op.create_index("ix_notification_pending", "notification", ["id"], unique=False, sqlite_where=sa.text("pending_at IS NOT NULL"), postgresql_where=sa.text("pending_at IS NOT NULL"))
    op.create_index("ix_notification_role", "notification", ["role", "site_id", "id"], unique=False, sqlite_where=sa.text("user_id IS NULL"), postgresql_where=sa.text("user_id IS NULL"))
    op.create_index("ix_notification_user", "notification", ["user_id", "id"], unique=False, sqlite_where=sa.text("user_id IS NOT NULL"), postgresql_where=sa.text("user_id IS NOT NULL"))
    op.create_table(
        "phone_call",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("result", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("called_at", INSTANT, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_phone_call_by_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_phone_call_instance_id")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_phone_call_work_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_phone_call")),
    )
    op.create_index(op.f("ix_phone_call_instance_id"), "phone_call", ["instance_id"], unique=False)
    op.create_table(
        "notification_read",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("notification_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["notification_id"], ["notification.id"], name=op.f("fk_notification_read_notification_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notification_read_user_id")),
        sa.PrimaryKeyConstraint("user_id", "notification_id", name=op.f("pk_notification_read")),
    )
    op.create_index(op.f("ix_notification_read_notification_id"), "notification_read", ["notification_id"], unique=False)
