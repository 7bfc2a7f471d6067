"""Lists of the directory on both databases: order, keyset, search, and what of an account never leaves."""

from __future__ import annotations

import pytest

from engine.company import directory, users
from engine.model import SYSTEM, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import entries
from engine.queries.entries import Filters
from engine.runtime import Runtime
from tests.builders import make_site, make_tenant, make_unit, make_user


@pytest.mark.parametrize("kind", ["site", "building", "unit", "tenant", "tenancy", "person"])
def test_pages_in_any_order_give_every_entry_once(runtime: Runtime, kind: str) -> None:
    person = make_user(runtime, "administrator")
    for _ in range(5):
        make_tenant(runtime, unit_id=make_unit(runtime))
        make_user(runtime, "cashier")
    with UnitOfWork(runtime.database) as uow:
        for sort in (order for name in entries.sorts(kind) for order in (name, f"-{name}")):
            seen: list[int] = []
            after: str | None = None
            while True:
                page = entries.listing(uow, person.actor, kind, filters=Filters(), sort=sort, after=after, limit=2)
                seen += [entry.id for entry in page.rows]
                if page.after is None:
                    break
                after = page.after
            assert len(seen) == len(set(seen)) >= 5
            assert "password_hash" not in entries.show(uow, person.actor, kind, seen[0]).values


def test_people_of_one_site_see_its_units_only(runtime: Runtime) -> None:
    here, there = make_site(runtime), make_site(runtime)
    make_unit(runtime, site_id=here, code="H-1")
    make_unit(runtime, site_id=there, code="T-1")
    person = make_user(runtime, "cashier", site_id=here)
    with UnitOfWork(runtime.database) as uow:
        found = entries.listing(uow, person.actor, "unit", filters=Filters())
        assert [entry.label for entry in found.rows] == ["H-1"]
        assert entries.listing(uow, person.actor, "unit", filters=Filters(q="%_")).rows == ()


def test_history_tells_who_changed_what_newest_first(runtime: Runtime) -> None:
    administrator, person = make_user(runtime, "administrator"), make_user(runtime, "cashier")
    tenant_id = make_tenant(runtime, code="T1", name="甲")
    with UnitOfWork(runtime.database) as uow:
        directory.change(runtime, uow, administrator.actor, "tenant", tenant_id, {"name": "乙"}, 1)
        directory.deactivate(runtime, uow, SYSTEM, "tenant", tenant_id, "搬走")
        users.set_grants(runtime, uow, administrator.actor, person.id, [RoleGrant("manager")])
        last, first = entries.history(uow, "tenant", tenant_id).rows
        assert (first.by, first.action, first.changes) == (administrator.name, "changed", {"name": ("甲", "乙")})
        assert (last.by, last.action, last.reason) == (None, "deactivated", "搬走")
        assert entries.history(uow, "person", person.id).rows[0].changes == {"roles": (["cashier"], ["manager"])}
