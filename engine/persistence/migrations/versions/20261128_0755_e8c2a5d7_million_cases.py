"""Lists of a million cases: walks that read no case, and sets of cases that are read from an index alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e8c2a5d7"
down_revision: str | None = "c8e3f1b6"
branch_labels = None
depends_on = None

_BESIDE = ("definition_id", "started_at", "started_by", "late_since")
_TOLD = ("state", "site_id", "definition_key", *_BESIDE)
_LATE = sa.text("late_since IS NOT NULL")


def upgrade() -> None:
    """Make the indexes anew, with what lists are narrowed by in them."""
    op.drop_index("ix_instance_key_list", "instance")
    op.drop_index("ix_instance_moved", "instance")
    op.create_index("ix_instance_moved", "instance", [sa.text("moved_at DESC"), sa.text("id DESC"), *_TOLD])
    op.drop_index("ix_instance_key_moved", "instance")
    op.create_index("ix_instance_key_moved", "instance",
                    ["definition_key", sa.text("moved_at DESC"), sa.text("id DESC"), "state", "site_id", *_BESIDE])
    op.drop_index("ix_instance_title", "instance")
    op.create_index("ix_instance_title", "instance", ["title", "id", "business_key", *_TOLD])
    op.create_index("ix_instance_site", "instance", ["site_id", "id"])
    op.create_index("ix_instance_late", "instance", ["late_since", "id"], sqlite_where=_LATE, postgresql_where=_LATE)
    for name in ("text", "number", "at"):
        op.drop_index(f"ix_instance_variable_{name}", "instance_variable")
        op.create_index(f"ix_instance_variable_{name}", "instance_variable", ["name", name, "instance_id"],
                        postgresql_ops={"text": "text_pattern_ops"} if name == "text" else {})
