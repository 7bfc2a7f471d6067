"""Tables of going live: workbooks with what they would change, opening balances, signed reconciliations, numbers printed beforehand."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.persistence.tables.base import Id, Instant, Money, metadata

import_run = Table(
    "import_run", metadata,
    Column("id", Id, primary_key=True),
    #: the workbook's file name
    Column("name", String(200), nullable=False),
    #: SHA-256 over the workbook's values
    Column("digest", LargeBinary(32), nullable=False, index=True),
    #: `reading`, `unreadable`, `planned`, `applying`, `stopped`, `applied`, `discarded`
    Column("state", String(10), nullable=False),
    Column("read_at", Instant, nullable=False),
    Column("read_by", ForeignKey("app_user.id")),
    Column("confirmed_at", Instant),
    Column("confirmed_by", ForeignKey("app_user.id")),
    Column("finished_at", Instant),
    #: rows by what they would do: `new`, `changed`, `unchanged`, `refused`
    Column("new_count", Integer, nullable=False, server_default="0"),
    Column("changed_count", Integer, nullable=False, server_default="0"),
    Column("unchanged_count", Integer, nullable=False, server_default="0"),
    Column("refused_count", Integer, nullable=False, server_default="0"),
    #: rows carried out, and rows that could not be any more
    Column("applied_count", Integer, nullable=False, server_default="0"),
    Column("failed_count", Integer, nullable=False, server_default="0"),
    #: lines of the workbook, and those that were looked at while it was planned
    Column("line_count", Integer, nullable=False, server_default="0"),
    Column("checked_count", Integer, nullable=False, server_default="0"),
    #: of one that could not be planned: JSON `{sentence, data}`
    Column("problem", Text),
)

#: a workbook as it was sent, until it is planned
import_workbook = Table(
    "import_workbook", metadata,
    Column("import_id", ForeignKey("import_run.id"), primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

import_row = Table(
    "import_row", metadata,
    Column("import_id", ForeignKey("import_run.id"), nullable=False),
    #: 1, 2, 3 … in the order in which rows are carried out
    Column("position", Integer, nullable=False),
    #: the sheet's title in the workbook, and the line there; 0 for the sheet as a whole
    Column("sheet", String(60), nullable=False),
    Column("line", Integer, nullable=False),
    #: what it describes: `unit`, `tenant`, `opening`, `case.repair` …; empty for a sheet that nobody knows
    Column("kind", String(130), nullable=False),
    #: what tells one from another of its kind, JSON
    Column("key", String(400), nullable=False),
    #: what people call it
    Column("label", String(200), nullable=False),
    #: `new`, `changed`, `unchanged`, `refused`
    Column("action", String(10), nullable=False),
    #: JSON object
    Column("payload", Text, nullable=False),
    #: JSON: field → [before, after]
    Column("changes", Text, nullable=False, server_default="{}"),
    #: JSON list of `{column, sentence, data}`
    Column("problems", Text, nullable=False, server_default="[]"),
    #: what the row adds to the sum of its kind in the reconciliation
    Column("amount", Money),
    #: `planned`, `applied`, `failed`
    Column("state", String(10), nullable=False),
    Column("applied_at", Instant),
    #: what it made or changed: an id in the kind's own table
    Column("subject_id", BigInteger),
    PrimaryKeyConstraint("import_id", "position"),
    Index("ix_import_row_action", "import_id", "action", "position"),
    Index("ix_import_row_state", "import_id", "state", "position"),
    Index("ix_import_row_key", "kind", "key"),
    Index("ix_import_row_subject", "subject_id", "kind"),
)

opening_entry = Table(
    "opening_entry", metadata,
    #: the entry that opens an account's item
    Column("entry_id", ForeignKey("ledger_entry.id"), primary_key=True, autoincrement=False),
    #: its opposite on the side `opening`
    Column("counter_id", ForeignKey("ledger_entry.id"), nullable=False, unique=True),
    Column("import_id", ForeignKey("import_run.id"), nullable=False, index=True),
)

reconciliation = Table(
    "reconciliation", metadata,
    Column("id", Id, primary_key=True),
    Column("import_id", ForeignKey("import_run.id"), nullable=False, index=True),
    Column("signed_at", Instant, nullable=False),
    Column("signed_by", ForeignKey("app_user.id"), nullable=False),
    #: the role in which it was signed
    Column("role", String(60), nullable=False),
    #: JSON: the figures as they were signed
    Column("figures", Text, nullable=False),
    #: SHA-256 over the figures
    Column("digest", LargeBinary(32), nullable=False),
    Column("note", String(200), nullable=False, server_default=""),
)

number_block = Table(
    "number_block", metadata,
    Column("id", Id, primary_key=True),
    Column("series", String(60), nullable=False),
    Column("period", String(10), nullable=False),
    #: numbers drawn for paper, both included
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("reserved_at", Instant, nullable=False),
    Column("reserved_by", ForeignKey("app_user.id")),
    #: the emergency book, box or guard post that the papers were printed for
    Column("book", String(100), nullable=False, server_default=""),
    #: the day by which each should be used or declared void
    Column("use_by", Date),
    UniqueConstraint("series", "period", "first"),
)

paper_number = Table(
    "paper_number", metadata,
    Column("block_id", ForeignKey("number_block.id"), nullable=False, index=True),
    Column("series", String(60), nullable=False),
    #: as it is printed
    Column("number", String(40), nullable=False),
    #: `blank`, `used`, `void`
    Column("state", String(10), nullable=False),
    Column("instance_id", ForeignKey("instance.id"), index=True),
    Column("settled_at", Instant),
    Column("settled_by", ForeignKey("app_user.id")),
    #: of a void one: why
    Column("reason", String(200), nullable=False, server_default=""),
    PrimaryKeyConstraint("series", "number"),
)
