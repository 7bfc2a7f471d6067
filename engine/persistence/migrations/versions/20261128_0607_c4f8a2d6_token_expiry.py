"""Tokens that run out by themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c4f8a2d6"
down_revision: str | None = "d5b1c7e4"
branch_labels = None
depends_on = None

INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    """Those that are there stay good until they are revoked."""
    op.add_column("api_token", sa.Column("expires_at", INSTANT, nullable=True))
