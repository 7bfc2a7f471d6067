"""Cases beside a call: of the unit and of the tenant, whatever form named them; alike ones next door; those of the day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import instances, linked_cases
from engine.instances import run_step
from engine.model import Actor, RoleGrant
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import dossier, place_cases
from engine.runtime import Runtime
from tests.builders import deploy, make_building, make_site, make_tenant, make_unit, make_user, rows, simple_process

EVERYWHERE = Actor(1, "林", frozenset({RoleGrant("customer_service")}))
_CALL = """{"title": "call", "type": "object", "properties": {
  "unit": {"type": "object", "format": "unit", "title": "unit", "index": true},
  "tenant": {"type": "object", "format": "tenant", "title": "tenant"},
  "category": {"type": "string", "title": "c", "index": true, "oneOf": [
    {"const": "water", "title": "w"}, {"const": "light", "title": "l"}]},
  "contacts": {"type": "array", "title": "contacts", "ui:dossier": "contacts", "items": {"type": "object", "properties": {
    "name": {"type": "string", "title": "name"}, "number": {"type": "string", "title": "number", "ui:personal": "identity"}}}}}}"""
START = (
    b'<startEvent id="start"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="form" value="call"/></s:properties></extensionElements></startEvent>'
)


@pytest.fixture
def site_id(runtime: Runtime) -> int:
    """A site where calls can be taken."""
    diagram = simple_process("leak", ("mend", "customer_service")).replace(b'<startEvent id="start"/>', START)
    deploy(runtime, {"leak.bpmn": diagram, "forms/call.json": _CALL.encode()})
    return make_site(runtime)


def _call(runtime: Runtime, unit_id: int, **more: object) -> int:
    person = make_user(runtime, "customer_service").actor
    return run_step(runtime, lambda uow: instances.start(runtime, uow, person, "leak", {"unit": unit_id, **more})).id


def test_a_case_is_found_under_its_unit_and_its_tenant(runtime: Runtime, site_id: int) -> None:
    """Newest first, open apart from ended, page by page."""
    unit_id = make_unit(runtime, site_id=site_id)
    tenant_id = make_tenant(runtime, unit_id=unit_id)
    cases = [_call(runtime, unit_id, tenant=tenant_id) for _ in range(5)]
    manager = make_user(runtime, "manager").actor
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager, cases[0], "x"))
    with UnitOfWork(runtime.database) as uow:
        seen, after = [], None
        while True:
            page = place_cases.of_place(uow, EVERYWHERE, "tenant", tenant_id, after=after, limit=2)
            seen += [row.id for row in page.rows]
            after = page.after
            if after is None:
                break
        assert seen == cases[::-1]
        assert [row.id for row in place_cases.of_place(uow, EVERYWHERE, "unit", unit_id, is_open=False).rows] == cases[:1]
        assert len(place_cases.of_place(uow, EVERYWHERE, "unit", unit_id, is_open=True).rows) == 4
        concerned = [(place.kind, place.id) for place in dossier.places_of(uow, EVERYWHERE, cases[1])]
        assert concerned == [("unit", unit_id), ("tenant", tenant_id)]
        elsewhere = Actor(2, "王", frozenset({RoleGrant("customer_service", make_site(runtime))}))
        assert place_cases.of_place(uow, elsewhere, "unit", unit_id).rows == ()


def test_alike_are_open_ones_of_the_category_in_the_unit_and_on_the_floors_around(runtime: Runtime, site_id: int) -> None:
    """The unit's own first."""
    building = make_building(runtime, site_id=site_id)
    here, above, beside, far = (make_unit(runtime, site_id=site_id, building_id=building, floor=floor) for floor in (12, 13, 12, 3))
    other_house = make_unit(runtime, site_id=site_id, floor=12)
    ground = make_unit(runtime, site_id=site_id, building_id=building, floor=None)
    cases = {unit: _call(runtime, unit, category="water") for unit in (here, above, beside, far, other_house, ground)}
    _call(runtime, here, category="light")
    with UnitOfWork(runtime.database) as uow:
        water = {"variable": "call.category", "value": "water"}
        found = place_cases.alike(uow, EVERYWHERE, "leak", here, **water)  # type: ignore[arg-type]
        assert [(row.id, row.unit_id) for row in found] == [(cases[here], here), (cases[beside], beside), (cases[above], above)]
        assert len(place_cases.alike(uow, EVERYWHERE, "leak", here)) == 4
        assert [row.id for row in place_cases.alike(uow, EVERYWHERE, "leak", ground, **water)] == [cases[ground]]  # type: ignore[arg-type]
        assert place_cases.alike(uow, EVERYWHERE, "other", here) == ()
        assert place_cases.alike(uow, EVERYWHERE, "leak", 9999) == ()


def test_the_day_counts_what_came_in_since(runtime: Runtime, site_id: int) -> None:
    """Of some procedures, at a site, open or not."""
    case = _call(runtime, make_unit(runtime, site_id=site_id))
    now = runtime.clock.now()
    with UnitOfWork(runtime.database) as uow:
        since = place_cases.started_since
        hour = since(uow, EVERYWHERE, now - timedelta(hours=1), site_id=site_id, keys=["leak"], is_open=True)
        assert [row.id for row in hour.rows] == [case]
        assert since(uow, EVERYWHERE, now + timedelta(seconds=1)).rows == ()
        assert since(uow, EVERYWHERE, now, keys=[]).rows == ()
        assert since(uow, EVERYWHERE, now, is_open=False).rows == ()


def test_a_case_beside_another_concerns_whom_that_one_concerns(runtime: Runtime, site_id: int) -> None:
    """So that it is in the same dossiers."""
    unit_id = make_unit(runtime, site_id=site_id)
    beside = simple_process("beside", ("look", "customer_service")).replace(
        b"</documentation>", b'</documentation><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        b'<s:property name="linked_to" value="leak"/></s:properties></extensionElements>', 1)
    deploy(runtime, {"beside.bpmn": beside})
    parent = _call(runtime, unit_id)
    person = make_user(runtime, "customer_service").actor
    child = run_step(runtime, lambda uow: linked_cases.start(runtime, uow, person, "beside", {}, parent_id=parent)).id
    with UnitOfWork(runtime.database) as uow:
        assert [row.id for row in place_cases.of_place(uow, EVERYWHERE, "unit", unit_id).rows] == [child, parent]


def test_what_forms_say_for_the_dossier_is_replaced_not_added_to(runtime: Runtime, site_id: int) -> None:
    """And what a dropped case said counts no more."""
    unit_id = make_unit(runtime, site_id=site_id)
    contacts = [{"name": "王", "number": "330102X"}]
    case = _call(runtime, unit_id, contacts=contacts)
    with UnitOfWork(runtime.database) as uow:
        (entry,) = dossier.entries(uow, EVERYWHERE, "unit", unit_id)
        assert (entry.topic, entry.value, entry.instance_id) == ("contacts", contacts, case)
    manager = make_user(runtime, "manager").actor
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager, case, "x"))
    with UnitOfWork(runtime.database) as uow:
        assert dossier.entries(uow, EVERYWHERE, "unit", unit_id) == ()
    assert len(rows(runtime, tables.dossier_entry)) == 1
