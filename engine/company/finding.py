"""Keeps the index by which units and tenants are found: written with every change of what is searched for."""

from __future__ import annotations

from sqlalchemy import delete, insert

from engine.folding import pieces
from engine.persistence.tables import search_piece
from engine.persistence.unit_of_work import UnitOfWork


def index(uow: UnitOfWork, kind: str, target_id: int, search: str) -> None:
    """Let a unit or tenant (`unit`, `tenant`) be found by any part of its searchable text, and no longer by what it said before."""
    connection = uow.writing
    connection.execute(delete(search_piece).where(search_piece.c.kind == kind, search_piece.c.target_id == target_id))
    values = [{"piece": piece, "kind": kind, "target_id": target_id} for piece in sorted(pieces(search))]
    if values:
        connection.execute(insert(search_piece), values)
