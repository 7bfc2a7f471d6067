"""Indexes for the orders of the directory's lists."""

from __future__ import annotations

from alembic import op

revision = "c9e1f4a7"
down_revision: str | None = "c9d4e6a2"
branch_labels = None
depends_on = None

ORDERS = {"tenant": ("name",), "tenancy": ("started_at",), "app_user": ("display_name",), "building": ("code", "name"), "site": ("name",)}


def upgrade() -> None:
    """Make them; the lists find their page in them."""
    for table, columns in ORDERS.items():
        for column in columns:
            op.create_index(f"ix_{table}_{column}", table, [column, "id"])
