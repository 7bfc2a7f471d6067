"""Going live: workbooks, opening balances, signed reconciliations, numbers printed beforehand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a9c4e7b1"
down_revision: str | None = "f5a2c6d1"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "import_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("read_at", INSTANT, nullable=False),
        sa.Column("read_by", ID, nullable=True),
        sa.Column("confirmed_at", INSTANT, nullable=True),
        sa.Column("confirmed_by", ID, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("new_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("applied_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_count", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["read_by"], ["app_user.id"], name=op.f("fk_import_run_read_by")),
        sa.ForeignKeyConstraint(["confirmed_by"], ["app_user.id"], name=op.f("fk_import_run_confirmed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_digest"), ["digest"], unique=False)
    op.create_table(
        "import_row",
        sa.Column("import_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sheet", sa.String(length=60), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=130), nullable=False),
        sa.Column("key", sa.String(length=400), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=10), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), server_default="{}", nullable=False),
        sa.Column("problems", sa.Text(), server_default="[]", nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("applied_at", INSTANT, nullable=True),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_import_row")),
    )
    with op.batch_alter_table("import_row", schema=None) as batch_op:
        batch_op.create_index("ix_import_row_action", ["import_id", "action", "position"], unique=False)
        batch_op.create_index("ix_import_row_key", ["kind", "key"], unique=False)
        batch_op.create_index("ix_import_row_state", ["import_id", "state", "position"], unique=False)
    op.create_table(
        "opening_entry",
        sa.Column("entry_id", ID, autoincrement=False, nullable=False),
        sa.Column("counter_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entry.id"], name=op.f("fk_opening_entry_entry_id")),
        sa.ForeignKeyConstraint(["counter_id"], ["ledger_entry.id"], name=op.f("fk_opening_entry_counter_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_opening_entry_import_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_opening_entry")),
        sa.UniqueConstraint("counter_id", name=op.f("uq_opening_entry_counter_id")),
    )
    with op.batch_alter_table("opening_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_opening_entry_import_id"), ["import_id"], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        sa.Column("signed_at", INSTANT, nullable=False),
        sa.Column("signed_by", ID, nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_reconciliation_import_id")),
        sa.ForeignKeyConstraint(["signed_by"], ["app_user.id"], name=op.f("fk_reconciliation_signed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reconciliation_import_id"), ["import_id"], unique=False)
    op.create_table(
        "number_block",
        sa.Column("id", ID, nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("reserved_at", INSTANT, nullable=False),
        sa.Column("reserved_by", ID, nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["reserved_by"], ["app_user.id"], name=op.f("fk_number_block_reserved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_block")),
        sa.UniqueConstraint("series", "period", "first", name=op.f("uq_number_block_series_period_first")),
    )
    op.create_table(
        "paper_number",
        sa.Column("block_id", ID, nullable=False),
        sa.Column("series", sa.String(length=60), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("settled_at", INSTANT, nullable=True),
        sa.Column("settled_by", ID, nullable=True),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["number_block.id"], name=op.f("fk_paper_number_block_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_paper_number_instance_id")),
        sa.ForeignKeyConstraint(["settled_by"], ["app_user.id"], name=op.f("fk_paper_number_settled_by")),
        sa.PrimaryKeyConstraint("series", "number", name=op.f("pk_paper_number")),
    )
    with op.batch_alter_table("paper_number", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_number_block_id"), ["block_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_paper_number_instance_id"), ["instance_id"], unique=False)
