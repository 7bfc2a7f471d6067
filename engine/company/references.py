"""What form fields of the kinds `person`, `unit` and `tenant` point to: the engine's `Directory` port over the company's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from engine.persistence.tables import tenancy, tenant, unit, user
from engine.runtime import Reference

_MAX_INTEGER = 2**63 - 1


class CompanyDirectory:
    """Resolves form fields from these tables."""

    def resolve(self, connection: Connection, kind: str, value: Any) -> Reference | None:
        """By id, by code (a person's is the sign-in name) or by an object with an `id`; None when there is none, or it was deactivated."""
        if isinstance(value, dict):
            value = value.get("id")
        if isinstance(value, bool) or not isinstance(value, int | str):
            return None
        if kind == "unit":
            return self._unit(connection, value)
        if kind == "tenant":
            return self._tenant(connection, value)
        if kind == "person":
            return self._person(connection, value)
        return None

    def _unit(self, connection: Connection, value: int | str) -> Reference | None:
        row = connection.execute(select(unit.c.id, unit.c.code, unit.c.site_id).where(
            _is(unit, "code", value), unit.c.deactivated_at.is_(None))).first()
        return Reference(row.id, row.code, row.site_id) if row else None

    def _tenant(self, connection: Connection, value: int | str) -> Reference | None:
        # a tenant of several units belongs to the site moved into last
        row = connection.execute(
            select(tenant.c.id, tenant.c.name, unit.c.site_id)
            .outerjoin(tenancy, (tenancy.c.tenant_id == tenant.c.id) & tenancy.c.ended_at.is_(None))
            .outerjoin(unit, unit.c.id == tenancy.c.unit_id)
            .where(_is(tenant, "code", value), tenant.c.deactivated_at.is_(None)).order_by(tenancy.c.id.desc()).limit(1)).first()
        return Reference(row.id, row.name, row.site_id) if row else None

    def _person(self, connection: Connection, value: int | str) -> Reference | None:
        row = connection.execute(select(user.c.id, user.c.display_name).where(
            _is(user, "username", value), user.c.deactivated_at.is_(None))).first()
        return Reference(row.id, row.display_name) if row else None


def _is(table: Table, code: str, value: int | str) -> ColumnElement[bool]:
    # a page's select sends the id as digits; a code made of digits only would be ambiguous, so the id goes first there
    if isinstance(value, int) or (value.isascii() and value.isdigit()):
        number = int(value) if len(str(value)) < 20 else 0
        return table.c.id == (number if 0 < number <= _MAX_INTEGER else 0)
    return table.c[code] == value
