"""What each closed month came to, put together as managers got it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d3a8e6c1"
down_revision: str | None = "e2b7c4d9"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "month_pack",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["month"], ["closed_month.month"], name=op.f("fk_month_pack_month")),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_month_pack")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("month_pack")
