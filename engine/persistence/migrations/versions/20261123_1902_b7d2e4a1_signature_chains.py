"""Signature chains, copies, nudges, and tokens that name one signer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7d2e4a1"
down_revision: str | None = "a1c0f5e2"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: columns that held 32 characters
_TOKENS = ("history_event", "incident", "signature")


def upgrade() -> None:
    """Forward."""
    op.add_column("work_item", sa.Column("nudged_at", INSTANT, nullable=True))
    op.add_column("signature", sa.Column("fields", sa.LargeBinary(), nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        # SQLite keeps no lengths
        for table in _TOKENS:
            op.alter_column(table, "token", type_=sa.String(length=48))
    op.create_table(
        "approval",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("definition_id", ID, nullable=False),
        sa.Column("element_id", sa.String(length=120), nullable=False),
        sa.Column("item", sa.String(length=300), server_default="", nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("waits_for", ID, nullable=True),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=100), server_default="", nullable=False),
        sa.Column("person_id", ID, nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("on_behalf_of", ID, nullable=True),
        sa.Column("work_item_id", ID, nullable=True),
        sa.Column("signature_id", ID, nullable=True),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("added_by", ID, nullable=True),
        sa.Column("replaces", ID, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_approval_instance_id")),
        sa.ForeignKeyConstraint(["definition_id"], ["definition.id"], name=op.f("fk_approval_definition_id")),
        sa.ForeignKeyConstraint(["waits_for"], ["approval.id"], name=op.f("fk_approval_waits_for")),
        sa.ForeignKeyConstraint(["person_id"], ["app_user.id"], name=op.f("fk_approval_person_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["app_user.id"], name=op.f("fk_approval_decided_by")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["app_user.id"], name=op.f("fk_approval_on_behalf_of")),
        sa.ForeignKeyConstraint(["work_item_id"], ["work_item.id"], name=op.f("fk_approval_work_item_id")),
        sa.ForeignKeyConstraint(["signature_id"], ["signature.id"], name=op.f("fk_approval_signature_id")),
        sa.ForeignKeyConstraint(["added_by"], ["app_user.id"], name=op.f("fk_approval_added_by")),
        sa.ForeignKeyConstraint(["replaces"], ["approval.id"], name=op.f("fk_approval_replaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index("ix_approval_instance_id", "approval", ["instance_id", "element_id", "round", "position"])
    op.create_index("ix_approval_token", "approval", ["token"])
    op.create_index(op.f("ix_approval_work_item_id"), "approval", ["work_item_id"])
    op.create_table(
        "carbon_copy",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_carbon_copy_instance_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_carbon_copy_user_id")),
        sa.ForeignKeyConstraint(["by_id"], ["app_user.id"], name=op.f("fk_carbon_copy_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carbon_copy")),
        sa.UniqueConstraint("instance_id", "user_id", name=op.f("uq_carbon_copy_instance_id_user_id")),
    )
    op.create_index("ix_carbon_copy_user_id", "carbon_copy", ["user_id", sa.text("at DESC"), sa.text("id DESC")])
    op.create_index(
        "ix_carbon_copy_unread",
        "carbon_copy",
        ["user_id"],
        sqlite_where=sa.text("read_at IS NULL"),
        postgresql_where=sa.text("read_at IS NULL"),
    )
