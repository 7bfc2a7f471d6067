"""Contents that are there, by kind: what rules of keeping look for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a6d9e2c4"
down_revision: str | None = "f3c9e1a7"
branch_labels = None
depends_on = None
_PRESENT = sa.text("erased_at IS NULL AND instance_id IS NOT NULL")


def upgrade() -> None:
    """Index them."""
    op.create_index("ix_file_present", "file", ["kind", "instance_id"], sqlite_where=_PRESENT, postgresql_where=_PRESENT)
