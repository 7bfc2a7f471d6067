"""Sums of closed months, targets that a manager sets, and in which month a clock counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "b7e4c2d9"
down_revision: str | None = "b4d81c6e"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for them. What was measured so far counts where it began; months are closed by the program's first look at them."""
    op.add_column("limit_clock", sa.Column("counted_at", INSTANT, nullable=True))
    op.execute("UPDATE limit_clock SET counted_at = started_at")
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.alter_column("counted_at", existing_type=INSTANT, nullable=False)
        batch_op.drop_index("ix_limit_clock_limit")
        batch_op.drop_index("ix_limit_clock_started_at")
        batch_op.create_index("ix_limit_clock_limit", ["limit_id", "counted_at", "id"], unique=False)
        batch_op.create_index("ix_limit_clock_counted_at", ["counted_at"], unique=False)
    op.create_table(
        "closed_month",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_closed_month")),
    )
    _sums()
    op.create_table(
        "limit_month_target",
        sa.Column("id", ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("limit_id", sa.String(length=120), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["closed_month.month"], name=op.f("fk_limit_month_target_month")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_month_target")),
    )
    op.create_index("ix_limit_month_target_limit", "limit_month_target", ["limit_id", "month"], unique=True)
    op.create_table(
        "limit_gap",
        sa.Column("id", ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("limit_id", sa.String(length=120), nullable=False),
        sa.Column("period", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("label", sa.String(length=300), nullable=False),
        sa.Column("site_id", ID, nullable=True),
        sa.Column("building_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["building_id"], ["building.id"], name=op.f("fk_limit_gap_building_id")),
        sa.ForeignKeyConstraint(["month"], ["closed_month.month"], name=op.f("fk_limit_gap_month")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_limit_gap_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_gap")),
    )
    op.create_index("ix_limit_gap_limit", "limit_gap", ["limit_id", "due_at", "id"], unique=False)
    op.create_index("ix_limit_gap_due_at", "limit_gap", ["due_at"], unique=False)
    op.create_table(
        "limit_target",
        sa.Column("id", ID, nullable=False),
        sa.Column("limit_id", sa.String(length=120), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("set_at", INSTANT, nullable=False),
        sa.Column("set_by", ID, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", ID, nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["app_user.id"], name=op.f("fk_limit_target_set_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["app_user.id"], name=op.f("fk_limit_target_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_target")),
    )
    op.create_index("ix_limit_target_limit", "limit_target", ["limit_id", "effective_from"], unique=False)


def _sums() -> None:
    op.create_table(
        "limit_month",
        sa.Column("id", ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("limit_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("split", sa.String(length=10), nullable=False),
        sa.Column("part", sa.String(length=120), nullable=False),
        sa.Column("site_id", ID, nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("met", "missed", "apart", "running", "excluded", "valued")),
        sa.Column("value_sum", sa.Numeric(precision=24, scale=4), nullable=True),
        sa.Column("aimed", sa.Integer(), nullable=False),
        sa.Column("goal_sum", sa.Numeric(precision=24, scale=4), nullable=True),
        sa.Column("goal_least", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("goal_greatest", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("seconds", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["month"], ["closed_month.month"], name=op.f("fk_limit_month_month")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_limit_month_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_month")),
    )
    op.create_index("ix_limit_month_split", "limit_month", ["split", "month", "limit_id"], unique=False)


def downgrade() -> None:
    """Count every month from what was measured again."""
    for table in ("limit_target", "limit_gap", "limit_month_target", "limit_month", "closed_month"):
        op.drop_table(table)
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.drop_index("ix_limit_clock_counted_at")
        batch_op.drop_index("ix_limit_clock_limit")
        batch_op.create_index("ix_limit_clock_limit", ["limit_id", "started_at", "id"], unique=False)
        batch_op.create_index("ix_limit_clock_started_at", ["started_at"], unique=False)
        batch_op.drop_column("counted_at")
