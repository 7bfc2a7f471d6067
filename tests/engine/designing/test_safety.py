"""What a diagram, a name or a designer must never be able to do, from the draft to the deployed version."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine import definitions, operators, procedure_access
from engine.designing import bringing, checking, deploying, drafts, saving, versions
from engine.designing.bringing import Wishes
from engine.designing.saving import Edit
from engine.errors import DeploymentRefusedError, ForbiddenError
from engine.instances import run_step
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.procedure_access import NotYourProcedureError
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_user, rows, simple_process, start

SPIFF = 'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core"'
#: where a diagram may hold something that is worked out → the element that holds it, with CODE in that place
PLACES = {
    "script": '<scriptTask id="step"><script>CODE</script></scriptTask>',
    "pre-script": f'<userTask id="step"><extensionElements><spiffworkflow:preScript {SPIFF}>CODE</spiffworkflow:preScript>'
                  "</extensionElements></userTask>",
    "post-script": f'<userTask id="step"><extensionElements><spiffworkflow:postScript {SPIFF}>CODE</spiffworkflow:postScript>'
                   "</extensionElements></userTask>",
    "timer": '<intermediateCatchEvent id="step"><timerEventDefinition id="t"><timeDuration>CODE</timeDuration></timerEventDefinition>'
             "</intermediateCatchEvent>",
    "loop": '<userTask id="step"><multiInstanceLoopCharacteristics><loopCardinality>CODE</loopCardinality>'
            "</multiInstanceLoopCharacteristics></userTask>",
    **{name: f'<userTask id="step"><extensionElements><spiffworkflow:properties {SPIFF}>'
             f'<spiffworkflow:property name="{name}" value="CODE"/></spiffworkflow:properties></extensionElements></userTask>'
       for name in ("candidate_roles", "assignee", "require")},
}


def diagram(place: str, code: str) -> bytes:
    """A procedure with the code in one place."""
    text = code.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    task = '<userTask id="do_errand" name="do_errand"/>'
    return simple_process("errand", ("do_errand", "customer_service")).replace(
        task.encode(), PLACES[place].replace("CODE", text).replace('"step"', '"do_errand"').encode())


@pytest.fixture
def designer(runtime: Runtime) -> Person:
    return make_user(runtime, "process_designer", "customer_service")


def do(runtime: Runtime, act: Callable[..., Any], actor: Actor, *arguments: Any, **options: Any) -> Any:
    return run_step(runtime, lambda uow: act(runtime, uow, actor, *arguments, **options))


@pytest.mark.databases("sqlite")
def test_nothing_that_a_diagram_holds_runs_outside_the_sandbox(runtime: Runtime, designer: Person, tmp_path: Path) -> None:
    """In each place, written four ways: saved, checked, tried to deploy and, where it is taken, run. Nothing is touched on this machine."""
    mark = tmp_path / "touched"
    codes = (
        f'__import__("os").system("touch {mark}")', f'open("{mark}", "w")',
        f'[each for each in ().__class__.__base__.__subclasses__() if each.__name__ == "Popen"][0](["touch", "{mark}"])',
        f'eval("open(\'{mark}\', \'w\')")',
    )
    draft = do(runtime, drafts.create, designer.actor, "errand", "files", files={"errand.bpmn": diagram("script", codes[0])})
    taken = 0
    for place in PLACES:
        for code in codes:
            with UnitOfWork(runtime.database) as uow:
                checking.check(runtime, uow, designer.actor, draft.id, {"errand.bpmn": diagram(place, code)})
            try:
                do(runtime, definitions.deploy, designer.actor, {"errand.bpmn": diagram(place, code)})
            except DeploymentRefusedError:
                continue
            taken += 1
            begun = start(runtime, "errand", actor=designer.actor)
            assert rows(runtime, tables.incident, tables.incident.c.instance_id == begun.id) or begun.work_item_ids, (place, code)
    assert not mark.exists()
    assert taken < len(PLACES) * len(codes)


@pytest.mark.databases("sqlite")
def test_bringing_in_a_file_runs_nothing_of_it(runtime: Runtime, designer: Person, tmp_path: Path) -> None:
    """The scripts are gone from the draft, and what they said is its first version's note."""
    mark = tmp_path / "touched"
    body = diagram("script", f'__import__("os").system("touch {mark}")')
    draft, _ = run_step(runtime, lambda uow: bringing.begin(runtime, uow, designer.actor, {"x.bpmn": body}, Wishes("x"), "en"))
    with UnitOfWork(runtime.database) as uow:
        assert b"system" not in drafts.files(uow, draft.id)["errand.bpmn"]
        assert str(mark) in versions.listed(uow, designer.actor, draft.id)[0].note
    assert not mark.exists()


@pytest.mark.databases("sqlite")
def test_whoever_is_not_on_the_list_writes_nothing_of_a_procedure_by_any_way(runtime: Runtime, designer: Person) -> None:
    """Saving, versions, restoring, closing, deploying, bringing files in, and deploying its process from another procedure's draft."""
    files = {"errand.bpmn": simple_process("errand", ("do_errand", "customer_service"))}
    deploy(runtime, files)
    owner, administrator = make_user(runtime, "process_designer"), make_user(runtime, "administrator")
    draft = do(runtime, drafts.create, owner.actor, "errand")
    kept = do(runtime, versions.keep, owner.actor, draft.id, "first")
    do(runtime, procedure_access.grant, administrator.actor, "errand", [owner.id], [owner.id])
    other = do(runtime, drafts.create, designer.actor, "other", "files", files={"errand.bpmn": files["errand.bpmn"] + b"<!-- mine -->"})
    for act in (
        lambda: do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"", 0)]),
        lambda: do(runtime, versions.keep, designer.actor, draft.id, "mine"),
        lambda: do(runtime, versions.restore, designer.actor, draft.id, kept.id),
        lambda: do(runtime, saving.restore, designer.actor, draft.id, 1),
        lambda: do(runtime, drafts.close, designer.actor, draft.id),
        lambda: do(runtime, deploying.deploy, designer.actor, draft.id),
        lambda: do(runtime, deploying.deploy, designer.actor, other.id),
        lambda: run_step(runtime, lambda uow: bringing.begin(runtime, uow, designer.actor, files, Wishes("errand"), "en")),
    ):
        with pytest.raises(NotYourProcedureError):
            act()
    assert [row.revision for row in rows(runtime, tables.design_draft)] == [1, 1]
    assert len(rows(runtime, tables.deployment)) == 1


@pytest.mark.databases("sqlite")
def test_no_diagram_and_no_designer_gives_rights(runtime: Runtime, designer: Person) -> None:
    """No operation that a diagram can call touches people or rights, and the rights of a procedure are not the designer's to set."""
    imported = {
        name for path in Path(operators.__file__).parent.glob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) for name in (node.module or "", *(f"{node.module}.{each.name}" for each in node.names))}
    assert not imported & {
        "engine.company.users", "engine.company.sessions", "engine.company.password_links", "engine.procedure_access",
        "engine.persistence.tables.role_grant", "engine.persistence.tables.procedure_access"}
    for wished in ([designer.id], None):
        with pytest.raises(ForbiddenError):
            do(runtime, procedure_access.grant, designer.actor, "errand", wished, wished)
    assert not rows(runtime, tables.procedure_access)


@pytest.mark.databases("sqlite")
def test_everything_that_is_done_to_a_procedure_is_on_record_with_its_author(runtime: Runtime, designer: Person) -> None:
    """Every save, version, deployment and setting of rights says who and when; nothing of it is ever changed afterwards."""
    draft, _ = run_step(runtime, lambda uow: bringing.begin(
        runtime, uow, designer.actor, {"x.bpmn": simple_process("errand", ("do_errand", "customer_service"))}, Wishes("errand"), "en"))
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", b"", 0)])
    do(runtime, saving.save, designer.actor, draft.id, [Edit("clauses.toml", None, 2)])
    do(runtime, deploying.deploy, designer.actor, draft.id, note="first")
    administrator = make_user(runtime, "administrator")
    do(runtime, procedure_access.grant, administrator.actor, "errand", [designer.id], None)
    assert [(row.revision, row.path, row.by, row.at) for row in rows(runtime, tables.design_change)] == [
        (1, "errand.bpmn", designer.id, runtime.clock.now()), (2, "clauses.toml", designer.id, runtime.clock.now()),
        (3, "clauses.toml", designer.id, runtime.clock.now())]
    assert [row.created_by for row in rows(runtime, tables.design_version)] == [designer.id, designer.id]
    assert [(row.created_by, row.procedure, row.note) for row in rows(runtime, tables.deployment)] == [(designer.id, "errand", "first")]
    assert [(row.by, row.at) for row in rows(runtime, tables.procedure_access)] == [(administrator.id, runtime.clock.now())]
