"""Every gate (`require`) of our procedures holds: by whatever role, through the interface and through the page.

A scenario is played up to the gate; then every role tries it with what the scenario's person would send. Gates on the ledger are tried
after the money has changed behind the open form: what counts is how it stands in the completing transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import gates
from engine.bootstrap import load_organisation
from engine.company import ledger, users
from engine.company.accounts import account_of
from engine.company.ledger import Source
from engine.errors import GateClosedError
from engine.instances import run_step
from engine.model import SYSTEM
from engine.persistence.tables import ledger_entry, unit, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.scenarios.player import Player
from engine.scenarios.reader import read_scenarios
from engine.scenarios.stage import Stage
from engine.scenarios.story import Scenario, Verb
from engine.settings import Settings
from tests.builders import Person, make_user
from tests.engine.pictures import signature_url
from tests.processes.test_procedures import PROCEDURES, ROOT, diagrams
from tests.webui.api.caller import Caller
from tests.webui.visitor import Visitor

#: gates on dues: a good scenario, and a charge posted while the form is open
UNPAID = {
    "move_in/sign_for_keys": "without_defects", "move_out/fill_exit_pass": "settled_and_consented",
    "move_out/seal_pass": "settled_and_consented",
}  # fmt: skip
#: gates that another procedure's scenario runs into
ELSEWHERE = {"follow_up/confirm_visit_form": "repair/curtain_wall_must_be_visited"}
#: its flow leads there only after a re-check that has passed, so that what it refuses can be tried by a changed answer alone
BY_DATA = {"violation/release_works"}
GATES = {
    f"{procedure.name}/{element.id}": element
    for procedure in PROCEDURES for diagram in diagrams(procedure).values() for element in diagram.elements.values() if element.require
}  # fmt: skip


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Every procedure deployed, one store for all."""
    settings = Settings(bpmn=ROOT / "bpmn", secret_key="of these tests alone")
    with Stage(settings, load_organisation(settings)) as made:
        for procedure in PROCEDURES:
            made.deploy(procedure.files)
        yield made


def scenario_of(gate: str) -> tuple[Scenario, int]:
    """A scenario that runs into the gate, and the step that does."""
    folder, element = gate.split("/")
    if gate in ELSEWHERE:
        folder = ELSEWHERE[gate].split("/")[0]
    files = next(procedure.files for procedure in PROCEDURES if procedure.name == folder)
    for scenario in read_scenarios(files)[0]:
        for number, step in enumerate(scenario.steps):
            is_refused = step.refused is not None and step.refused.code == "gate_closed"
            wanted = Path(scenario.file).stem == UNPAID[gate] if gate in UNPAID else is_refused
            if step.verb is Verb.COMPLETE and step.subject == element and wanted:
                return scenario, number
    raise AssertionError(f"no scenario runs into the gate {gate}")


def charge(runtime: Runtime) -> None:
    """What another desk posts meanwhile."""
    with UnitOfWork(runtime.database) as uow:
        for unit_id in uow.reading.execute(select(unit.c.id)).scalars().all():
            of = account_of(runtime, uow, unit_id)
            ledger.charge(runtime, uow, SYSTEM, of, "management_fee", Decimal("0.01"), source=Source())
        uow.commit()


def caller_for(app: Flask, runtime: Runtime, role: str) -> Caller:
    """Somebody else of the role, with a token."""
    person = make_user(runtime, role)
    return Caller(app, run_step(runtime, lambda uow: users.add_token(runtime, uow, SYSTEM, person.id, "gates")), person)


def drawn(variables: dict[str, Any]) -> dict[str, Any]:
    """The same with signatures as a browser sends them: as the image that was drawn."""
    return {
        name: {"image": signature_url(), "signer": value["signer"]} if isinstance(value, dict) and "signer" in value else value
        for name, value in variables.items()
    }


def flattened(variables: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """What a browser without JavaScript would send of the same."""
    sent: dict[str, Any] = {}
    for name, value in variables.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            sent |= {f"{key}-{part}": each for part, each in value.items()}
            sent[key] = value.get("label", value.get("id", ""))
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "id" in value[0]:
            sent[key] = [str(file["id"]) for file in value]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, row in enumerate(value):
                sent |= flattened(row, f"{key}-{number}-")
        elif isinstance(value, bool):
            sent |= {key: str(value).lower()}
        elif value is not None:
            # a browser knows local times only
            sent[key] = value if isinstance(value, list) else str(value).removesuffix("+08:00")
    return sent


def is_open(runtime: Runtime, item_id: int) -> bool:
    """Whether the item still waits."""
    with UnitOfWork(runtime.database) as uow:
        return bool(uow.reading.execute(select(work_item.c.is_live).where(work_item.c.id == item_id)).scalar_one())


@pytest.mark.parametrize("gate", sorted(GATES.keys() - BY_DATA))
def test_a_closed_gate_lets_nobody_through(stage: Stage, gate: str, app_over: Callable[[Runtime], Flask]) -> None:
    """Refused to the person whose step it is, with the reason; refused to everybody else as well; the item stays."""
    scenario, number = scenario_of(gate)
    step = scenario.steps[number]
    with stage.scene(scenario.begins_at) as scene:
        runtime = scene.runtime
        played = Player(scene, replace(scenario, steps=tuple(replace(each, expect=None) for each in scenario.steps[:number])))
        assert played.play().failures == ()
        item, actor, variables = played.submission(step)
        variables = drawn(variables)
        app = app_over(runtime)
        assert actor.user_id is not None
        visitor = Visitor(app, Person(actor.user_id, actor.name, actor.name, actor))
        assert visitor.get(f"/items/{item.id}").status_code == 200
        if gate in UNPAID:
            charge(runtime)
        for role in runtime.organisation.roles.values():
            if not role.is_outside:
                answer = caller_for(app, runtime, role.id).post(f"/work-items/{item.id}/complete", {"variables": variables})
                # 422: nobody may hand in another person's files
                assert answer.status_code in (403, 404, 409, 422), (role.id, answer.get_json())
        token = run_step(runtime, lambda uow: users.add_token(runtime, uow, SYSTEM, actor.user_id or 0, "own"))
        own = Caller(app, token).post(f"/work-items/{item.id}/complete", {"variables": variables}).get_json()
        assert own["code"] == "gate_closed", own
        assert own["element_id"] == item.element_id
        page = visitor.post(f"/items/{item.id}/complete", flattened(variables))
        assert page.status_code == 409, page.get_data(as_text=True)[:2000]
        assert GATES[gate].require_message in page.get_data(as_text=True)
        assert is_open(runtime, item.id)


def test_works_are_not_released_on_a_failed_recheck(stage: Stage) -> None:
    """The flow leads to the release after a passed re-check only; the gate holds by itself."""
    with stage.scene(datetime(2026, 3, 2, 1, tzinfo=UTC)) as scene, UnitOfWork(scene.runtime.database) as uow:
        element = GATES["violation/release_works"]
        gates.check(scene.runtime, uow, 0, element, {"violation_recheck": {"passed": True}})
        with pytest.raises(GateClosedError):
            gates.check(scene.runtime, uow, 0, element, {"violation_recheck": {"passed": False}})
        with pytest.raises(GateClosedError):
            gates.check(scene.runtime, uow, 0, element, {})


def test_what_a_repair_costs_is_in_the_books(stage: Stage) -> None:
    """Charged to the unit and paid with a receipt, so that the cashier's day has it."""
    procedure = next(each for each in PROCEDURES if each.name == "repair")
    scenario = next(each for each in read_scenarios(procedure.files)[0] if each.file.endswith("paid_from_price_list.yaml"))
    with stage.scene(scenario.begins_at) as scene:
        assert Player(scene, scenario).play().failures == ()
        entry = ledger_entry.c
        with UnitOfWork(scene.runtime.database) as uow:
            query = select(entry.kind, entry.amount, entry.receipt_id.is_not(None)).where(entry.item == "repair_fee")
            found = [tuple(each) for each in uow.reading.execute(query)]
    assert found == [("charge", Decimal("60.00"), False), ("payment", Decimal("-60.00"), True)]
