"""Texts of messages that the administrator worded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d1e5a7b3"
down_revision: str | None = "e1d6a3f8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "notification_template",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notification_template")),
    )
