"""Lists in the order of their titles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c9d4e6a2"
down_revision: str | None = "91c4d7e3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.create_index(
            "ix_work_item_role_title", ["role", "site_id", "title", "id"], unique=False,
            sqlite_where=sa.text("is_live = 1 AND assignee_id IS NULL"), postgresql_where=sa.text("is_live AND assignee_id IS NULL"),
        )
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.create_index("ix_instance_title", ["title", "id"], unique=False)


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("instance", schema=None) as batch_op:
        batch_op.drop_index("ix_instance_title")
    with op.batch_alter_table("work_item", schema=None) as batch_op:
        batch_op.drop_index("ix_work_item_role_title")
