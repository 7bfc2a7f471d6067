"""Plays of the weeks ahead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e7a2c9f4"
down_revision: str | None = "c4f8a2d6"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "what_if_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(100), server_default="", nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("sites", sa.Text(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_what_if_run_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_what_if_run")),
    )
    op.create_index("ix_what_if_run_asked_by", "what_if_run", ["asked_by", "id"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("what_if_run")
