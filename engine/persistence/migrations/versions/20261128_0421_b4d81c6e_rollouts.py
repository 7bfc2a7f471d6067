"""Proposed packages, who has to approve them, and running cases moved between versions."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "b4d81c6e"
down_revision: str | None = "d1e5a7b3"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "proposal",
        sa.Column("id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("restores_id", ID, nullable=True),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("made_by", ID, nullable=True),
        sa.Column("asked_at", INSTANT, nullable=True),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("choices", sa.Text(), server_default="{}", nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decision_note", sa.Text(), server_default="", nullable=False),
        sa.Column("deployment_id", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_proposal"),
        *_keys("proposal", restores_id="deployment", made_by="app_user", asked_by="app_user", decided_by="app_user",
               deployment_id="deployment"),
    )
    op.create_index("ix_proposal_list", "proposal", [sa.text("id DESC")])
    op.create_index("ix_proposal_state", "proposal", ["state", sa.text("id DESC")])
    op.create_table(
        "proposal_file",
        sa.Column("proposal_id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("normalised_digest", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("proposal_id", "name", name="pk_proposal_file"),
        *_keys("proposal_file", proposal_id="proposal"),
        *(sa.ForeignKeyConstraint([name], ["blob.digest"], name=f"fk_proposal_file_{name}") for name in ("digest", "normalised_digest")),
    )
    op.create_table(
        "approval_rule",
        sa.Column("id", ID, nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_approval_rule"),
        *_keys("approval_rule", changed_by="app_user"),
    )
    op.create_index("ix_approval_rule_procedure", "approval_rule", ["procedure", sa.text("id DESC")])
    op.create_table(
        "migration_run",
        sa.Column("id", ID, nullable=False),
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("to_definition_id", ID, nullable=False),
        sa.Column("proposal_id", ID, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("new_due", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", INSTANT, nullable=False),
        sa.Column("asked_by", ID, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(f"{name}_count", sa.Integer(), server_default="0", nullable=False) for name in ("moved", "refused", "undone", "kept")),
        sa.PrimaryKeyConstraint("id", name="pk_migration_run"),
        *_keys("migration_run", to_definition_id="definition", proposal_id="proposal", asked_by="app_user"),
    )
    op.create_index("ix_migration_run_proposal_id", "migration_run", ["proposal_id"])
    op.create_index("ix_migration_run_key", "migration_run", ["definition_key", sa.text("id DESC")])
    op.create_table(
        "migration_case",
        sa.Column("run_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("mapping", sa.Text(), server_default="{}", nullable=False),
        sa.Column("from_definition_id", ID, nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=True),
        sa.Column("version_after", sa.Integer(), nullable=True),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("before_data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run_id", "instance_id", name="pk_migration_case"),
        *_keys("migration_case", run_id="migration_run", instance_id="instance", from_definition_id="definition"),
    )
    op.create_index("ix_migration_case_state", "migration_case", ["run_id", "state", "instance_id"])
    op.create_index("ix_migration_case_instance", "migration_case", ["instance_id", "run_id"])
    kept = sa.text("before_data IS NOT NULL")
    op.create_index("ix_migration_case_old", "migration_case", ["at"], sqlite_where=kept, postgresql_where=kept)


def _keys(table: str, **columns: str) -> Iterator[sa.ForeignKeyConstraint]:
    """Foreign keys, by the column that holds each."""
    for column, other in columns.items():
        yield sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}")
