"""Which first hints a person has put away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "91c4d7e3"
down_revision: str | None = "8c41d7e5"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "dismissed_hint",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("hint", sa.String(length=40), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_dismissed_hint_user_id")),
        sa.PrimaryKeyConstraint("user_id", "hint", name=op.f("pk_dismissed_hint")),
    )
