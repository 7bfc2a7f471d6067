"""What a deployment stores of what was read: the author's file as it was, what runs beside it, nothing when it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import definitions, instances
from engine.errors import DeploymentRefusedError
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.engine.spiff.conformance.refused import CASES
from tests.engine.spiff.xml import bpmn, chain, node, operator

CAMUNDA = (Path(__file__).parent / "spiff" / "files" / "camunda8.bpmn").read_bytes()
FORM = b'{"title": "x", "type": "object", "properties": {"plate": {"type": "string", "title": "Plate"}}}'


def test_authors_file_is_kept_as_it_was(runtime: Runtime) -> None:
    """What was put right runs; what was sent is given back."""
    with UnitOfWork(runtime.database) as uow:
        deployment = definitions.deploy(runtime, uow, SYSTEM, {"keys.bpmn": CAMUNDA, "forms/application.json": FORM})
        uow.commit()
    assert {finding.severity for finding in deployment.findings} == {"warning"}
    with UnitOfWork(runtime.database) as uow:
        (info,) = deployment.definitions
        assert definitions.source(runtime, uow, info.id) == CAMUNDA
        content = definitions.content(runtime, uow, info.id)
        assert content.xml != CAMUNDA
        assert "fork_Activity_1sign11" in content.diagram.elements


def test_imported_process_starts(runtime: Runtime) -> None:
    """A modeler's file is worked like one of ours."""
    files = {"p.bpmn": bpmn(chain("s:start a:user b:user e:end") + chain("a c:user e"))}
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, files)
        started = instances.start(runtime, uow, SYSTEM, "p", {})
        uow.commit()
    assert len(started.work_item_ids) == 1


@pytest.mark.parametrize("name", ["interrupting event sub-process", "duplicate ids", "token bomb", "process that calls itself"])
def test_refused_deployment_stores_nothing(runtime: Runtime, name: str) -> None:
    """The errors are all there, and no version is."""
    xml, rule, element_id = CASES[name]
    with UnitOfWork(runtime.database) as uow, pytest.raises(DeploymentRefusedError) as refused:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
    assert (rule, element_id) in {(finding.rule, finding.element_id) for finding in refused.value.findings}
    with UnitOfWork(runtime.database) as uow:
        assert definitions.list_latest(runtime, uow) == []


def test_operators_are_those_of_the_catalogue(runtime: Runtime) -> None:
    """A service task that calls what the runtime does not offer is refused."""
    xml = bpmn(node("s", "start") + node("x", "service", operator("launch_rocket")) + chain("s x e:end"))
    with UnitOfWork(runtime.database) as uow, pytest.raises(DeploymentRefusedError) as refused:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": xml})
    assert [finding.rule for finding in refused.value.findings if finding.severity == "error"] == ["unknown-operator"]
