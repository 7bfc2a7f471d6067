"""Saves of one person, for the list of what they have in hand."""

from __future__ import annotations

from alembic import op

revision = "b9e2d4a6"
down_revision: str | None = "a7d3f1c5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """One index."""
    op.create_index("ix_design_change_by", "design_change", ["by", "draft_id"])
