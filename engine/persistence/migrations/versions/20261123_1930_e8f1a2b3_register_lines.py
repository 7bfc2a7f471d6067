"""Rows of tables in forms, and submissions of forms that are logged, for registers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e8f1a2b3"
down_revision: str | None = "c3e9a7d4"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "register_line",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("source", sa.String(length=160), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=True),
        sa.Column("number", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_register_line_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "source", "position", "field", name=op.f("pk_register_line")),
    )
    op.create_index("ix_register_line_source", "register_line", ["source", "field", "at"])
