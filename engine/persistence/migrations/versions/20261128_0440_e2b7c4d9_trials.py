"""How far the scenarios of drafts are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e2b7c4d9"
down_revision: str | None = "d2c8f1a6"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "design_trial",
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("played", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.Text(), nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("moved_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["design_draft.id"], name=op.f("fk_design_trial_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_design_trial")),
    )


def downgrade() -> None:
    """Forget them; they can be played again."""
    op.drop_table("design_trial")
