"""Rules of keeping personal data, what holds them off, runs, and the chained list of what was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e4b8d2a7"
down_revision: str | None = "b9e2d4a6"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
_STANDING = sa.text("lifted_at IS NULL")
_ENDED = sa.text("ended_at IS NOT NULL")


def upgrade() -> None:
    """No rule is on; the list is empty."""
    op.create_table(
        "retention_rule",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("from_tenancy", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "procedure", name=op.f("pk_retention_rule")),
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", ID, nullable=False),
        sa.Column("about", sa.String(length=10), nullable=False),
        sa.Column("target_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("placed_at", INSTANT, nullable=False),
        sa.Column("placed_by", ID, nullable=True),
        sa.Column("lifted_at", INSTANT, nullable=True),
        sa.Column("lifted_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["placed_by"], ["app_user.id"], name=op.f("fk_retention_hold_placed_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["app_user.id"], name=op.f("fk_retention_hold_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_index("uq_retention_hold_standing", "retention_hold", ["about", "target_id"], unique=True,
                    sqlite_where=_STANDING, postgresql_where=_STANDING)
    op.create_table(
        "retention_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("from_tenancy", sa.Boolean(), nullable=False),
        sa.Column("cutoff", INSTANT, nullable=False),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("reason", sa.String(length=1000), nullable=True),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("done_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("value_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tidied_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_retention_run_tenant_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["app_user.id"], name=op.f("fk_retention_run_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_run")),
    )
    op.create_index("ix_retention_run_asked_at", "retention_run", [sa.text("asked_at DESC"), sa.text("id DESC")])
    op.create_table(
        "retention_erasure",
        sa.Column("id", ID, autoincrement=False, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("value_count", sa.Integer(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["retention_run.id"], name=op.f("fk_retention_erasure_run_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_retention_erasure_instance_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_erasure")),
    )
    op.create_index("ix_retention_erasure_instance", "retention_erasure", ["instance_id", "seq"], unique=True)
    op.create_index("ix_retention_erasure_run_id", "retention_erasure", ["run_id"])
    op.create_table(
        "retention_looked",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_retention_looked_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "kind", name=op.f("pk_retention_looked")),
    )
    op.create_table(
        "retention_head",
        sa.Column("id", ID, nullable=False),
        sa.Column("last_id", ID, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("round_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_head")),
    )
    op.create_table(
        "content_to_forget",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_content_to_forget")),
    )
    op.add_column("file", sa.Column("erased_at", INSTANT, nullable=True))
    op.add_column("tenant", sa.Column("erased_at", INSTANT, nullable=True))
    op.create_index("ix_instance_ended", "instance", ["definition_key", "ended_at", "id"], sqlite_where=_ENDED, postgresql_where=_ENDED)
    op.create_index("ix_import_row_subject", "import_row", ["subject_id", "kind"])
