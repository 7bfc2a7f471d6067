"""Finding units and tenants by any part and by the initials of their names; which cases concern them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from engine.folding import pieces, searchable

revision = "5c7e1d90"
down_revision: str | None = "b8e3d5f7"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PIECE = sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql")
_SLICE = 500

_unit = sa.table("unit", sa.column("id"), sa.column("code"), sa.column("search"))
_tenant = sa.table(
    "tenant", sa.column("id"), sa.column("code"), sa.column("name"), sa.column("contact"), sa.column("phone"), sa.column("search")
)
_user = sa.table("app_user", sa.column("id"), sa.column("username"), sa.column("display_name"), sa.column("phone"), sa.column("search"))
_variable = sa.table("instance_variable", sa.column("instance_id"), sa.column("name"), sa.column("text"))
_reference = sa.table("instance_reference", sa.column("kind"), sa.column("target_id"), sa.column("instance_id"))
_piece = sa.table("search_piece", sa.column("piece"), sa.column("kind"), sa.column("target_id"))


def upgrade() -> None:
    """Make the tables, and fill them from what the store holds."""
    op.create_table(
        "search_piece",
        sa.Column("piece", PIECE, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("piece", "kind", "target_id", name=op.f("pk_search_piece")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("search_piece", schema=None) as batch_op:
        batch_op.create_index("ix_search_piece_target", ["kind", "target_id"], unique=False)
    op.create_table(
        "instance_reference",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["instance_id"], ["instance.id"], name=op.f("fk_instance_reference_instance_id")),
        sa.PrimaryKeyConstraint("kind", "target_id", "instance_id", name=op.f("pk_instance_reference")),
    )
    with op.batch_alter_table("instance_reference", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_instance_reference_instance_id"), ["instance_id"], unique=False)
    if op.get_bind().dialect.name != "sqlite":
        # SQLite keeps no lengths, and would have to copy the tables that others point to
        op.alter_column("tenant", "search", type_=sa.String(length=1000), existing_nullable=False, existing_server_default="")
        op.alter_column("app_user", "search", type_=sa.String(length=500), existing_nullable=False, existing_server_default="")
    _fill_pieces("unit", _unit, ("code",))
    _fill_pieces("tenant", _tenant, ("code", "name", "contact", "phone"))
    _fill_pieces("", _user, ("username", "display_name", "phone"))
    _fill_references()


def _fill_pieces(kind: str, table: Any, names: Sequence[str]) -> None:
    connection = op.get_bind()
    for rows in _slices(connection.execute(sa.select(table)).all()):
        found = [(row, searchable(*(getattr(row, name) for name in names))) for row in rows]
        changed = [{"row_id": row.id, "text": text} for row, text in found if text != row.search]
        if changed:
            renew = sa.update(table).where(table.c.id == sa.bindparam("row_id")).values(search=sa.bindparam("text"))
            connection.execute(renew, changed)
        values = [{"piece": piece, "kind": kind, "target_id": row.id} for row, text in found for piece in pieces(text)]
        if kind and values:
            connection.execute(sa.insert(_piece), values)


def _fill_references() -> None:
    """Indexed fields hold what people called the unit or tenant, which is all that older cases tell."""
    for kind, table, named in (("unit", _unit, _unit.c.code), ("tenant", _tenant, _tenant.c.name)):
        # of two tenants with one name nobody can say which was meant
        only = sa.select(sa.func.min(table.c.id).label("id"), named.label("named")).group_by(named).having(sa.func.count() == 1)
        one = only.subquery()
        found = sa.select(sa.literal(kind), one.c.id, _variable.c.instance_id).distinct().select_from(
            sa.join(_variable, one, sa.and_(_variable.c.text == one.c.named, _variable.c.name.like(f"%.{kind}")))
        )
        op.get_bind().execute(sa.insert(_reference).from_select(["kind", "target_id", "instance_id"], found))


def _slices(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (rows[at : at + _SLICE] for at in range(0, len(rows), _SLICE))
