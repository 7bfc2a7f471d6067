"""Small diagrams with a signature chain, for tests."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from engine import work_items
from engine.instances import run_step
from engine.persistence import tables
from engine.runtime import Runtime
from engine.steps import StepResult
from tests import builders
from tests.builders import Person, Started

#: who signs unless a test says otherwise
THREE = '[{"role": "security_supervisor"}, {"role": "engineering_supervisor"}, {"role": "fire_officer"}]'
IN_ORDER = '[{"role": "security_supervisor", "step": 1}, {"role": "engineering_supervisor", "step": 2}, {"role": "manager", "step": 3}]'
APPLICATION = {
    "title": "申請",
    "type": "object",
    "required": ["area"],
    "properties": {"area": {"type": "integer", "title": "面積"}, "note": {"type": "string", "title": "說明"}},
}


def element(signers: str = THREE, **properties: str) -> bytes:
    """The user task `sign_off` with its properties."""
    written = {"signers": signers, **properties}
    listed = "".join(f'<s:property name="{name}" value="{_escaped(value)}"/>' for name, value in written.items())
    return (
        '<userTask id="sign_off" name="會簽"><extensionElements xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        f"<s:properties>{listed}</s:properties></extensionElements></userTask>"
    ).encode()


def _escaped(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def process(signers: str = THREE, key: str = "fit_out", **properties: str) -> bytes:
    """apply → sign_off (a chain) → file_it."""
    plain = builders.simple_process(key, ("apply", "customer_service"), ("sign_off", "manager"), ("file_it", "customer_service"))
    form = (
        b'<userTask id="apply" name="apply"><extensionElements xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core"><s:properties>'
        b'<s:property name="form" value="application"/></s:properties></extensionElements></userTask>'
    )
    drawn = plain.replace(b'<userTask id="apply" name="apply"/>', form)
    return drawn.replace(b'<userTask id="sign_off" name="sign_off"/>', element(signers, **properties))


def deploy(runtime: Runtime, signers: str = THREE, **properties: str) -> None:
    """Deploy it with its form."""
    builders.deploy(runtime, {"fit_out.bpmn": process(signers, **properties), "forms/application.json": orjson.dumps(APPLICATION)})


def people(runtime: Runtime, site_id: int | None = None) -> dict[str, Person]:
    """One person a role."""
    roles = ("customer_service", "security_supervisor", "engineering_supervisor", "fire_officer", "manager")
    return {role: builders.make_user(runtime, role, site_id=site_id) for role in roles}


def applied(runtime: Runtime, clerk: Person, area: int = 80, site_id: int | None = None) -> Started:
    """A case whose application has been made; its items are the first signers'."""
    case = builders.start(runtime, "fit_out", actor=clerk.actor, site_id=site_id)
    result = complete(runtime, clerk, case.work_item_ids[0], {"area": area})
    return Started(case.id, result.new_work_items)


def complete(runtime: Runtime, person: Person, work_item_id: int, variables: Mapping[str, object]) -> StepResult:
    """Complete an item as a person."""
    return run_step(runtime, lambda uow: work_items.complete(runtime, uow, person.actor, work_item_id, dict(variables)))


def item_of(runtime: Runtime, instance_id: int, role: str) -> int:
    """The live item of a role."""
    items = builders.rows(runtime, tables.work_item, tables.work_item.c.instance_id == instance_id, tables.work_item.c.is_live)
    return int(next(item.id for item in items if item.role == role))


def live(runtime: Runtime, instance_id: int) -> list[tuple[str, str]]:
    """What lies in the lists: (element, role)."""
    items = builders.rows(runtime, tables.work_item, tables.work_item.c.instance_id == instance_id, tables.work_item.c.is_live)
    return [(item.element_id, item.role) for item in items]


def decide(runtime: Runtime, person: Person, instance_id: int, decision: str = "approve", opinion: str = "", **more: object) -> StepResult:
    """Sign as a person whose only role's item is open."""
    role = next(iter(person.actor.roles()))
    answer = {"decision": decision, "opinion": opinion or ("" if decision == "approve" else "不妥"), **more}
    return complete(runtime, person, item_of(runtime, instance_id, role), answer)


def states(runtime: Runtime, instance_id: int) -> list[tuple[int, str, str]]:
    """Every part: (round, role, state)."""
    found = builders.rows(runtime, tables.approval, tables.approval.c.instance_id == instance_id)
    return [(row.round, row.role, row.state) for row in sorted(found, key=lambda row: (row.round, row.position, row.id))]
