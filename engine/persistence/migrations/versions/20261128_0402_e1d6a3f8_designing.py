"""Drafts of procedures with their saves and versions, who may design and deploy what, and the procedure of each deployment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "e1d6a3f8"
down_revision: str | None = "c6d2f8a4"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them. A deployment that is there already is of the procedure named like the first of its processes, as exports name it."""
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("procedure", sa.String(length=120), nullable=False, server_default=""))
        batch_op.create_index(batch_op.f("ix_deployment_procedure"), ["procedure"], unique=False)
    op.execute(
        "UPDATE deployment SET procedure = COALESCE((SELECT MIN(definition.key) FROM definition "
        "WHERE definition.deployment_id = deployment.id), '')"
    )
    op.create_table(
        "design_draft",
        sa.Column("id", ID, nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("base_deployment_id", ID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["base_deployment_id"], ["deployment.id"], name=op.f("fk_design_draft_base_deployment_id")),
        sa.ForeignKeyConstraint(["changed_by"], ["app_user.id"], name=op.f("fk_design_draft_changed_by")),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_design_draft_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_draft")),
    )
    op.create_index(
        "ix_design_draft_open", "design_draft", ["procedure"], unique=True,
        sqlite_where=sa.text("closed_at IS NULL"), postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "design_file",
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("changed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["app_user.id"], name=op.f("fk_design_file_changed_by")),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_design_file_digest")),
        sa.ForeignKeyConstraint(["draft_id"], ["design_draft.id"], name=op.f("fk_design_file_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "path", name=op.f("pk_design_file")),
    )
    op.create_table(
        "design_change",
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", ID, nullable=True),
        sa.ForeignKeyConstraint(["by"], ["app_user.id"], name=op.f("fk_design_change_by")),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_design_change_digest")),
        sa.ForeignKeyConstraint(["draft_id"], ["design_draft.id"], name=op.f("fk_design_change_draft_id")),
        sa.PrimaryKeyConstraint("draft_id", "revision", "path", name=op.f("pk_design_change")),
    )
    op.create_index("ix_design_change_path", "design_change", ["draft_id", "path", "revision"])
    op.create_table(
        "design_version",
        sa.Column("id", ID, nullable=False),
        sa.Column("draft_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("deployment_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_design_version_created_by")),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployment.id"], name=op.f("fk_design_version_deployment_id")),
        sa.ForeignKeyConstraint(["draft_id"], ["design_draft.id"], name=op.f("fk_design_version_draft_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_design_version")),
        sa.UniqueConstraint("draft_id", "number", name=op.f("uq_design_version_draft_id_number")),
    )
    op.create_table(
        "design_version_file",
        sa.Column("version_id", ID, nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["blob.digest"], name=op.f("fk_design_version_file_digest")),
        sa.ForeignKeyConstraint(["version_id"], ["design_version.id"], name=op.f("fk_design_version_file_version_id")),
        sa.PrimaryKeyConstraint("version_id", "path", name=op.f("pk_design_version_file")),
    )
    op.create_table(
        "procedure_access",
        sa.Column("id", ID, nullable=False),
        sa.Column("procedure", sa.String(length=120), nullable=False),
        sa.Column("designers", sa.Text(), nullable=True),
        sa.Column("deployers", sa.Text(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("by", ID, nullable=True),
        sa.ForeignKeyConstraint(["by"], ["app_user.id"], name=op.f("fk_procedure_access_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_procedure_access")),
    )
    op.create_index(op.f("ix_procedure_access_procedure"), "procedure_access", ["procedure"])


def downgrade() -> None:
    """Forget them."""
    for name in ("procedure_access", "design_version_file", "design_version", "design_change", "design_file", "design_draft"):
        op.drop_table(name)
    with op.batch_alter_table("deployment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_deployment_procedure"))
        batch_op.drop_column("procedure")
