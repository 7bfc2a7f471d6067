"""What people did, by time: the records that the audit log merges."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7e1c3a5"
down_revision: str | None = "d4a9e6b1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index each record by time; of cases only what people did."""
    op.create_index(
        "ix_history_event_people", "history_event", [sa.text("at DESC"), sa.text("instance_id DESC"), sa.text("seq DESC")],
        sqlite_where=sa.text("channel <> 'system'"), postgresql_where=sa.text("channel <> 'system'"),
    )
    with op.batch_alter_table("list_export") as batch_op:
        # of the directory each list has a name of its own
        batch_op.alter_column("list", type_=sa.String(length=40), existing_type=sa.String(length=10), existing_nullable=False)
    op.create_index("ix_directory_change_at", "directory_change", [sa.text("at DESC"), sa.text("id DESC")])
    op.create_index("ix_list_export_at", "list_export", [sa.text("at DESC"), sa.text("id DESC")])
    op.create_index("ix_user_session_created_at", "user_session", [sa.text("created_at DESC"), sa.text("id DESC")])
    op.create_index("ix_sign_in_attempt_at", "sign_in_attempt", [sa.text("at DESC"), sa.text("id DESC")])
