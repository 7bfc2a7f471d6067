"""Tables by which units and tenants are found, and what is known of them: pieces of their names, and the cases that concern them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, PrimaryKeyConstraint, String, Table

from engine.folding import PIECE
from engine.persistence.tables.base import metadata

#: compares by code point on both databases, so that a beginning is a range
_Piece = String(PIECE).with_variant(String(PIECE, collation="C"), "postgresql")

search_piece = Table(
    "search_piece", metadata,
    #: the beginning of one ending of what is searched for, `engine.folding.pieces`
    Column("piece", _Piece, nullable=False),
    #: `unit` or `tenant`
    Column("kind", String(10), nullable=False),
    Column("target_id", BigInteger, nullable=False),
    PrimaryKeyConstraint("piece", "kind", "target_id"),
    Index("ix_search_piece_target", "kind", "target_id"),
    # the key is the whole row: SQLite needs no second tree for it
    sqlite_with_rowid=False,
)

instance_reference = Table(
    "instance_reference", metadata,
    #: kind of the form field that named it: `unit` or `tenant`
    Column("kind", String(10), nullable=False),
    Column("target_id", BigInteger, nullable=False),
    Column("instance_id", ForeignKey("instance.id"), nullable=False, index=True),
    # of one unit the cases lie side by side, in the order in which they were started
    PrimaryKeyConstraint("kind", "target_id", "instance_id"),
)
