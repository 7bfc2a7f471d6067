"""Blocks of numbers for printed papers: what they were printed for, and by when they are settled."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d4b7e2c9"
down_revision: str | None = "7ea93fb2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing has been reserved before."""
    with op.batch_alter_table("number_block", schema=None) as batch_op:
        batch_op.add_column(sa.Column("book", sa.String(length=100), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("use_by", sa.Date(), nullable=True))
        batch_op.drop_column("note")


def downgrade() -> None:
    """As it was."""
    with op.batch_alter_table("number_block", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.String(length=200), nullable=False, server_default=""))
        batch_op.drop_column("use_by")
        batch_op.drop_column("book")
