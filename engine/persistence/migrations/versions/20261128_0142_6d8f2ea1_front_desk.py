"""Further reporters of a case, duty roster, shifts and their notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "6d8f2ea1"
down_revision: str | None = "5c7e1d90"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "case_reporter",
        sa.Column("id", ID, nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("phone", sa.String(length=40), server_default="", nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("reported_at", INSTANT, nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("entered_by", ID, nullable=True),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("told_by", ID, nullable=True),
        sa.Column("told_how", sa.String(length=20), nullable=True),
        sa.Column("told_note", sa.String(length=300), server_default="", nullable=False),
        *_keys("case_reporter", instance_id="instance", unit_id="unit", tenant_id="tenant", entered_by="app_user", told_by="app_user"),
    )
    with op.batch_alter_table("case_reporter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_reporter_instance_id"), ["instance_id"], unique=False)
    untold = sa.text("told_at IS NULL")
    op.create_index("ix_case_reporter_untold", "case_reporter", ["instance_id", "id"], sqlite_where=untold, postgresql_where=untold)
    op.create_table(
        "duty",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_by", ID, nullable=True),
        *_keys("duty", site_id="site", user_id="app_user", created_by="app_user", withdrawn_by="app_user"),
    )
    op.create_index("ix_duty_site", "duty", ["site_id", "ends_at"])
    op.create_table(
        "shift",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("opened_by", ID, nullable=False),
        sa.Column("handed_at", INSTANT, nullable=True),
        sa.Column("handed_by", ID, nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("missing_reason", sa.String(length=300), nullable=True),
        *_keys("shift", site_id="site", opened_by="app_user", handed_by="app_user"),
    )
    op.create_index("ix_shift_site", "shift", ["site_id", sa.text("opened_at DESC"), sa.text("id DESC")])
    open_one = sa.text("handed_at IS NULL")
    op.create_index("uq_shift_open", "shift", ["site_id"], unique=True, sqlite_where=open_one, postgresql_where=open_one)
    op.create_table(
        "shift_note",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("written_by", ID, nullable=False),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("done_by", ID, nullable=True),
        *_keys("shift_note", site_id="site", instance_id="instance", written_by="app_user", done_by="app_user"),
    )
    op.create_index("ix_shift_note_site", "shift_note", ["site_id", sa.text("at DESC"), sa.text("id DESC")])
    runs = sa.text("stopped_at IS NULL AND cancelled_at IS NULL")
    op.create_index("ix_limit_clock_running", "limit_clock", ["due_at", "id"], sqlite_where=runs, postgresql_where=runs)


def _keys(table: str, **foreign: str) -> list[sa.Constraint]:
    pointing = [sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}")) for name, to in foreign.items()]
    return [*pointing, sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]
