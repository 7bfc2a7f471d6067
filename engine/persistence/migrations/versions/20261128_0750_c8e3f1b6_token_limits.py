"""Bearer tokens that may do less than their person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c8e3f1b6"
down_revision: str | None = "e4b8d2a7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Those that are there stay as good as their person."""
    op.add_column("api_token", sa.Column("limits", sa.Text(), nullable=True))
