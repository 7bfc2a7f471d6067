"""The verbs of a work item: who may, who was first, what is kept."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from engine import history, instances, work_items
from engine.errors import (
    ConflictError,
    ForbiddenError,
    GateClosedError,
    NotFoundError,
    StaleInstanceError,
    WorkItemAlreadyClaimedError,
    WorkItemNotDelegatedError,
    WorkItemNotOpenError,
    WorkItemNotYoursError,
)
from engine.persistence.tables import history_event, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders


def _item(runtime: Runtime, work_item_id: int):
    with runtime.database.reading() as connection:
        return connection.execute(select(work_item).where(work_item.c.id == work_item_id)).one()


def _event_types(runtime: Runtime, instance_id: int) -> list[str]:
    with runtime.database.reading() as connection:
        query = select(history_event.c.type).where(history_event.c.instance_id == instance_id).order_by(history_event.c.seq)
        return list(connection.execute(query).scalars())


@pytest.fixture
def errand(runtime: Runtime):
    """One open item for the front desk at a site."""
    site_id = builders.make_site(runtime)
    builders.deploy_simple(runtime)
    started = builders.start(runtime, "errand", site_id=site_id)
    return site_id, started.id, started.work_item_ids[0]


def test_claim_takes_an_item_of_ones_own_role(runtime: Runtime, errand) -> None:
    site_id, instance_id, item_id = errand
    ann = builders.make_user(runtime, "customer_service", site_id=site_id)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann.actor, item_id))
    assert (_item(runtime, item_id).assignee_id, _item(runtime, item_id).state) == (ann.id, "claimed")
    assert _event_types(runtime, instance_id)[-1] == "work_item.claimed"


def test_claim_of_a_claimed_item_names_who_has_it(runtime: Runtime, errand) -> None:
    site_id, _, item_id = errand
    ann, ben = (builders.make_user(runtime, "customer_service", site_id=site_id) for _ in range(2))
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann.actor, item_id))
    with pytest.raises(WorkItemAlreadyClaimedError) as refused:
        run_step(runtime, lambda uow: work_items.claim(runtime, uow, ben.actor, item_id))
    assert refused.value.data["assignee"] == ann.name


def test_a_role_at_another_site_does_not_count(runtime: Runtime, errand) -> None:
    _, _, item_id = errand
    elsewhere = builders.make_user(runtime, "customer_service", site_id=builders.make_site(runtime))
    for act in (work_items.claim, lambda *args: work_items.complete(*args, {})):
        with pytest.raises(ForbiddenError):
            run_step(runtime, lambda uow, act=act: act(runtime, uow, elsewhere.actor, item_id))


def test_complete_moves_the_token_and_closes_the_item(runtime: Runtime, errand) -> None:
    site_id, instance_id, item_id = errand
    ann = builders.make_user(runtime, "customer_service", site_id=site_id)
    result = run_step(runtime, lambda uow: work_items.complete(runtime, uow, ann.actor, item_id, {"answer": 42}))
    assert result.state == "completed"
    assert (_item(runtime, item_id).completed_by, _item(runtime, item_id).is_live) == (ann.id, False)
    with UnitOfWork(runtime.database) as uow:
        view = instances.inspect(runtime, uow, instance_id)
        assert history.verify(uow, instance_id) is None
    assert view.variables == {"answer": 42}
    assert view.completed_elements == ("start", "do_errand", "finish")
    assert view.end_events == ("finish",)


def test_complete_of_a_done_item_tells_who_did_it(runtime: Runtime, errand) -> None:
    site_id, _, item_id = errand
    ann, ben = (builders.make_user(runtime, "customer_service", site_id=site_id) for _ in range(2))
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, ann.actor, item_id, {}))
    with pytest.raises(WorkItemNotOpenError) as refused:
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, ben.actor, item_id, {}))
    assert refused.value.data["completed_by"] == ann.name


def test_complete_of_somebody_elses_item_is_refused(runtime: Runtime, errand) -> None:
    site_id, _, item_id = errand
    ann, ben = (builders.make_user(runtime, "customer_service", site_id=site_id) for _ in range(2))
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann.actor, item_id))
    with pytest.raises(WorkItemNotYoursError):
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, ben.actor, item_id, {}))


def test_two_at_once_one_wins_and_the_other_is_told(runtime: Runtime, errand) -> None:
    site_id, instance_id, item_id = errand
    people = [builders.make_user(runtime, "customer_service", site_id=site_id) for _ in range(2)]
    together = threading.Barrier(2)
    outcomes: list[object] = []

    def act(person: builders.Person) -> None:
        together.wait(10)
        try:
            run_step(runtime, lambda uow: work_items.complete(runtime, uow, person.actor, item_id, {"by": person.id}))
            outcomes.append(person.id)
        except ConflictError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=act, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    winners = [each for each in outcomes if isinstance(each, int)]
    losers = [each for each in outcomes if not isinstance(each, int)]
    assert len(winners) == len(losers) == 1
    assert isinstance(losers[0], WorkItemNotOpenError)
    assert losers[0].data["completed_by"] == next(person.name for person in people if person.id == winners[0])
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, instance_id).variables == {"by": winners[0]}
        assert history.verify(uow, instance_id) is None


def test_unclaim_puts_it_back(runtime: Runtime, errand) -> None:
    site_id, _, item_id = errand
    ann = builders.make_user(runtime, "customer_service", site_id=site_id)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann.actor, item_id))
    run_step(runtime, lambda uow: work_items.unclaim(runtime, uow, ann.actor, item_id))
    assert (_item(runtime, item_id).assignee_id, _item(runtime, item_id).state) == (None, "open")


def test_assign_needs_the_permission_and_a_suitable_person(runtime: Runtime, errand) -> None:
    site_id, _, item_id = errand
    ann = builders.make_user(runtime, "customer_service", site_id=site_id)
    cashier = builders.make_user(runtime, "cashier", site_id=site_id)
    manager = builders.make_user(runtime, "manager", site_id=site_id)
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: work_items.assign(runtime, uow, ann.actor, item_id, ann.id))
    with pytest.raises(work_items.AssigneeUnsuitableError):
        run_step(runtime, lambda uow: work_items.assign(runtime, uow, manager.actor, item_id, cashier.id))
    run_step(runtime, lambda uow: work_items.assign(runtime, uow, manager.actor, item_id, ann.id))
    assert _item(runtime, item_id).assignee_id == ann.id


def test_delegate_keeps_the_owner_and_resolve_gives_it_back(runtime: Runtime, errand) -> None:
    site_id, instance_id, item_id = errand
    ann = builders.make_user(runtime, "customer_service", site_id=site_id)
    expert = builders.make_user(runtime, "engineering_supervisor", site_id=site_id)
    with pytest.raises(WorkItemNotDelegatedError):
        run_step(runtime, lambda uow: work_items.resolve(runtime, uow, ann.actor, item_id))
    run_step(runtime, lambda uow: work_items.delegate(runtime, uow, ann.actor, item_id, expert.id))
    row = _item(runtime, item_id)
    assert (row.state, row.assignee_id, row.owner_id) == ("delegated", expert.id, ann.id)
    run_step(runtime, lambda uow: work_items.resolve(runtime, uow, expert.actor, item_id, {"note": "可行"}))
    row = _item(runtime, item_id)
    assert (row.state, row.assignee_id, row.owner_id) == ("claimed", ann.id, None)
    assert _event_types(runtime, instance_id)[-2:] == ["work_item.delegated", "work_item.resolved"]


def test_an_item_that_is_not_there(runtime: Runtime) -> None:
    ann = builders.make_user(runtime, "customer_service")
    with pytest.raises(NotFoundError):
        run_step(runtime, lambda uow: work_items.claim(runtime, uow, ann.actor, 4711))


def test_a_step_that_lost_its_race_runs_again(runtime: Runtime) -> None:
    attempts = []

    def act(uow: UnitOfWork) -> str:
        attempts.append(1)
        if len(attempts) < 3:
            raise StaleInstanceError(instance_id=1)
        return "done"

    assert run_step(runtime, act) == "done"
    assert len(attempts) == 3


GATED = b"""<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t"
 xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"><process id="gated" name="gated" isExecutable="true">
<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="hand_out_pass"/><userTask id="hand_out_pass" name="Pass">
<extensionElements><spiffworkflow:properties><spiffworkflow:property name="require" value="balance() == 0 and agreed"/>
<spiffworkflow:property name="require_message" value="dues are open"/></spiffworkflow:properties></extensionElements></userTask>
<sequenceFlow id="f2" sourceRef="hand_out_pass" targetRef="over"/><endEvent id="over"/></process></definitions>"""


def test_a_gate_is_decided_with_the_facts_of_the_moment(runtime: Runtime) -> None:
    balance = {"due": 100}
    runtime.facts = {"balance": lambda runtime, uow, instance_id: balance["due"]}
    builders.deploy(runtime, {"gated.bpmn": GATED})
    started = builders.start(runtime, "gated", {"agreed": False})
    manager = builders.make_user(runtime, "manager").actor

    def complete(**variables: object) -> None:
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, manager, started.work_item_ids[0], variables))

    for due, answer in ((100, {"agreed": True}), (0, {})):
        balance["due"] = due
        with pytest.raises(GateClosedError) as closed:
            complete(**answer)
        assert closed.value.data["reason"] == "dues are open"
        assert _item(runtime, started.work_item_ids[0]).is_live
    complete(agreed=True)
    assert not _item(runtime, started.work_item_ids[0]).is_live
