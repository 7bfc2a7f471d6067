"""What managers did with cases by hand; and how old a case is, in the index of its state."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d3f7b2c9"
down_revision: str | None = "a9c3e7b5"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables, and the index anew."""
    op.drop_index("ix_instance_list", "instance")
    op.create_index("ix_instance_list", "instance", ["state", sa.text("moved_at DESC"), sa.text("id DESC"), "started_at"])
    op.create_table(
        "intervention",
        sa.Column("id", ID, nullable=False),
        sa.Column("verb", sa.String(length=10), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("undone_by", ID, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(f"{name}_count", sa.Integer(), server_default="0", nullable=False) for name in ("done", "refused", "undone", "kept")),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_intervention_asked_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["app_user.id"], name=op.f("fk_intervention_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intervention")),
    )
    op.create_table(
        "intervention_case",
        sa.Column("intervention_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("effects", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("undo", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["intervention_id"], ["intervention.id"], name=op.f("fk_intervention_case_intervention_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_intervention_case_instance_id")),
        sa.PrimaryKeyConstraint("intervention_id", "instance_id", name=op.f("pk_intervention_case")),
    )
    op.create_index("ix_intervention_case_instance_id", "intervention_case", ["instance_id"])
    op.create_index("ix_intervention_case_state", "intervention_case", ["intervention_id", "state", "instance_id"])
