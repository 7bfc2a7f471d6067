"""What designers have done while playing a draft."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d5b1c7e4"
down_revision: str | None = "b7e1c3a5"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "design_play",
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["draft_id"], ["design_draft.id"], name=op.f("fk_design_play_draft_id")),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_design_play_user_id")),
        sa.PrimaryKeyConstraint("draft_id", "user_id", name=op.f("pk_design_play")),
    )


def downgrade() -> None:
    """Forget them; what was worth keeping was saved as a scenario."""
    op.drop_table("design_play")
