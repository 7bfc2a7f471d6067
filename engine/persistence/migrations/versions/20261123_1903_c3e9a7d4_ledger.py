"""The ledger, receipts, the cashier's day, bank collection, the tenant file index and periodic starts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c3e9a7d4"
down_revision: str | None = "b7d2e4a1"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them, and let no posted entry be changed or removed."""
    op.create_table(
        "bank_collection",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("due_until", sa.Date(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", ID, nullable=True),
        sa.Column("read_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["app_user.id"], name=op.f("fk_bank_collection_created_by")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_bank_collection_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_collection")),
        sa.UniqueConstraint("number", name=op.f("uq_bank_collection_number")),
    )
    op.create_table(
        "cash_day",
        sa.Column("id", ID, nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("cashier_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=False),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("expected", sa.BigInteger(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["cashier_id"], ["app_user.id"], name=op.f("fk_cash_day_cashier_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_cash_day_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cash_day")),
        sa.UniqueConstraint("site_id", "cashier_id", "day", name=op.f("uq_cash_day_site_id_cashier_id_day")),
    )
    op.create_table(
        "periodic_start",
        sa.Column("definition_key", sa.String(length=120), nullable=False),
        sa.Column("period", INSTANT, nullable=False),
        sa.Column("collection", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_periodic_start_instance_id")),
        sa.PrimaryKeyConstraint("definition_key", "period", "collection", "item_id", name=op.f("pk_periodic_start")),
    )
    op.create_table(
        "receipt",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("payer", sa.String(length=200), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("in_words", sa.String(length=120), nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("issued_by", ID, nullable=True),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("voided_at", INSTANT, nullable=True),
        sa.Column("voided_on", sa.Date(), nullable=True),
        sa.Column("voided_by", ID, nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("replaced_by_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_receipt_instance_id")),
        sa.ForeignKeyConstraint(["issued_by"], ["app_user.id"], name=op.f("fk_receipt_issued_by")),
        sa.ForeignKeyConstraint(["replaced_by_id"], ["receipt.id"], name=op.f("fk_receipt_replaced_by_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_receipt_site_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_receipt_tenant_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_receipt_unit_id")),
        sa.ForeignKeyConstraint(["voided_by"], ["app_user.id"], name=op.f("fk_receipt_voided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("number", name=op.f("uq_receipt_number")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index("ix_receipt_day", ["site_id", "booked_on", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_instance_id"), ["instance_id"], unique=False)

    op.create_table(
        "tenant_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("instance_id", ID, nullable=False),
        sa.Column("place", sa.String(length=100), server_default="", nullable=False),
        sa.Column("filed_at", INSTANT, nullable=False),
        sa.Column("filed_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["filed_by"], ["app_user.id"], name=op.f("fk_tenant_file_filed_by")),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_tenant_file_instance_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_tenant_file_site_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_tenant_file_tenant_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_tenant_file_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant_file")),
        sa.UniqueConstraint("instance_id", name=op.f("uq_tenant_file_instance_id")),
        sa.UniqueConstraint("number", name=op.f("uq_tenant_file_number")),
    )
    with op.batch_alter_table("tenant_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tenant_file_tenant_id"), ["tenant_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_tenant_file_unit_id"), ["unit_id"], unique=False)

    op.create_table(
        "bank_collection_line",
        sa.Column("collection_id", ID, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=200), server_default="", nullable=False),
        sa.Column("receipt_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["collection_id"], ["bank_collection.id"], name=op.f("fk_bank_collection_line_collection_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_bank_collection_line_receipt_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_bank_collection_line_tenant_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_bank_collection_line_unit_id")),
        sa.PrimaryKeyConstraint("collection_id", "line", name=op.f("pk_bank_collection_line")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("id", ID, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("booked_at", INSTANT, nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("site_id", ID, nullable=False),
        sa.Column("unit_id", ID, nullable=True),
        sa.Column("tenant_id", ID, nullable=True),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("instance_id", ID, nullable=True),
        sa.Column("element_id", sa.String(length=120), nullable=True),
        sa.Column("receipt_id", ID, nullable=True),
        sa.Column("reverses_id", ID, nullable=True),
        sa.Column("note", sa.String(length=200), server_default="", nullable=False),
        sa.Column("posted_by", ID, nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_ledger_entry_instance_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["app_user.id"], name=op.f("fk_ledger_entry_posted_by")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_ledger_entry_receipt_id")),
        sa.ForeignKeyConstraint(["reverses_id"], ["ledger_entry.id"], name=op.f("fk_ledger_entry_reverses_id")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_ledger_entry_site_id")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_ledger_entry_tenant_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_ledger_entry_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("number", name=op.f("uq_ledger_entry_number")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_ledger_entry_reverses_id")),
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entry_instance_id"), ["instance_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entry_receipt_id"), ["receipt_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_tenant", ["tenant_id", "side", "id"], unique=False)
        batch_op.create_index("ix_ledger_entry_unit", ["unit_id", "side", "id"], unique=False)

    with op.batch_alter_table("tenancy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fee_rate", sa.Numeric(precision=10, scale=4), nullable=True))

    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION ledger_entry_stands() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a ledger entry never changes'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_entry_stands BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION ledger_entry_stands()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_entry_stands_{verb.lower()} BEFORE {verb} ON ledger_entry "
            "BEGIN SELECT RAISE(ABORT, 'a ledger entry never changes'); END"
        )
