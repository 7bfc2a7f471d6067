"""Open work by its due time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c6d2f8a4"
down_revision: str | None = "c9e1f4a7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_live_due", ["due_at", "id"], unique=False,
            sqlite_where=sa.text("is_live = 1 AND due_at IS NOT NULL"), postgresql_where=sa.text("is_live AND due_at IS NOT NULL"),
        )
