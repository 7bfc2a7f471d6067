"""The finder at the front desk: any part of number, name, contact or telephone, either script, initials; the site's own only."""

from __future__ import annotations

import pytest

from engine.company import directory
from engine.model import SYSTEM, Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import finding
from engine.runtime import Runtime
from tests.builders import make_building, make_site, make_tenant, make_unit

EVERYWHERE = Actor(1, "林", frozenset({RoleGrant("customer_service")}))


@pytest.mark.parametrize("q", [
    "1203", "A-12", "a1203", "宏達", "宏达", "達貿", "hdmy", "dmy", "HD", "林小姐", "小姐", "lxj", "139", "5566", "55 66", "t77",
    "1203 林", "hdmy 5566", "宏達貿易 A-1203",
])
def test_a_place_is_found_by_any_part(runtime: Runtime, q: str) -> None:
    """Of the unit or of its tenant, several words together as well."""
    unit_id = make_unit(runtime, code="A-1203")
    tenant_id = make_tenant(runtime, unit_id=unit_id, code="T77", name="宏達貿易", contact="林小姐", phone="139 1122 5566")
    make_tenant(runtime, unit_id=make_unit(runtime, code="B-0901"), code="X1", name="別家", contact="王先生", phone="150 0000 0000")
    with UnitOfWork(runtime.database) as uow:
        assert [place.key for place in finding.find(uow, EVERYWHERE, q)] == [(unit_id, tenant_id)]


@pytest.mark.parametrize("q", ["", " ", "%", "_", "--", "\0", "宏達 王", "hdmyx"])
def test_what_nothing_holds_finds_nothing(runtime: Runtime, q: str) -> None:
    """Signs are no wildcards, and every word counts."""
    make_tenant(runtime, unit_id=make_unit(runtime, code="A-1203"), name="宏達貿易")
    with UnitOfWork(runtime.database) as uow:
        assert finding.find(uow, EVERYWHERE, q) == ()


def test_surnames_are_found_as_they_are_read(runtime: Runtime) -> None:
    """曾 is `z` in a name, whatever it is elsewhere."""
    make_tenant(runtime, name="曾志偉", contact=None, phone=None, code="P1")
    with UnitOfWork(runtime.database) as uow:
        assert [place.tenant for q in ("zzw", "czw") for place in finding.find(uow, EVERYWHERE, q)] == ["曾志偉", "曾志偉"]


def test_the_number_itself_comes_first(runtime: Runtime) -> None:
    """Before units that begin with it, and before telephone numbers that hold it."""
    building = make_building(runtime)
    for code in ("A-12", "A-1201", "C-A12"):
        make_unit(runtime, building_id=building, code=code)
    make_tenant(runtime, unit_id=make_unit(runtime, building_id=building, code="B-1"), code="A12", phone="1")
    with UnitOfWork(runtime.database) as uow:
        assert [place.unit for place in finding.find(uow, EVERYWHERE, "a-12")] == ["A-12", "B-1", "A-1201", "C-A12"]


def test_only_places_of_ones_own_sites_are_found(runtime: Runtime) -> None:
    """And tenants who live nowhere yet; however many others begin alike."""
    here, there = make_site(runtime), make_site(runtime)
    elsewhere = make_building(runtime, site_id=there)
    for number in range(300):
        make_unit(runtime, site_id=there, building_id=elsewhere, code=f"A-{number:03}")
    own = make_unit(runtime, site_id=here, code="A-999")
    make_tenant(runtime, name="a未入駐")
    local = Actor(2, "王", frozenset({RoleGrant("customer_service", here)}))
    with UnitOfWork(runtime.database) as uow:
        assert [(place.unit_id, place.tenant) for place in finding.find(uow, local, "a")] == [(own, ""), (None, "a未入駐")]
        assert finding.place_of(uow, local, unit_id=own) is not None
        assert finding.place_of(uow, EVERYWHERE, unit_id=own + 99) is None


def test_a_tenant_who_was_renamed_is_found_by_the_new_name_only(runtime: Runtime) -> None:
    """And one that is no longer active not at all."""
    with UnitOfWork(runtime.database) as uow:
        tenant_id = directory.create_tenant(runtime, uow, SYSTEM, directory.TenantValues("T1", "舊名"))
        directory.set_tenant(runtime, uow, SYSTEM, tenant_id, directory.TenantValues("T1", "新名"))
        assert finding.find(uow, EVERYWHERE, "舊名") == ()
        assert [place.tenant_id for place in finding.find(uow, EVERYWHERE, "xinming 新")] == []
        assert [place.tenant_id for place in finding.find(uow, EVERYWHERE, "xm")] == [tenant_id]
        directory.deactivate(runtime, uow, SYSTEM, "tenant", tenant_id)
        assert finding.find(uow, EVERYWHERE, "新名") == ()


def test_a_tenant_of_two_units_is_two_places(runtime: Runtime) -> None:
    """The caller says which."""
    units = [make_unit(runtime, code=code) for code in ("A-1", "A-2")]
    tenant_id = make_tenant(runtime, unit_id=units[0], name="雙居")
    with UnitOfWork(runtime.database) as uow:
        directory.settle(runtime, uow, SYSTEM, tenant_id=tenant_id, unit_id=units[1], started_at=runtime.clock.now())
        assert [place.key for place in finding.find(uow, EVERYWHERE, "sj")] == [(unit, tenant_id) for unit in units]
        one = finding.place_of(uow, EVERYWHERE, unit_id=units[1], tenant_id=tenant_id)
        assert one is not None
        assert (one.unit, one.tenant) == ("A-2", "雙居")
