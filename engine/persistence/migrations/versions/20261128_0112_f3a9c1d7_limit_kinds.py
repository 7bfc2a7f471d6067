"""Limits that are no clock: shares, averages, acts; of every row the unit, the person and both times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f3a9c1d7"
down_revision: str | None = "a9c4e7b1"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add them, and fill in what earlier clocks tell: their case's unit, and when their start was entered."""
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=10), server_default="clock", nullable=False))
        batch_op.add_column(sa.Column("unit_id", ID, nullable=True))
        batch_op.add_column(sa.Column("person_id", ID, nullable=True))
        batch_op.add_column(sa.Column("entered_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("stop_entered_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("apart_at", INSTANT, nullable=True))
        batch_op.add_column(sa.Column("goal", sa.Numeric(precision=18, scale=4), nullable=True))
        batch_op.add_column(sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True))
        batch_op.alter_column("due_at", existing_type=INSTANT, nullable=True)
        batch_op.alter_column("target_seconds", existing_type=sa.Integer(), nullable=True)
        batch_op.create_foreign_key(op.f("fk_limit_clock_unit_id"), "unit", ["unit_id"], ["id"])
        batch_op.create_foreign_key(op.f("fk_limit_clock_person_id"), "app_user", ["person_id"], ["id"])
    op.execute(
        "UPDATE limit_clock SET entered_at = COALESCE((SELECT MIN(e.at) FROM history_event e WHERE e.instance_id = limit_clock.instance_id"
        " AND e.claimed_at = limit_clock.started_at), started_at), stop_entered_at = CASE WHEN stopped_at IS NULL THEN NULL ELSE COALESCE("
        "(SELECT MIN(e.at) FROM history_event e WHERE e.instance_id = limit_clock.instance_id AND e.claimed_at = limit_clock.stopped_at),"
        " stopped_at) END, unit_id = (SELECT u.id FROM instance_variable v JOIN unit u ON u.code = v.text"
        " WHERE v.instance_id = limit_clock.instance_id ORDER BY v.name LIMIT 1)"
    )
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.alter_column("entered_at", existing_type=INSTANT, nullable=False)
        batch_op.drop_index("ix_limit_clock_limit")
        batch_op.create_index("ix_limit_clock_limit", ["limit_id", "started_at", "id"], unique=False)
        batch_op.create_index("ix_limit_clock_started_at", ["started_at"], unique=False)


def downgrade() -> None:
    """Forget them; what is no clock goes."""
    op.execute("DELETE FROM limit_clock WHERE kind <> 'clock'")
    with op.batch_alter_table("limit_clock", schema=None) as batch_op:
        batch_op.drop_index("ix_limit_clock_started_at")
        batch_op.drop_index("ix_limit_clock_limit")
        batch_op.create_index("ix_limit_clock_limit", ["limit_id", "started_at"], unique=False)
        batch_op.drop_constraint(op.f("fk_limit_clock_person_id"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_limit_clock_unit_id"), type_="foreignkey")
        batch_op.alter_column("target_seconds", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("due_at", existing_type=INSTANT, nullable=False)
        for name in ("value", "goal", "apart_at", "stop_entered_at", "entered_at", "person_id", "unit_id", "kind"):
            batch_op.drop_column(name)
