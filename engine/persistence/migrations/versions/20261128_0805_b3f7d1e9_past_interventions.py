"""What managers did with cases by hand, as a list by time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b3f7d1e9"
down_revision: str | None = "d2f7a4c8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make its index."""
    op.create_index("ix_intervention_asked_at", "intervention", [sa.text("asked_at DESC"), sa.text("id DESC")])
