"""Looking for cases by the beginning of a number, by where they stand and by what their fields hold."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d2c8f1a6"
down_revision: str | None = "b7e4c2d9"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("ix_instance_key_moved", "instance", ["definition_key", sa.text("moved_at DESC"), sa.text("id DESC")])
    op.create_index("ix_event_subscription_element_id", "event_subscription", ["element_id"])
    op.create_index(
        "ix_incident_open", "incident", ["element_id", "instance_id"],
        sqlite_where=sa.text("resolved_at IS NULL"), postgresql_where=sa.text("resolved_at IS NULL"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # only so does an index find what begins with something under any collation
        op.drop_index("ix_instance_business_key", "instance")
        op.create_index("ix_instance_business_key", "instance", ["business_key"], postgresql_ops={"business_key": "text_pattern_ops"})
        op.drop_index("ix_instance_variable_text", "instance_variable")
        op.create_index("ix_instance_variable_text", "instance_variable", ["name", "text"], postgresql_ops={"text": "text_pattern_ops"})
