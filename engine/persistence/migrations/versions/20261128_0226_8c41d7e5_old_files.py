"""Files that were kept before papers of identity were told apart count as such until their case has been looked at."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "8c41d7e5"
down_revision: str | None = "c7d1e9a4"
branch_labels = None
depends_on = None

_WAITING = sa.text("personal = 'unsettled'")


def upgrade() -> None:
    """Mark them. What no case holds yet is marked as it is bound, and what hangs on a case outside of its forms is no such paper."""
    op.execute(
        "UPDATE file SET personal = 'unsettled' WHERE personal IS NULL AND instance_id IS NOT NULL AND kind <> 'signature'"
        " AND id NOT IN (SELECT file_id FROM case_attachment)"
    )
    op.create_index("ix_file_unsettled", "file", ["instance_id"], sqlite_where=_WAITING, postgresql_where=_WAITING)
