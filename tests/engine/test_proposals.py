"""A package is looked at, asked for, approved by a second person, deployed with what becomes of running cases, and gone back from."""

from __future__ import annotations

import pytest

from engine import definitions, four_eyes, migration_runs, proposals
from engine.designing import deploying, drafts
from engine.errors import DeploymentRefusedError, ForbiddenError, InvalidError
from engine.four_eyes import ApprovalNeededError
from engine.instances import run_step
from engine.persistence.tables import definition, instance
from engine.persistence.unit_of_work import UnitOfWork
from engine.proposals import Choice, OwnProposalError, ProposalOverError
from engine.queries import migrations
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_site, make_user, rows, simple_process, start

pytestmark = pytest.mark.databases("sqlite")
_FIRST, _LAST = ("fill_in", "customer_service"), ("file_away", "manager")


def package(*steps: tuple[str, str]) -> dict[str, bytes]:
    """Steps in a row between the first and the last."""
    return {"errand.bpmn": simple_process("errand", _FIRST, *steps, _LAST)}


@pytest.fixture
def designer(runtime: Runtime) -> Person:
    """Who changes the procedure, of which two cases run."""
    make_site(runtime)
    deploy(runtime, package())
    for _ in range(2):
        start(runtime, "errand")
    return make_user(runtime, "process_designer")


def made(runtime: Runtime, person: Person, files: dict[str, bytes]) -> int:
    """Propose it, committed."""
    return run_step(runtime, lambda uow: proposals.make(runtime, uow, person.actor, files, note="one more look"))


def all_moved(runtime: Runtime, person: Person, proposal_id: int) -> list[Choice]:
    """The choice that moves whoever can be."""
    with UnitOfWork(runtime.database) as uow:
        found = proposals.look(runtime, uow, person.actor, proposal_id, {})
    return [Choice(group.id, group.can_move, {}) for group in found.groups]


def test_deployed_with_its_cases_and_gone_back_from(runtime: Runtime, designer: Person) -> None:
    """In one step each way: the earlier version's files come back byte for byte, as a version of their own."""
    proposal_id = made(runtime, designer, package(("check", "manager")))
    choices = all_moved(runtime, designer, proposal_id)
    with pytest.raises(InvalidError):
        run_step(runtime, lambda uow: proposals.deploy(runtime, uow, designer.actor, proposal_id, choices))
    done = run_step(runtime, lambda uow: proposals.deploy(runtime, uow, designer.actor, proposal_id, choices, "safer"))
    migration_runs.carry_out(runtime, done.run_ids[0])
    first, second = rows(runtime, definition)
    assert {row.definition_id for row in rows(runtime, instance)} == {second.id}
    with pytest.raises(ProposalOverError):
        run_step(runtime, lambda uow: proposals.deploy(runtime, uow, designer.actor, proposal_id))
    back = run_step(runtime, lambda uow: proposals.restore(runtime, uow, designer.actor, first.id))
    choices = all_moved(runtime, designer, back)
    done = run_step(runtime, lambda uow: proposals.deploy(runtime, uow, designer.actor, back, choices, "it was better"))
    migration_runs.carry_out(runtime, done.run_ids[0])
    with UnitOfWork(runtime.database) as uow:
        latest = definitions.latest(runtime, uow, "errand")
        assert (latest.version, definitions.files_of(uow, latest.deployment_id)) == (3, package())
        assert [view.running for view in migrations.versions(uow, designer.actor, "errand")] == [2, 0, 0]
        assert [view.state for view in proposals.listed(uow, designer.actor).rows] == ["deployed", "deployed"]
        assert proposals.get(uow, designer.actor, back).restores_id == first.deployment_id
        assert len(migrations.runs(uow, designer.actor, key="errand").rows) == 2
        assert {case.state for case in migrations.cases(uow, designer.actor, done.run_ids[0]).rows} == {"moved"}


def test_a_second_person_approves_what_was_asked_for(runtime: Runtime, designer: Person) -> None:
    """Neither who made it nor who asked; the way past it is closed everywhere; it is all on record."""
    administrator, other = make_user(runtime, "administrator"), make_user(runtime, "process_designer")
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: four_eyes.set_required(runtime, uow, designer.actor, "errand", is_required=False))
    run_step(runtime, lambda uow: four_eyes.set_required(runtime, uow, administrator.actor, "errand", is_required=True))
    files = package(("check", "manager"))
    proposal_id = made(runtime, designer, files)
    with pytest.raises(ApprovalNeededError):
        run_step(runtime, lambda uow: proposals.deploy(runtime, uow, designer.actor, proposal_id))
    with pytest.raises(ApprovalNeededError):
        run_step(runtime, lambda uow: definitions.deploy(runtime, uow, designer.actor, files))
    draft = run_step(runtime, lambda uow: drafts.create(runtime, uow, designer.actor, "errand", "files", files=files))
    with pytest.raises(ApprovalNeededError):
        run_step(runtime, lambda uow: deploying.deploy(runtime, uow, designer.actor, draft.id))
    proposal_id = run_step(runtime, lambda uow: proposals.from_draft(runtime, uow, designer.actor, draft.id, "one more look"))
    choices = all_moved(runtime, designer, proposal_id)
    run_step(runtime, lambda uow: proposals.ask(runtime, uow, designer.actor, proposal_id, choices, "safer"))
    with pytest.raises(OwnProposalError):
        run_step(runtime, lambda uow: proposals.approve(runtime, uow, designer.actor, proposal_id))
    with pytest.raises(ForbiddenError):
        run_step(runtime, lambda uow: proposals.approve(runtime, uow, make_user(runtime, "manager").actor, proposal_id))
    done = run_step(runtime, lambda uow: proposals.approve(runtime, uow, other.actor, proposal_id, "looked at it"))
    assert len(done.run_ids) == 1
    with UnitOfWork(runtime.database) as uow:
        found = proposals.get(uow, designer.actor, proposal_id)
        assert drafts.get(uow, designer.actor, draft.id).base_deployment_id == found.deployment_id
        assert (found.state, found.asked_by, found.decided_by_name, found.decision_note) == (
            "deployed", designer.id, other.name, "looked at it")  # fmt: skip


def test_a_proposal_can_be_refused_and_withdrawn(runtime: Runtime, designer: Person) -> None:
    """With a reason, by who may deploy; taken back by who made it. What cannot run is not even kept."""
    other = make_user(runtime, "process_designer")
    refused, taken_back = (made(runtime, designer, package((name, "manager"))) for name in ("check", "weigh"))
    run_step(runtime, lambda uow: proposals.ask(runtime, uow, designer.actor, refused, [], "safer"))
    with pytest.raises(InvalidError):
        run_step(runtime, lambda uow: proposals.refuse(runtime, uow, other.actor, refused, " "))
    run_step(runtime, lambda uow: proposals.refuse(runtime, uow, other.actor, refused, "too slow"))
    run_step(runtime, lambda uow: proposals.withdraw(runtime, uow, designer.actor, taken_back))
    with UnitOfWork(runtime.database) as uow:
        assert [each.state for each in proposals.listed(uow, designer.actor, is_open=False).rows] == ["withdrawn", "refused"]
        assert not proposals.listed(uow, designer.actor, is_open=True).rows
    broken = {"errand.bpmn": package()["errand.bpmn"].replace(b'targetRef="finish"', b'targetRef="nowhere"')}
    with pytest.raises(DeploymentRefusedError):
        made(runtime, designer, broken)
