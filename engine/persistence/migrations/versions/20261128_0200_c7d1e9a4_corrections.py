"""Times that were put right afterwards, and what of it came after the month was closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c7d1e9a4"
down_revision: str | None = "d4b7e2c9"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for them."""
    op.create_table(
        "corrected_time",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("corrected_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_corrected_time_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "seq", name=op.f("pk_corrected_time")),
    )
    op.create_table(
        "limit_correction",
        sa.Column("id", ID, nullable=False),
        sa.Column("clock_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("corrected_seq", sa.Integer(), nullable=False),
        sa.Column("corrected_at", INSTANT, nullable=False),
        sa.Column("corrected_by", ID, nullable=True),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("stopped_at", INSTANT, nullable=True),
        sa.Column("is_missed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["clock_id"], ["limit_clock.id"], name=op.f("fk_limit_correction_clock_id")),
        sa.ForeignKeyConstraint(["corrected_by"], ["app_user.id"], name=op.f("fk_limit_correction_corrected_by")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_limit_correction_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_correction")),
    )
    with op.batch_alter_table("limit_correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_limit_correction_clock_id"), ["clock_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_limit_correction_instance_id"), ["instance_id"], unique=False)


def downgrade() -> None:
    """Forget them; history still tells."""
    op.drop_table("limit_correction")
    op.drop_table("corrected_time")
