"""What forms say for a unit's dossier, papers of identity among the files, and who looked at them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7ea93fb2"
down_revision: str | None = "6d8f2ea1"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "dossier_entry",
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("form", sa.String(length=120), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_dossier_entry_instance_id")),
        sa.PrimaryKeyConstraint("instance_id", "form", "field", name=op.f("pk_dossier_entry")),
    )
    op.create_table(
        "identity_look",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=True),
        sa.Column("what", sa.String(length=300), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_identity_look_user_id")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_identity_look_instance_id")),
        sa.ForeignKeyConstraint(["file_id"], ["file.id"], name=op.f("fk_identity_look_file_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_look")),
    )
    op.create_index(op.f("ix_identity_look_instance_id"), "identity_look", ["instance_id"])
    op.create_index("ix_identity_look_at", "identity_look", [sa.text("at DESC"), sa.text("id DESC")])
    op.create_index("ix_identity_look_user", "identity_look", ["user_id", sa.text("at DESC"), sa.text("id DESC")])
    with op.batch_alter_table("file", schema=None) as batch_op:
        batch_op.add_column(sa.Column("personal", sa.String(length=20), nullable=True))
