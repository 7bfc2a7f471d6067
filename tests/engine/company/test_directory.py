"""Places and tenants: creating, ending, and what form fields may point to."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from engine.company import directory, references
from engine.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from engine.model import SYSTEM
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Reference, Runtime
from tests.builders import make_site, make_tenant, make_unit, make_user, rows


def _resolve(runtime: Runtime, kind: str, value: Any) -> Reference | None:
    with runtime.database.reading() as connection:
        return references.CompanyDirectory().resolve(connection, kind, value)


def test_a_company_is_built_from_the_site_down(runtime: Runtime) -> None:
    """Site, building, unit, tenant, tenancy."""
    with UnitOfWork(runtime.database) as uow:
        site_id = directory.create_site(runtime, uow, SYSTEM, code="HY", name="和園")
        building_id = directory.create_building(runtime, uow, SYSTEM, site_id=site_id, code="A", name="A座")
        unit_id = directory.create_unit(runtime, uow, SYSTEM, building_id=building_id, code="A-1203", floor=12, area=Decimal("86.50"))
        tenant_id = directory.create_tenant(runtime, uow, SYSTEM, directory.TenantValues("T001", "宏達貿易有限公司", phone="13800001111"))
        directory.settle(runtime, uow, SYSTEM, tenant_id=tenant_id, unit_id=unit_id, started_at=runtime.clock.now())
        uow.commit()
    assert _resolve(runtime, "unit", "A-1203") == Reference(unit_id, "A-1203", site_id)
    assert _resolve(runtime, "tenant", {"id": tenant_id}) == Reference(tenant_id, "宏達貿易有限公司", site_id)
    assert rows(runtime, tables.unit)[0].area == Decimal("86.50")


def test_codes_are_unique(runtime: Runtime) -> None:
    """A building's at its site only."""
    with UnitOfWork(runtime.database) as uow:
        one = directory.create_site(runtime, uow, SYSTEM, code="HY", name="和園")
        two = directory.create_site(runtime, uow, SYSTEM, code="LY", name="麗園")
        directory.create_building(runtime, uow, SYSTEM, site_id=one, code="A", name="A座")
        directory.create_building(runtime, uow, SYSTEM, site_id=two, code="A", name="A座")
        with pytest.raises(directory.CodeTakenError):
            directory.create_site(runtime, uow, SYSTEM, code="HY", name="另一個")
        with pytest.raises(directory.CodeTakenError):
            directory.create_building(runtime, uow, SYSTEM, site_id=one, code="A", name="A座")


def test_unacceptable_values_are_refused(runtime: Runtime) -> None:
    """Each with its reason, before anything is written."""
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(InvalidError):
            directory.create_site(runtime, uow, SYSTEM, code="HY", name="和園", time_zone="Mars/Olympus")
        with pytest.raises(InvalidError):
            directory.create_site(runtime, uow, SYSTEM, code=" ", name="和園")
        with pytest.raises(NotFoundError):
            directory.create_building(runtime, uow, SYSTEM, site_id=4711, code="A", name="A座")
        with pytest.raises(NotFoundError):
            directory.create_unit(runtime, uow, SYSTEM, building_id=4711, code="A-1")
        with pytest.raises(InvalidError):
            directory.create_tenant(runtime, uow, SYSTEM, directory.TenantValues("T1", "宏達", kind="ghost"))


def test_only_an_administrator_changes_the_directory(runtime: Runtime) -> None:
    """A manager reads it."""
    manager = make_user(runtime, "manager")
    with UnitOfWork(runtime.database) as uow, pytest.raises(ForbiddenError):
        directory.create_site(runtime, uow, manager.actor, code="HY", name="和園")


@pytest.mark.parametrize("value", [0, -1, 2**70, "", "x" * 500, "12345678901234567890123", None, True, 1.5, [], {}, {"id": None}])
def test_what_is_no_reference_resolves_to_nothing(runtime: Runtime, value: Any) -> None:
    """Whatever a form sends; nothing fails."""
    for kind in ("unit", "tenant", "person", "spaceship"):
        assert _resolve(runtime, kind, value) is None


def test_references_resolve_by_id_by_digits_and_by_code(runtime: Runtime) -> None:
    """A page's select sends digits, the API a number or a code."""
    person = make_user(runtime, "cashier")
    unit_id = make_unit(runtime, code="B-0801")
    assert _resolve(runtime, "unit", unit_id) == _resolve(runtime, "unit", str(unit_id)) == _resolve(runtime, "unit", "B-0801")
    assert _resolve(runtime, "person", person.username) == Reference(person.id, person.name)


def test_what_is_deactivated_is_offered_no_longer(runtime: Runtime) -> None:
    """But a unit with a tenant stays until the tenant has moved out."""
    unit_id = make_unit(runtime)
    tenant_id = make_tenant(runtime, unit_id=unit_id)
    tenancy = rows(runtime, tables.tenancy)[0]
    with UnitOfWork(runtime.database) as uow:
        for kind, identity in (("unit", unit_id), ("tenant", tenant_id), ("site", rows(runtime, tables.unit)[0].site_id)):
            with pytest.raises(directory.StillSettledError):
                directory.deactivate(runtime, uow, SYSTEM, kind, identity)
        directory.end_tenancy(runtime, uow, SYSTEM, tenancy.id, runtime.clock.now())
        directory.deactivate(runtime, uow, SYSTEM, "unit", unit_id)
        directory.deactivate(runtime, uow, SYSTEM, "tenant", tenant_id)
        uow.commit()
    assert _resolve(runtime, "unit", unit_id) is None
    assert _resolve(runtime, "tenant", tenant_id) is None


def test_a_tenancy_ends_once_and_not_before_it_began(runtime: Runtime) -> None:
    """The second time is a conflict."""
    make_tenant(runtime, unit_id=make_unit(runtime))
    tenancy = rows(runtime, tables.tenancy)[0]
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(InvalidError):
            directory.end_tenancy(runtime, uow, SYSTEM, tenancy.id, tenancy.started_at - timedelta(days=1))
        directory.end_tenancy(runtime, uow, SYSTEM, tenancy.id, runtime.clock.now())
        with pytest.raises(ConflictError):
            directory.end_tenancy(runtime, uow, SYSTEM, tenancy.id, runtime.clock.now())


def test_changing_a_tenant_changes_what_finds_it(runtime: Runtime) -> None:
    """And another tenant's code is refused."""
    make_tenant(runtime, code="T1")
    tenant_id = make_tenant(runtime, code="T2", name="舊名")
    with UnitOfWork(runtime.database) as uow:
        with pytest.raises(directory.CodeTakenError):
            directory.set_tenant(runtime, uow, SYSTEM, tenant_id, directory.TenantValues("T1", "新名"))
        directory.set_tenant(runtime, uow, SYSTEM, tenant_id, directory.TenantValues("T2", "新名", phone="139"))
        uow.commit()
    assert rows(runtime, tables.tenant, tables.tenant.c.id == tenant_id)[0].search == "t2|新名|139|xm"


def test_a_tenant_without_a_home_resolves_without_a_site(runtime: Runtime) -> None:
    """Somebody has to be able to move them in."""
    make_site(runtime)
    tenant_id = make_tenant(runtime, name="未入駐")
    assert _resolve(runtime, "tenant", tenant_id) == Reference(tenant_id, "未入駐", None)
