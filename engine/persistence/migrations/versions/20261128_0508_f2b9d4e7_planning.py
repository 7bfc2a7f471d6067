"""Workbooks that wait to be planned, and how far that is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f2b9d4e7"
down_revision: str | None = "d3a8e6c1"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make room for them."""
    op.add_column("import_run", sa.Column("line_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("import_run", sa.Column("checked_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("import_run", sa.Column("problem", sa.Text(), nullable=True))
    op.create_table(
        "import_workbook",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_workbook_import_id")),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_workbook")),
    )


def downgrade() -> None:
    """Forget what was not planned yet."""
    op.drop_table("import_workbook")
    for name in ("problem", "checked_count", "line_count"):
        op.drop_column("import_run", name)
