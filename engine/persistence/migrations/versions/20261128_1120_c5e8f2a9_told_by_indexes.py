"""Lists of cases: what is late, stands in a state or lived long is told by an index of its own, without a look at a case."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c5e8f2a9"
down_revision: str | None = "a6d9e2c4"
branch_labels = None
depends_on = None

_MOVED = (sa.text("moved_at DESC"), sa.text("id DESC"))
_TOLD = ("state", "site_id", "definition_key", "definition_id", "started_at", "started_by", "late_since")
_LATE = sa.text("late_since IS NOT NULL")


def upgrade() -> None:
    """Make two of them anew, and one for the cases that moved more than thirty days after they began; runs of retention latest first."""
    op.drop_index("ix_instance_list", "instance")
    op.create_index("ix_instance_list", "instance",
                    ["state", *_MOVED, "started_at", "site_id", "definition_key", "definition_id", "started_by", "late_since"])
    op.drop_index("ix_instance_late", "instance")
    op.create_index("ix_instance_late", "instance", [*_MOVED, *_TOLD], sqlite_where=_LATE, postgresql_where=_LATE)
    op.create_index("ix_instance_long", "instance", [*_MOVED, *_TOLD], sqlite_where=sa.text("moved_at - started_at > 2592000000000"),
                    postgresql_where=sa.text("(moved_at - started_at) > '720 hours'::interval"))
    op.drop_index("ix_retention_run_asked_at", "retention_run")
    op.create_index("ix_retention_run_asked_at", "retention_run", [sa.text("asked_at DESC"), sa.text("id DESC")])
