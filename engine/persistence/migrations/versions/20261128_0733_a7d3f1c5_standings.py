"""Where running cases stand, kept between two looks at what a new version would mean."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a7d3f1c5"
down_revision: str | None = "e7a2c9f4"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Empty: the first look fills it."""
    op.create_table(
        "case_standing",
        sa.Column("definition_key", sa.String(120), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("done", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("total", sa.Integer(), nullable=False, server_default="0"),
    )
