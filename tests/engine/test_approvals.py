"""Signature chains: who signs when, what meets the rule, and the crossings in which products lose a signature or ask twice."""

from __future__ import annotations

import orjson
import pytest
from sqlalchemy import select

from engine import approvals, history, instances, work_items
from engine.errors import ConflictError, FormInvalidError, GateClosedError, NotACandidateError, WorkItemNotOpenError
from engine.instances import run_step
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests import builders
from tests.builders import Person
from tests.engine import chain_diagrams as chain

S, E, F, M = "security_supervisor", "engineering_supervisor", "fire_officer", "manager"


@pytest.fixture
def staff(runtime: Runtime) -> dict[str, Person]:
    return chain.people(runtime)


def outcome(runtime: Runtime, instance_id: int) -> dict[str, object]:
    """What the chain left in the data."""
    with UnitOfWork(runtime.database) as uow:
        found: dict[str, object] = instances.inspect(runtime, uow, instance_id).variables["sign_off"]
        return found


def test_all_must_sign_before_the_token_moves(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    assert chain.live(runtime, case.id) == [("sign_off", S), ("sign_off", E), ("sign_off", F)]
    chain.decide(runtime, staff[S], case.id)
    chain.decide(runtime, staff[F], case.id, opinion="注意通道")
    assert chain.live(runtime, case.id) == [("sign_off", E)]
    result = chain.decide(runtime, staff[E], case.id)
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    assert len(result.new_work_items) == 1
    said = outcome(runtime, case.id)
    assert (said["outcome"], said["round"]) == ("approved", 1)
    assert [(each["role"], each["decision"], each["opinion"]) for each in said["opinions"]] == [  # type: ignore[attr-defined]
        (S, "approve", ""), (F, "approve", "注意通道"), (E, "approve", "")]
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case.id) is None


def test_registers_know_what_came_of_it(runtime: Runtime, staff: dict[str, Person]) -> None:
    """A field of the chain's form that is indexed is kept when the last one signs."""
    said = [{"const": "approved", "title": "批准"}, {"const": "refused", "title": "不批准"}]
    field = {"type": "string", "title": "結果", "oneOf": said, "index": True}
    review = {"title": "審批", "type": "object", "properties": {"outcome": field}}
    forms = {"forms/application.json": orjson.dumps(chain.APPLICATION), "forms/review.json": orjson.dumps(review)}
    builders.deploy(runtime, {"fit_out.bpmn": chain.process(form="review"), **forms})
    case = chain.applied(runtime, staff["customer_service"])
    for role in (S, E, F):
        chain.decide(runtime, staff[role], case.id)
    kept = tables.instance_variable
    with UnitOfWork(runtime.database) as uow:
        found = select(kept.c.text).where(kept.c.instance_id == case.id, kept.c.name == "review.outcome")
        assert uow.reading.execute(found).scalars().all() == ["approved"]


def test_signers_in_order_get_their_item_when_it_is_their_turn(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, chain.IN_ORDER)
    case = chain.applied(runtime, staff["customer_service"])
    for role in (S, E, M):
        assert chain.live(runtime, case.id) == [("sign_off", role)]
        chain.decide(runtime, staff[role], case.id)
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_the_first_decision_is_enough_where_the_rule_says_first(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, signature_rule="first")
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[E], case.id)
    assert chain.states(runtime, case.id) == [(1, S, "skipped"), (1, E, "approved"), (1, F, "skipped")]
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_two_of_three(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, signature_rule="2")
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id)
    assert len(chain.live(runtime, case.id)) == 2
    chain.decide(runtime, staff[F], case.id)
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_a_refusal_ends_it_at_once_also_while_another_has_delegated(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    theirs, helper = chain.item_of(runtime, case.id, E), builders.make_user(runtime, "repair_worker")
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, staff[E].actor, theirs))
    run_step(runtime, lambda uow: work_items.delegate(runtime, uow, staff[E].actor, theirs, helper.id))
    with pytest.raises(approvals.DelegateCannotSignError):
        chain.complete(runtime, helper, theirs, {"decision": "approve"})
    chain.decide(runtime, staff[F], case.id, "refuse", "通道不足")
    assert outcome(runtime, case.id)["outcome"] == "refused"
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    with pytest.raises(WorkItemNotOpenError):
        run_step(runtime, lambda uow: work_items.resolve(runtime, uow, helper.actor, theirs))


def test_who_may_complete_any_work_may_not_sign_for_somebody(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    theirs = chain.item_of(runtime, case.id, F)
    with pytest.raises(NotACandidateError):
        chain.complete(runtime, staff[M], theirs, {"decision": "approve"})
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, staff[M].actor, theirs))
    with pytest.raises(NotACandidateError):
        chain.complete(runtime, staff[M], theirs, {"decision": "approve"})


def test_a_refusal_needs_a_reason(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    with pytest.raises(FormInvalidError):
        chain.complete(runtime, staff[S], chain.item_of(runtime, case.id, S), {"decision": "refuse"})


def test_sent_back_while_one_of_three_has_signed_all_decide_again_exactly_once(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id, opinion="可以")
    back = chain.item_of(runtime, case.id, E)
    run_step(runtime, lambda uow: work_items.return_to(runtime, uow, staff[E].actor, back, "apply", "缺圖紙"))
    assert chain.live(runtime, case.id) == [("apply", "customer_service")]
    assert chain.states(runtime, case.id) == [(1, S, "approved"), (1, E, "sent_back"), (1, F, "superseded")]
    chain.complete(runtime, staff["customer_service"], chain.item_of(runtime, case.id, "customer_service"), {"area": 90})
    assert sorted(chain.live(runtime, case.id)) == sorted([("sign_off", S), ("sign_off", E), ("sign_off", F)])
    for role in (S, E, F):
        chain.decide(runtime, staff[role], case.id)
    said = outcome(runtime, case.id)
    assert (said["outcome"], said["round"]) == ("approved", 2)
    assert [(each["round"], each["role"], each["decision"]) for each in said["opinions"]] == [  # type: ignore[attr-defined]
        (1, S, "approve"), (1, E, "send_back"), (2, S, "approve"), (2, E, "approve"), (2, F, "approve")]


def test_the_form_can_send_back_too(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id, "send_back", "缺圖紙", send_back_to="applicant")
    assert chain.live(runtime, case.id) == [("apply", "customer_service")]


def test_a_signer_added_after_a_send_back_signs_in_the_new_round_only(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, '[{"role": "security_supervisor"}]')
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id, "send_back", "缺圖紙")
    chain.complete(runtime, staff["customer_service"], chain.item_of(runtime, case.id, "customer_service"), {"area": 90})
    mine = chain.item_of(runtime, case.id, S)
    run_step(runtime, lambda uow: approvals.add_signer(runtime, uow, staff[S].actor, mine, place="after", role=F))
    assert chain.live(runtime, case.id) == [("sign_off", S)]
    chain.decide(runtime, staff[S], case.id)
    assert chain.live(runtime, case.id) == [("sign_off", F)]
    chain.decide(runtime, staff[F], case.id)
    assert chain.states(runtime, case.id) == [(1, S, "sent_back"), (2, S, "approved"), (2, F, "approved")]
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_a_signer_added_before_lets_this_one_wait(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    mine = chain.item_of(runtime, case.id, S)
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, staff[S].actor, mine))
    run_step(runtime, lambda uow: approvals.add_signer(runtime, uow, staff[S].actor, mine, place="before", role=M))
    assert sorted(chain.live(runtime, case.id)) == sorted([("sign_off", E), ("sign_off", F), ("sign_off", M)])
    chain.decide(runtime, staff[M], case.id)
    assert ("sign_off", S) in chain.live(runtime, case.id)
    for role in (S, E, F):
        chain.decide(runtime, staff[role], case.id)
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]


def test_taking_off_the_last_open_signer_meets_the_rule(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id)
    chain.decide(runtime, staff[E], case.id)
    part = next(row.id for row in builders.rows(runtime, tables.approval) if row.role == F)
    run_step(runtime, lambda uow: approvals.remove_signer(runtime, uow, staff[M].actor, part, "已調職"))
    assert chain.live(runtime, case.id) == [("file_it", "customer_service")]
    assert outcome(runtime, case.id)["outcome"] == "approved"


def test_the_only_signer_cannot_be_taken_off(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, '["manager"]')
    chain.applied(runtime, staff["customer_service"])
    part = builders.rows(runtime, tables.approval)[0].id
    with pytest.raises(approvals.LastSignerError):
        run_step(runtime, lambda uow: approvals.remove_signer(runtime, uow, staff[M].actor, part))


def test_handed_over_another_person_signs_in_the_same_place(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, chain.IN_ORDER)
    case = chain.applied(runtime, staff["customer_service"])
    deputy = builders.make_user(runtime, "repair_worker")
    mine = chain.item_of(runtime, case.id, S)
    result = run_step(runtime, lambda uow: approvals.hand_over(runtime, uow, staff[S].actor, mine, deputy.id, "出差"))
    with pytest.raises(ConflictError):
        chain.complete(runtime, staff[S], mine, {"decision": "approve"})
    chain.complete(runtime, deputy, result.new_work_items[0], {"decision": "approve"})
    assert chain.live(runtime, case.id) == [("sign_off", E)]


def test_a_decision_can_be_taken_back_until_the_next_one_acts(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, chain.IN_ORDER)
    case = chain.applied(runtime, staff["customer_service"])
    chain.decide(runtime, staff[S], case.id, opinion="可以")
    part = builders.rows(runtime, tables.approval)[0].id
    run_step(runtime, lambda uow: approvals.withdraw(runtime, uow, staff[S].actor, part))
    assert chain.live(runtime, case.id) == [("sign_off", S)]
    chain.decide(runtime, staff[S], case.id)
    chain.decide(runtime, staff[E], case.id)
    with pytest.raises(approvals.DecisionStandsError):
        run_step(runtime, lambda uow: approvals.withdraw(runtime, uow, staff[S].actor, part))
    with pytest.raises(approvals.NotYourDecisionError):
        run_step(runtime, lambda uow: approvals.withdraw(runtime, uow, staff[M].actor, part))


def test_a_gate_holds_the_last_approval_but_no_refusal(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime, '["manager"]', require="application['area'] < 50", require_message="面積過大")
    case = chain.applied(runtime, staff["customer_service"])
    with pytest.raises(GateClosedError):
        chain.decide(runtime, staff[M], case.id)
    chain.decide(runtime, staff[M], case.id, "refuse")
    assert outcome(runtime, case.id)["outcome"] == "refused"


def test_suspended_and_cancelled_cases_ask_nobody_to_sign(runtime: Runtime, staff: dict[str, Person]) -> None:
    chain.deploy(runtime)
    case = chain.applied(runtime, staff["customer_service"])
    run_step(runtime, lambda uow: instances.suspend(runtime, uow, staff[M].actor, case.id, "等待"))
    assert chain.live(runtime, case.id) == []
    run_step(runtime, lambda uow: instances.resume(runtime, uow, staff[M].actor, case.id, "繼續"))
    assert len(chain.live(runtime, case.id)) == 3
    run_step(runtime, lambda uow: instances.revoke(runtime, uow, staff["customer_service"].actor, case.id, "不裝修了"))
    assert chain.live(runtime, case.id) == []
    assert {state for _, _, state in chain.states(runtime, case.id)} == {"superseded"}
    assert all(row.state in ("withdrawn", "completed") for row in builders.rows(runtime, tables.work_item))
