"""Tables of people's lists: saved filters, what a list opens with, and which lists left as files."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Table, UniqueConstraint, text

from engine.persistence.tables.base import Id, Instant, metadata

saved_filter = Table(
    "saved_filter", metadata,
    Column("id", Id, primary_key=True),
    Column("owner_id", ForeignKey("app_user.id"), nullable=False),
    #: `todo`, `done`, `started`, `copied`, `cases`
    Column("list", String(10), nullable=False),
    Column("name", String(60), nullable=False),
    #: what of the address it stands for: filters, order, columns, grouping
    Column("query", String(2000), nullable=False),
    #: role whose people find it too; None: the owner's alone
    Column("role", String(60)),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("owner_id", "list", "name"),
)

list_default = Table(
    "list_default", metadata,
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("list", String(10), nullable=False),
    Column("filter_id", ForeignKey("saved_filter.id"), nullable=False, index=True),
    PrimaryKeyConstraint("user_id", "list"),
)

list_export = Table(
    "list_export", metadata,
    Column("id", Id, primary_key=True),
    Column("user_id", ForeignKey("app_user.id"), nullable=False),
    Column("list", String(40), nullable=False),
    #: what of the address was exported
    Column("query", String(2000), nullable=False),
    #: `csv` or `xlsx`
    Column("kind", String(4), nullable=False),
    Column("row_count", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_list_export_at", text("at DESC"), text("id DESC")),
)
