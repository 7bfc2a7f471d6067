"""The cases in which something is open at a step, or that a person worked on, from the index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4a9e6b1"
down_revision: str | None = "d3f7b2c9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes anew, with the case in them."""
    op.drop_index("ix_work_item_element", "work_item")
    op.create_index(
        "ix_work_item_element", "work_item", ["definition_key", "element_id", "id", "instance_id"],
        sqlite_where=sa.text("is_live = 1"), postgresql_where=sa.text("is_live"),
    )
    op.drop_index("ix_work_item_done", "work_item")
    op.create_index(
        "ix_work_item_done", "work_item", ["completed_by", sa.text("completed_at DESC"), sa.text("id DESC"), "instance_id"],
        sqlite_where=sa.text("completed_by IS NOT NULL"), postgresql_where=sa.text("completed_by IS NOT NULL"),
    )
