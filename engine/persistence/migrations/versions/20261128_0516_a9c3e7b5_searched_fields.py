"""Which versions' new fields were looked up in earlier cases: none so far."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a9c3e7b5"
down_revision: str | None = "f2b9d4e7"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Make room for it."""
    op.add_column("definition", sa.Column("fields_settled_at", INSTANT, nullable=True))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("definition", "fields_settled_at")
