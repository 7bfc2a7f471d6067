"""Tables of the books, the bank, filed tenants and periodic starts."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, Text, UniqueConstraint

from engine.persistence.tables.base import Id, Instant, Money, metadata

ledger_entry = Table(
    "ledger_entry", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `ledger_entry`
    Column("number", String(40), nullable=False, unique=True),
    Column("booked_at", Instant, nullable=False),
    #: the day that it counts for, where its site is; after a day-end close the next one
    Column("booked_on", Date, nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    #: the account: who owes for which unit
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    #: `dues` (what is owed) or `deposit` (what is held), whose sums say nothing together; `opening`: what stands against an opening balance
    Column("side", String(10), nullable=False),
    #: `charge`, `payment`, `refund`, `transfer`, `deposit`, `deposit_refund`, `deduction`, `opening`, `void`, `correction`
    Column("kind", String(20), nullable=False),
    #: what it is for, e.g. `management_fee`
    Column("item", String(40), nullable=False),
    #: above zero: more is owed or held; below: less
    Column("amount", Money, nullable=False),
    #: of a charge: the day until which it is to be paid
    Column("due_on", Date),
    #: the case that it belongs to
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("element_id", String(120)),
    #: the receipt that it was paid with, or the voucher by which it was given back
    Column("receipt_id", ForeignKey("receipt.id"), index=True),
    #: the entry that it takes back, in full and once
    Column("reverses_id", ForeignKey("ledger_entry.id"), unique=True),
    Column("note", String(200), nullable=False, server_default=""),
    Column("posted_by", ForeignKey("app_user.id")),
    Index("ix_ledger_entry_unit", "unit_id", "side", "id"),
    Index("ix_ledger_entry_tenant", "tenant_id", "side", "id"),
)

receipt = Table(
    "receipt", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `receipt`, of money given back `refund_voucher`
    Column("number", String(40), nullable=False, unique=True),
    #: `receipt` (money came in) or `voucher` (money went out)
    Column("kind", String(10), nullable=False),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    #: who paid or was paid, as it was written then
    Column("payer", String(200), nullable=False),
    #: `cash`, `transfer`, `card`, `mobile`, `bank`
    Column("method", String(10), nullable=False),
    #: above zero, either way
    Column("total", Money, nullable=False),
    #: the total in Chinese capitals, as printed
    Column("in_words", String(120), nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("booked_on", Date, nullable=False),
    Column("issued_by", ForeignKey("app_user.id")),
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("voided_at", Instant),
    Column("voided_on", Date),
    Column("voided_by", ForeignKey("app_user.id")),
    Column("void_reason", Text),
    #: the receipt written instead
    Column("replaced_by_id", ForeignKey("receipt.id")),
    Index("ix_receipt_day", "site_id", "booked_on", "id"),
)

cash_day = Table(
    "cash_day", metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("cashier_id", ForeignKey("app_user.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("closed_at", Instant, nullable=False),
    #: cash that was counted, and cash that should be there
    Column("counted", Money, nullable=False),
    Column("expected", Money, nullable=False),
    #: what came in and went out by method, and the numbers of receipts and voids: JSON, as it was closed
    Column("summary", Text, nullable=False),
    Column("note", String(200), nullable=False, server_default=""),
    UniqueConstraint("site_id", "cashier_id", "day"),
)

bank_collection = Table(
    "bank_collection", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `bank_collection`
    Column("number", String(40), nullable=False, unique=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    #: dues that were to be paid until then
    Column("due_until", Date, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", ForeignKey("app_user.id")),
    #: when the bank's answer was read
    Column("read_at", Instant),
)

bank_collection_line = Table(
    "bank_collection_line", metadata,
    Column("collection_id", ForeignKey("bank_collection.id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("unit_id", ForeignKey("unit.id")),
    Column("tenant_id", ForeignKey("tenant.id")),
    Column("amount", Money, nullable=False),
    #: `sent`, `paid`, `failed`
    Column("state", String(10), nullable=False),
    Column("reason", String(200), nullable=False, server_default=""),
    Column("receipt_id", ForeignKey("receipt.id")),
    PrimaryKeyConstraint("collection_id", "line"),
)

tenant_file = Table(
    "tenant_file", metadata,
    Column("id", Id, primary_key=True),
    #: gapless, series `tenant_file`
    Column("number", String(40), nullable=False, unique=True),
    Column("site_id", ForeignKey("site.id"), nullable=False),
    Column("unit_id", ForeignKey("unit.id"), index=True),
    Column("tenant_id", ForeignKey("tenant.id"), index=True),
    #: the case that was filed, once
    Column("instance_id", ForeignKey("instance.id"), nullable=False, unique=True),
    #: where the papers lie
    Column("place", String(100), nullable=False, server_default=""),
    Column("filed_at", Instant, nullable=False),
    Column("filed_by", ForeignKey("app_user.id")),
)

periodic_start = Table(
    "periodic_start", metadata,
    #: process key, so that a new version in the middle of a period starts nothing twice
    Column("definition_key", String(120), nullable=False),
    #: the time of the start event that it was for
    Column("period", Instant, nullable=False),
    #: what it was for, e.g. `active_units` and a unit's id
    Column("collection", String(40), nullable=False),
    Column("item_id", BigInteger, nullable=False),
    #: None where it could not start
    Column("instance_id", ForeignKey("instance.id")),
    PrimaryKeyConstraint("definition_key", "period", "collection", "item_id"),
)
