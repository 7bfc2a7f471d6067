"""Settings that were changed while the program runs, and backups that were made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f3c9e1a7"
down_revision: str | None = "b3f7d1e9"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Nothing was changed yet, and no backup is known."""
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )
    op.create_table(
        "backup_made",
        sa.Column("id", ID, nullable=False),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup_made")),
    )
    op.create_index("ix_backup_made_made_at", "backup_made", [sa.text("made_at DESC")])
