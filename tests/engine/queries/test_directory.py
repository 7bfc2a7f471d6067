"""Pickers find people, units and tenants by whatever part of them is known, at the sites that a person may see."""

from __future__ import annotations

import pytest

from engine.model import Actor, RoleGrant
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import directory
from engine.queries.paging import Page
from engine.runtime import Runtime
from tests.builders import make_site, make_tenant, make_unit, make_user

EVERYWHERE = Actor(1, "林", frozenset({RoleGrant("customer_service")}))


def _labels(page: Page[directory.Choice]) -> list[str]:
    return [choice.label for choice in page.rows]


@pytest.mark.parametrize("q", ["宏達", "宏达", "ＨＯＮＧ", "hong", "13900", "林小姐", "t77", "A1203", "a-12", "1203"])
def test_a_tenant_is_found_by_any_part(runtime: Runtime, q: str) -> None:
    """Code, name in both scripts, width and case, contact, phone, and the unit lived in."""
    unit_id = make_unit(runtime, code="A-1203")
    make_tenant(runtime, unit_id=unit_id, code="T77", name="宏達 Hong 貿易", contact="林小姐", phone="139 0000 1111")
    make_tenant(runtime, code="X1", name="別人", contact="王", phone="150")
    with UnitOfWork(runtime.database) as uow:
        assert _labels(directory.tenants(uow, EVERYWHERE, q=q)) == ["宏達 Hong 貿易"]


def test_a_unit_is_found_by_its_tenant(runtime: Runtime) -> None:
    """The line tells building and tenant."""
    unit_id = make_unit(runtime, code="A-1203")
    make_tenant(runtime, unit_id=unit_id, name="宏達貿易", code="T1")
    make_unit(runtime, code="A-1204")
    with UnitOfWork(runtime.database) as uow:
        found = directory.units(uow, EVERYWHERE, q="宏达").rows
    assert [(choice.id, choice.label) for choice in found] == [(unit_id, "A-1203")]
    assert found[0].detail.endswith("座 宏達貿易")


@pytest.mark.parametrize("q", ["%", "_", "%%", "--", "'", "\0"])
def test_signs_are_no_wildcards(runtime: Runtime, q: str) -> None:
    """A query of signs finds nothing rather than everything."""
    make_unit(runtime)
    with UnitOfWork(runtime.database) as uow:
        assert directory.units(uow, EVERYWHERE, q=q).rows == ()


def test_units_of_other_sites_stay_unseen(runtime: Runtime) -> None:
    """For one whose roles are held at one site."""
    here, there = make_site(runtime), make_site(runtime)
    make_unit(runtime, site_id=here, code="A-1")
    make_tenant(runtime, unit_id=make_unit(runtime, site_id=there, code="B-1"), name="那邊")
    make_tenant(runtime, name="未入駐")
    local = Actor(2, "王", frozenset({RoleGrant("customer_service", here)}))
    with UnitOfWork(runtime.database) as uow:
        assert _labels(directory.units(uow, local)) == ["A-1"]
        assert _labels(directory.tenants(uow, local)) == ["未入駐"]
        assert [row.id for row in directory.sites(uow, local)] == [here]
        assert len(directory.sites(uow, EVERYWHERE)) == 2


def test_pages_join_without_gap_or_repeat(runtime: Runtime) -> None:
    """Also where names are alike."""
    site_id = make_site(runtime)
    for number in range(7):
        make_unit(runtime, site_id=site_id, code=f"A-{number}")
        make_tenant(runtime, name="同名", code=f"S{number}")
    with UnitOfWork(runtime.database) as uow:
        for query in (directory.units, directory.tenants):
            seen, after = [], None
            while True:
                page = query(uow, EVERYWHERE, after=after, limit=3)
                seen += [choice.code for choice in page.rows]
                after = page.after
                if after is None:
                    break
            assert len(seen) == len(set(seen)) == 7


def test_people_by_role_and_site(runtime: Runtime) -> None:
    """Those who hold it there or everywhere; the deactivated not at all."""
    here, there = make_site(runtime), make_site(runtime)
    local = make_user(runtime, "repair_worker", site_id=here)
    anywhere = make_user(runtime, "repair_worker", "dispatcher")
    make_user(runtime, "repair_worker", site_id=there)
    make_user(runtime, "cashier")
    make_user(runtime, "repair_worker", deactivated_at=runtime.clock.now())
    with UnitOfWork(runtime.database) as uow:
        found = directory.people(uow, role="repair_worker", site_id=here).rows
        assert {choice.id for choice in found} == {local.id, anywhere.id}
        assert {choice.detail for choice in found} == {"repair_worker", "dispatcher repair_worker"}
        assert [choice.id for choice in directory.people(uow, q=local.username).rows] == [local.id]


def test_tenants_of_one_unit(runtime: Runtime) -> None:
    """What a picker offers once the unit is chosen."""
    unit_id = make_unit(runtime)
    make_tenant(runtime, unit_id=unit_id, name="這裡")
    make_tenant(runtime, unit_id=make_unit(runtime), name="別處")
    with UnitOfWork(runtime.database) as uow:
        assert _labels(directory.tenants(uow, EVERYWHERE, unit_id=unit_id)) == ["這裡"]
