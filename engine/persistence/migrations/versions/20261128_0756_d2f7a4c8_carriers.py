"""In whose name runs in the background go on, and why one stopped by itself."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "d2f7a4c8"
down_revision: str | None = "e8c2a5d7"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Runs that are there go on in the name of whoever asked for them."""
    op.create_table(
        "carrier",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("carried_by", ID, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["carried_by"], ["app_user.id"], name=op.f("fk_carrier_carried_by")),
        sa.PrimaryKeyConstraint("kind", "run_id", name=op.f("pk_carrier")),
    )
    with op.batch_alter_table("retention_run") as batch_op:
        batch_op.drop_column("problem")
