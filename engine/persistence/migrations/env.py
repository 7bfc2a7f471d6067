"""Alembic's entry: runs revisions on the connection that `engine.persistence.schema` hands over. Opens nothing itself."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import BigInteger

from engine.persistence.tables import Instant, Money, metadata


def _render(kind: str, value: Any, _context: Any) -> str | Literal[False]:
    # revisions must not change when our types do, so they name SQLAlchemy's types only
    if kind == "type" and isinstance(value, Instant):
        return "INSTANT"
    if kind == "type" and isinstance(value, Money):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(value, BigInteger) and "sqlite" in value._variant_mapping:
        return "ID"
    return False


def _ours(_value: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    # the job engine keeps its own tables in the same database
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_render,
    include_object=_ours,
    compare_type=True,
)
context.run_migrations()
