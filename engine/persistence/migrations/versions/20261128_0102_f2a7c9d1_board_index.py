"""What is open at a step, for boards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f2a7c9d1"
down_revision: str | None = "f7a3c1d8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_element", ["definition_key", "element_id", "id"], unique=False,
            sqlite_where=sa.text("is_live = 1"), postgresql_where=sa.text("is_live"),
        )
