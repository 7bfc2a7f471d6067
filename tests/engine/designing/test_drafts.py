"""Drafts: begun from what is deployed, saved only over what was seen, kept in versions, never losing a save."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from engine import definitions, procedure_access
from engine.designing import checking, deploying, drafts, overview, saving, trials, versions
from engine.designing.drafts import Draft, DraftThereError
from engine.designing.saving import Edit, FileChangedError
from engine.errors import DeploymentRefusedError, ForbiddenError, FormInvalidError, NotFoundError, TooLargeError
from engine.instances import run_step
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedure_access import NotYourProcedureError, OwnRightsError
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user, rows, simple_process

FILES = {
    "errand.bpmn": simple_process("errand", ("do_errand", "customer_service")),
    "clauses.toml": '[[clause]]\nnumber = "errand 1"\nzh-Hant = "辦理。"\nen = "Done."\n'.encode(),
}


@pytest.fixture
def designer(runtime: Runtime) -> Person:
    """Somebody who draws."""
    return make_user(runtime, "process_designer")


def do(runtime: Runtime, act: Callable[..., Any], actor: Actor, *arguments: Any, **options: Any) -> Any:
    """A service's command, committed."""
    return run_step(runtime, lambda uow: act(runtime, uow, actor, *arguments, **options))


def files_of(runtime: Runtime, draft: Draft) -> dict[str, bytes]:
    with UnitOfWork(runtime.database) as uow:
        return drafts.files(uow, draft.id)


def test_a_draft_begins_with_what_is_deployed_byte_for_byte(runtime: Runtime, designer: Person) -> None:
    """Each file as its author sent it, under the name of the procedure; one open draft a procedure."""
    deploy(runtime, FILES)
    draft = do(runtime, drafts.create, designer.actor, "errand")
    assert files_of(runtime, draft) == FILES
    assert (draft.revision, draft.changed_by_name, draft.base_deployment_id) == (1, designer.name, rows(runtime, tables.deployment)[0].id)
    with pytest.raises(DraftThereError):
        do(runtime, drafts.create, designer.actor, "errand")
    do(runtime, drafts.close, designer.actor, draft.id)
    assert do(runtime, drafts.create, designer.actor, "errand").id != draft.id
    with pytest.raises(DraftThereError):
        do(runtime, drafts.reopen, designer.actor, draft.id)


@pytest.mark.databases("sqlite")
def test_a_draft_begins_with_the_programs_folder_or_with_nothing(runtime: Runtime, designer: Person) -> None:
    """A procedure that ships but isn't deployed; a new one; neither where there is nothing, or under a name that no folder could have."""
    shipped = do(runtime, drafts.create, designer.actor, "pass_reconciliation", "folder")
    assert "pass_reconciliation.bpmn" in files_of(runtime, shipped)
    new = do(runtime, drafts.create, designer.actor, "key_loan", "empty", title="借用 <鑰匙>")
    assert "借用 &lt;鑰匙&gt;".encode() in files_of(runtime, new)["key_loan.bpmn"]
    for source in ("deployed", "folder"):
        with pytest.raises(NotFoundError):
            do(runtime, drafts.create, designer.actor, "nothing", source)
    with pytest.raises(FormInvalidError):
        do(runtime, drafts.create, designer.actor, "../up", "empty")


def test_the_second_to_save_is_told_who_was_first_and_loses_nothing(runtime: Runtime, designer: Person) -> None:
    """Each file is held against the revision that its author saw; what one saved in another file is no conflict."""
    deploy(runtime, FILES)
    draft, other = do(runtime, drafts.create, designer.actor, "errand"), make_user(runtime, "process_designer")
    do(runtime, saving.save, other.actor, draft.id, [Edit("clauses.toml", b"# mine", 1)])
    with pytest.raises(FileChangedError) as refused:
        do(runtime, saving.save, designer.actor, draft.id, [Edit("errand.bpmn", b"<x/>", 1), Edit("clauses.toml", b"# yours", 1)])
    assert {name: refused.value.data[name] for name in ("path", "changed_by", "revision")} == {
        "path": "clauses.toml", "changed_by": other.name, "revision": 2}
    assert files_of(runtime, draft)["errand.bpmn"] == FILES["errand.bpmn"]
    # the same content from two people is no conflict, and no save
    assert do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"# mine", 1)]).revision == 2
    merged = do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"# both", 2), Edit("errand.bpmn", b"<x/>", 1)])
    assert merged.revision == 3
    with UnitOfWork(runtime.database) as uow:
        assert [saving.body_at(uow, designer.actor, draft.id, "clauses.toml", number) for number in (1, 2, 3)] == [
            FILES["clauses.toml"], b"# mine", b"# both"]
        assert [(each.revision, each.by_name) for each in saving.changes(uow, designer.actor, draft.id, path="clauses.toml")] == [
            (3, designer.name), (2, other.name), (1, designer.name)]


def test_of_two_who_save_at_the_same_moment_one_is_told(runtime: Runtime, designer: Person) -> None:
    """They are let in one after the other, whatever the database."""
    deploy(runtime, FILES)
    draft = do(runtime, drafts.create, designer.actor, "errand")
    gate, outcomes = threading.Barrier(2), []

    def attempt(body: bytes) -> None:
        gate.wait()
        try:
            do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", body, 1)])
            outcomes.append("saved")
        except FileChangedError:
            outcomes.append("told")

    threads = [threading.Thread(target=attempt, args=(body,)) for body in (b"# a", b"# b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]


def test_removed_files_and_named_versions_come_back(runtime: Runtime, designer: Person) -> None:
    """A version keeps name, note, author and time; restoring is one more save, so what was there can be restored in its turn."""
    deploy(runtime, FILES)
    draft = do(runtime, drafts.create, designer.actor, "errand")
    kept = do(runtime, versions.keep, designer.actor, draft.id, "照手冊", "第一稿")
    assert (kept.number, kept.name, kept.note, kept.created_by_name, kept.revision) == (1, "照手冊", "第一稿", designer.name, 1)
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", None, 1), Edit("forms/note.json", b"{}", 0)])
    assert set(files_of(runtime, draft)) == {"errand.bpmn", "forms/note.json"}
    assert do(runtime, versions.restore, designer.actor, draft.id, kept.id).revision == 3
    assert files_of(runtime, draft) == FILES
    assert do(runtime, saving.restore, designer.actor, draft.id, 2).revision == 4
    assert set(files_of(runtime, draft)) == {"errand.bpmn", "forms/note.json"}
    # where a file was removed a new one may be made
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"# new", 0)])
    with pytest.raises(FormInvalidError):
        do(runtime, versions.keep, designer.actor, draft.id, "  ")


@pytest.mark.databases("sqlite")
def test_what_no_deployment_would_take_is_not_saved(runtime: Runtime, designer: Person) -> None:
    """Names that leave the folder, kinds of files that nothing reads, more than a deployment may hold."""
    draft = do(runtime, drafts.create, designer.actor, "key_loan", "empty")
    for path in ("../../etc/passwd.toml", "run.py", "/x.toml", ""):
        with pytest.raises(FormInvalidError):
            do(runtime, saving.save, designer.actor, draft.id, [Edit(path, b"", 0)])
    with pytest.raises(TooLargeError):
        do(runtime, saving.save, designer.actor, draft.id, [Edit("big.toml", b"#" * (runtime.settings.deploy_bytes + 1), 0)])
    assert files_of(runtime, draft).keys() == {"key_loan.bpmn"}


def test_rights_are_per_procedure_and_nobody_widens_their_own(runtime: Runtime, designer: Person) -> None:
    """A list lets in only those of the role whom it names; who is left out neither saves nor deploys; every setting stays on record."""
    deploy(runtime, FILES)
    administrator, other = make_user(runtime, "administrator"), make_user(runtime, "process_designer")
    draft = do(runtime, drafts.create, designer.actor, "errand")
    do(runtime, procedure_access.grant, administrator.actor, "errand", [designer.id], [other.id])
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"", 1)])
    for act in (lambda: do(runtime, saving.save, other.actor, draft.id, [Edit("clauses.toml", b"#", 2)]),
                lambda: do(runtime, deploying.deploy, designer.actor, draft.id),
                lambda: do(runtime, definitions.deploy, designer.actor, {"errand.bpmn": FILES["errand.bpmn"] + b"\n"})):
        with pytest.raises(NotYourProcedureError):
            act()
    with pytest.raises(OwnRightsError):
        do(runtime, procedure_access.grant, administrator.actor, "errand", None, [other.id])
    with pytest.raises(ForbiddenError):
        do(runtime, procedure_access.grant, designer.actor, "errand", None, None)
    with UnitOfWork(runtime.database) as uow:
        state, = overview.listed(uow, designer.actor)
    assert (state.rights, len(rows(runtime, tables.procedure_access))) == ({"design"}, 1)


@pytest.mark.databases("sqlite")
def test_deploying_keeps_what_went_out_as_a_version(runtime: Runtime, designer: Person) -> None:
    """The procedure keeps its name, the draft goes on from the new version; what is refused is told and changes nothing."""
    deploy(runtime, FILES)
    draft = do(runtime, drafts.create, designer.actor, "errand")
    do(runtime, saving.save, designer.actor, draft.id, [Edit("errand.bpmn", b"<broken", 1)])
    with pytest.raises(DeploymentRefusedError):
        do(runtime, deploying.deploy, designer.actor, draft.id)
    changed = simple_process("errand", ("do_errand", "cashier"))
    do(runtime, saving.save, designer.actor, draft.id, [Edit("errand.bpmn", changed, 2)])
    done = do(runtime, deploying.deploy, designer.actor, draft.id, note="改由出納")
    assert [(info.key, info.version) for info in done.definitions] == [("errand", 2)]
    with UnitOfWork(runtime.database) as uow:
        version, = versions.listed(uow, designer.actor, draft.id)
        state, = overview.listed(uow, designer.actor)
        assert versions.files(uow, version.id)["errand.bpmn"] == changed
        assert definitions.procedure_names(uow) == {done.id: "errand"}
    assert (version.deployment_id, version.note, state.is_ahead, state.title) == (done.id, "改由出納", False, "errand")


@pytest.mark.databases("sqlite")
def test_scenarios_are_played_beside_the_drawing(runtime: Runtime, designer: Person) -> None:
    """What came of each, and through which steps it went; after a change the result is of something else."""
    scenario = (b"name: {zh-Hant: x, en: x}\nclauses: [errand 1]\nat: 2026-03-02T09:00:00+08:00\n"
                b"start: {process: errand, as: customer_service, data: {}}\nsteps:\n")
    played = {**FILES, "scenarios/done.yaml": scenario + b"  - {complete: do_errand, as: customer_service, expect: {state: completed}}\n",
              "scenarios/not.yaml": scenario + b"  - {complete: nothing, as: customer_service}\n"}
    draft = do(runtime, drafts.create, designer.actor, "errand", "files", files=played)
    assert do(runtime, trials.begin, designer.actor, draft.id).count == 2
    for thread in threading.enumerate():
        if thread.name == f"trial-{draft.id}":
            thread.join()
    with UnitOfWork(runtime.database) as uow:
        trial = trials.find(uow, designer.actor, draft.id)
    assert (trial.state, trial.is_current, trial.played) == ("done", True, 2)
    done, failed = trial.outcomes
    assert (done.is_passed, "errand/do_errand" in done.passed, failed.is_passed, len(failed.failures["en"])) == (True, True, False, 1)
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"", 1)])
    with UnitOfWork(runtime.database) as uow:
        assert not trials.find(uow, designer.actor, draft.id).is_current


@pytest.mark.databases("sqlite")
def test_a_draft_is_checked_with_what_is_not_saved_yet(runtime: Runtime, designer: Person) -> None:
    """As a deployment would, and each finding names the field that it is about; what the files say of each other is a warning."""
    draft = do(runtime, drafts.create, designer.actor, "errand", "files", files=FILES)
    wrong = FILES["errand.bpmn"].replace(
        b'name="do_errand"/>', b'name="x"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        b'<s:property name="form" value="none"/><s:property name="due" value="soon"/></s:properties></extensionElements></userTask>')
    with UnitOfWork(runtime.database) as uow:
        found = checking.check(runtime, uow, designer.actor, draft.id, {"errand.bpmn": wrong})
        saved = checking.check(runtime, uow, designer.actor, draft.id)
    assert {(each.finding.rule, each.finding.element_id, each.field) for each in found} >= {
        ("unknown-form", "do_errand", "form"), ("bad-due", "do_errand", "due")}
    assert [(each.finding.rule, each.finding.severity) for each in saved] == [("clauses", "warning")]
