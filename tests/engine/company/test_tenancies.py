"""Cases settle tenants in units and take them out again: once, told in the case's history, and what is charged follows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from engine.company.collections import active_units
from engine.company.tenancies import UnitLetError
from engine.errors import InvalidError, NotFoundError
from engine.model import SYSTEM
from engine.operators.catalogue import OPERATORS
from engine.operators.facts import FACTS
from engine.operators.postings import DateInvalidError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import make_instance, make_site, make_tenant, make_unit, rows


@pytest.fixture
def unit(runtime: Runtime) -> int:
    """An empty unit."""
    return make_unit(runtime, site_id=make_site(runtime), code="A-1205", area=Decimal("100"))


def act(runtime: Runtime, operator: str, instance_id: int, /, **parameters: Any) -> None:
    """Carry an operator out and commit."""
    with UnitOfWork(runtime.database) as uow:
        OPERATORS[operator](runtime, uow, SYSTEM, instance_id, parameters)
        uow.commit()


def move_in(runtime: Runtime, instance_id: int, unit: int, **parameters: Any) -> None:
    """A newcomer from the first of the month on."""
    given = {"name": "宏達貿易", "contact": "王小明", "phone": "057188001234", "since": first(runtime).isoformat(), "rate": "8.50"}
    act(runtime, "tenancy.open", instance_id, unit={"id": unit, "label": "A-1205"}, **{**given, **parameters})


def first(runtime: Runtime) -> date:
    """Of the month."""
    return runtime.clock.now().astimezone(ZoneInfo("Asia/Shanghai")).date().replace(day=1)


def told(runtime: Runtime, instance_id: int) -> list[str]:
    """What the case's history says of tenancies."""
    found = rows(runtime, tables.history_event)
    return [row.type for row in found if row.instance_id == instance_id and row.type.startswith("tenancy.")]


def charged(runtime: Runtime) -> list[tuple[int, str, str]]:
    """Units that the next monthly notices go to, with tenant and fee."""
    with UnitOfWork(runtime.database) as uow:
        items = active_units(uow, runtime.clock.now() + timedelta(minutes=1))
        return [(item.id, item.data["tenant"]["label"], item.data["monthly_fee"]) for item in items]


def test_a_new_tenant_is_entered_settled_and_charged(runtime: Runtime, unit: int) -> None:
    """With a code of the series, from midnight of the day on the notice, at its rate."""
    case = make_instance(runtime)
    move_in(runtime, case, unit)
    assert charged(runtime) == [(unit, "宏達貿易", "850.00")]
    (tenant,), (tenancy,) = rows(runtime, tables.tenant), rows(runtime, tables.tenancy)
    assert (tenant.contact, tenant.kind, tenant.code[:1]) == ("王小明", "company", "K")
    assert tenancy.started_at.astimezone(ZoneInfo("Asia/Shanghai")).isoformat()[:19] == f"{first(runtime)}T00:00:00"
    assert told(runtime, case) == ["tenancy.opened"]


def test_a_known_tenant_keeps_the_entry(runtime: Runtime, unit: int) -> None:
    """A second unit of the same tenant makes no second tenant."""
    tenant_id = make_tenant(runtime, name="遠航物流", unit_id=make_unit(runtime))
    move_in(runtime, make_instance(runtime), unit, tenant={"id": tenant_id, "label": "遠航物流"})
    assert len(rows(runtime, tables.tenant)) == 1
    assert (unit, "遠航物流", "850.00") in charged(runtime)


def test_a_case_opens_one_tenancy_however_often(runtime: Runtime, unit: int) -> None:
    """A step that is done again, and another case about the very same tenancy, change nothing."""
    case = make_instance(runtime)
    tenant_id = make_tenant(runtime)
    move_in(runtime, case, unit, tenant=tenant_id)
    move_in(runtime, case, unit, tenant=tenant_id)
    move_in(runtime, make_instance(runtime), unit, tenant=tenant_id)
    assert len(rows(runtime, tables.tenancy)) == 1
    assert told(runtime, case) == ["tenancy.opened"]


def test_a_unit_that_is_let_is_refused_in_plain_words(runtime: Runtime, unit: int) -> None:
    """Nothing is left of the attempt, not even the newcomer's entry or number."""
    make_tenant(runtime, name="陳麗華", unit_id=unit)
    case, empty = make_instance(runtime), make_unit(runtime)
    with pytest.raises(UnitLetError, match=r"A-1205.*陳麗華"):
        move_in(runtime, case, unit)
    assert [row.name for row in rows(runtime, tables.tenant)] == ["陳麗華"]
    assert told(runtime, case) == []
    with UnitOfWork(runtime.database) as uow:
        assert FACTS["is_let"](runtime, uow, case, {"id": unit, "label": "A-1205"}) is True
        assert FACTS["is_let"](runtime, uow, case, empty) is False


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"name": None}, InvalidError), ({"name": "  "}, InvalidError), ({"tenant": "T-9999"}, NotFoundError),
        ({"since": "soon"}, DateInvalidError),
    ],
)
def test_what_is_missing_or_unknown_is_refused(runtime: Runtime, unit: int, parameters: dict[str, Any], error: type[Exception]) -> None:
    """And nobody is settled."""
    with pytest.raises(error):
        move_in(runtime, make_instance(runtime), unit, **parameters)
    assert rows(runtime, tables.tenancy) == []


def test_codes_given_by_hand_are_passed_over(runtime: Runtime, unit: int) -> None:
    """The series goes on to the next free one."""
    make_tenant(runtime, code=f"K{runtime.clock.now():%Y}-0001")
    move_in(runtime, make_instance(runtime), unit)
    assert {row.code for row in rows(runtime, tables.tenant)} == {f"K{runtime.clock.now():%Y}-000{number}" for number in (1, 2)}


def test_moving_out_ends_it_once_and_the_charging_with_it(runtime: Runtime, unit: int) -> None:
    """Doing it again, or for another tenant, ends nothing more; the unit can be let again."""
    tenant_id = make_tenant(runtime, name="陳麗華", unit_id=unit)
    case, now = make_instance(runtime), runtime.clock.now().isoformat()
    act(runtime, "tenancy.end", case, unit=unit, tenant=make_tenant(runtime), at=now)
    assert told(runtime, case) == []
    act(runtime, "tenancy.end", case, unit=unit, tenant=tenant_id, at=now)
    act(runtime, "tenancy.end", case, unit=unit, tenant=tenant_id)
    assert told(runtime, case) == ["tenancy.ended"]
    assert charged(runtime) == []
    move_in(runtime, make_instance(runtime), unit)
    assert charged(runtime) == [(unit, "宏達貿易", "850.00")]


def test_an_end_before_the_beginning_is_refused(runtime: Runtime, unit: int) -> None:
    """And without an offset nobody knows when it was."""
    tenant_id = make_tenant(runtime, unit_id=unit)
    case = make_instance(runtime)
    with pytest.raises(InvalidError):
        act(runtime, "tenancy.end", case, unit=unit, tenant=tenant_id, at=(runtime.clock.now() - timedelta(days=900)).isoformat())
    with pytest.raises(DateInvalidError):
        act(runtime, "tenancy.end", case, unit=unit, at="2026-11-28T10:00:00")
    with runtime.database.reading() as connection:
        assert connection.execute(select(tables.tenancy.c.ended_at)).scalars().all() == [None]
