"""Steps ahead: through calls and out of them again, with what the person attends, up to the first work of somebody else."""

from __future__ import annotations

import orjson
import pytest

from engine import ahead, definitions, work_items
from engine.ahead import NotThereYetError
from engine.errors import NotFoundError
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests.builders import Person, deploy_folder, deploy_simple, make_instance, make_user, make_work_item, rows, start

pytestmark = pytest.mark.databases("sqlite")


def steps_of(runtime: Runtime, person: Person, item_id: int) -> list[str]:
    with UnitOfWork(runtime.database) as uow:
        return [step.element_id for step in ahead.steps_ahead(runtime, uow, person.actor, item_id)]


def test_of_a_repair_the_worker_has_the_whole_visit_ahead(runtime: Runtime) -> None:
    deploy_folder(runtime, "follow_up")
    deploy_folder(runtime, "repair")
    repair = next(row.id for row in rows(runtime, tables.definition) if row.key == "repair")
    with UnitOfWork(runtime.database) as uow:
        bound = orjson.dumps(definitions.bindings(runtime, uow, repair)).decode()
    case = make_instance(runtime, "repair", definition_id=repair, bindings=bound)
    at = {"definition_id": repair, "definition_key": "repair", "element_id": "accept_slip"}
    accept = make_work_item(runtime, "repair_worker", instance_id=case, **at)
    dispatcher, worker = make_user(runtime, "dispatcher"), make_user(runtime, "repair_worker")
    found = steps_of(runtime, worker, accept)
    assert "check_in" in found
    assert "repair_on_site" in found
    assert "sign_repair" in found, "the tenant signs on the worker's phone"
    assert "price_outside_list" not in found, "the supervisor's work"
    assert "return_slip" not in found, "the dispatcher's work"
    assert steps_of(runtime, dispatcher, accept) == []


def test_an_item_that_nobody_has_comes_first_itself_and_one_that_is_done_has_nothing_ahead(runtime: Runtime) -> None:
    deploy_simple(runtime, "errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"), ("pay_errand", "cashier"))
    item = start(runtime, "errand").work_item_ids[0]
    clerk, other = make_user(runtime, "customer_service"), make_user(runtime, "customer_service")
    assert steps_of(runtime, clerk, item) == ["do_errand", "check_errand"]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, clerk.actor, item))
    assert steps_of(runtime, clerk, item) == ["check_errand"]
    assert steps_of(runtime, other, item) == []
    with pytest.raises(NotThereYetError):
        run_step(runtime, lambda uow: ahead.complete(runtime, uow, clerk.actor, item, "errand", "check_errand", {}))
    with pytest.raises(NotFoundError):
        run_step(runtime, lambda uow: ahead.complete(runtime, uow, clerk.actor, item, "errand", "nowhere", {}))
    for step in ("do_errand", "check_errand"):
        run_step(runtime, lambda uow, step=step: ahead.complete(runtime, uow, clerk.actor, item, "errand", step, {}))
    assert steps_of(runtime, clerk, item) == []
