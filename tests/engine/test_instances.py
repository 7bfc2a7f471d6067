"""The verbs of an instance: start, return, suspend, resume, cancel, incidents and their retry, called processes and their versions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from engine import files, history, instances, work_items
from engine.errors import (
    ForbiddenError,
    InstanceNotActiveError,
    InvalidError,
    NotFoundError,
    ReturnNotPossibleError,
)
from engine.model import SYSTEM
from engine.persistence.tables import file, incident, instance, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.engine.pictures import png

SCRIPTED = b"""<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">
<process id="sums" name="sums" isExecutable="true"><startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="give_number"/>
<userTask id="give_number" name="give"/><sequenceFlow id="f2" sourceRef="give_number" targetRef="double_it"/>
<scriptTask id="double_it"><script>doubled = number * 2</script></scriptTask>
<sequenceFlow id="f3" sourceRef="double_it" targetRef="check_sum"/>
<userTask id="check_sum" name="check"/><sequenceFlow id="f4" sourceRef="check_sum" targetRef="over"/>
<endEvent id="over"/></process></definitions>"""

CALLER = b"""<?xml version="1.0"?><definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="urn:t">
<process id="caller" name="caller" isExecutable="true"><startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="prepare"/>
<userTask id="prepare"/><sequenceFlow id="f2" sourceRef="prepare" targetRef="call_errand"/>
<callActivity id="call_errand" calledElement="errand"/><sequenceFlow id="f3" sourceRef="call_errand" targetRef="over"/>
<endEvent id="over"/></process></definitions>"""


def _open(runtime: Runtime, instance_id: int) -> dict[str, int]:
    with runtime.database.reading() as connection:
        query = select(work_item.c.element_id, work_item.c.id).where(work_item.c.instance_id == instance_id, work_item.c.is_live)
        return {row.element_id: row.id for row in connection.execute(query)}


def _state(runtime: Runtime, instance_id: int) -> str:
    with runtime.database.reading() as connection:
        return connection.execute(select(instance.c.state).where(instance.c.id == instance_id)).scalar_one()


def _complete(runtime: Runtime, instance_id: int, element_id: str, **variables: object) -> instances.StepResult:
    item = _open(runtime, instance_id)[element_id]
    return run_step(runtime, lambda uow: work_items.complete(runtime, uow, builders_manager(runtime), item, dict(variables)))


def builders_manager(runtime: Runtime):
    """Somebody who may act on any unassigned item."""
    return builders.make_user(runtime, "manager", "administrator").actor


def test_start_of_an_unknown_process(runtime: Runtime) -> None:
    with pytest.raises(NotFoundError):
        builders.start(runtime, "no_such")


def test_start_refuses_data_that_is_no_json(runtime: Runtime) -> None:
    builders.deploy_simple(runtime)
    with pytest.raises(InvalidError):
        builders.start(runtime, "errand", {"when": object()})
    with pytest.raises(InvalidError):
        builders.start(runtime, "errand", {"typename": "x"})


def test_somebody_without_any_role_starts_nothing(runtime: Runtime) -> None:
    builders.deploy_simple(runtime)
    nobody = builders.make_user(runtime)
    with pytest.raises(ForbiddenError):
        builders.start(runtime, "errand", actor=nobody.actor)


def test_a_script_that_fails_gives_an_incident_and_keeps_what_was_typed(runtime: Runtime) -> None:
    builders.deploy(runtime, {"sums.bpmn": SCRIPTED})
    started = builders.start(runtime, "sums")
    result = _complete(runtime, started.id, "give_number", number={"not": "a number"})
    assert result.incident_id is not None
    assert _state(runtime, started.id) == "incident"
    with runtime.database.reading() as connection:
        row = connection.execute(select(incident).where(incident.c.id == result.incident_id)).one()
    assert row.element_id == "double_it"
    assert b'"not"' in bytes(row.submitted)
    # the item is still there, and nothing of the step was kept
    assert "give_number" in _open(runtime, started.id)
    with pytest.raises(InstanceNotActiveError):
        _complete(runtime, started.id, "give_number", number=1)


def test_retry_of_a_start_that_failed(runtime: Runtime) -> None:
    files = SCRIPTED.replace(b'targetRef="give_number"', b'targetRef="double_it"', 1).replace(
        b'<sequenceFlow id="f2" sourceRef="give_number" targetRef="double_it"/>', b""
    ).replace(b'<userTask id="give_number" name="give"/>', b"")
    builders.deploy(runtime, {"sums.bpmn": files})
    manager = builders_manager(runtime)
    begun = run_step(runtime, lambda uow: instances.start(runtime, uow, SYSTEM, "sums", {"number": {}}))
    assert begun.incident_id is not None
    assert begun.state == "incident"
    again = run_step(runtime, lambda uow: instances.retry(runtime, uow, manager, begun.incident_id))
    assert again.incident_id is not None
    with runtime.database.reading() as connection:
        open_ones = select(incident.c.id).where(incident.c.instance_id == begun.id, incident.c.resolved_at.is_(None))
        left = connection.execute(open_ones).scalars().all()
    assert left == [again.incident_id]


def test_return_takes_the_token_back_with_its_data(runtime: Runtime) -> None:
    builders.deploy(runtime, {"sums.bpmn": SCRIPTED})
    started = builders.start(runtime, "sums")
    _complete(runtime, started.id, "give_number", number=2)
    manager = builders_manager(runtime)
    item = _open(runtime, started.id)["check_sum"]
    with pytest.raises(ReturnNotPossibleError):
        run_step(runtime, lambda uow: instances.return_to(runtime, uow, manager, item, "check_sum", "?"))
    run_step(runtime, lambda uow: instances.return_to(runtime, uow, manager, item, "give_number", "請改"))
    assert list(_open(runtime, started.id)) == ["give_number"]
    _complete(runtime, started.id, "give_number", number=21)
    _complete(runtime, started.id, "check_sum")
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, started.id).variables == {"number": 21, "doubled": 42}
        assert history.verify(uow, started.id) is None


def test_suspend_hides_the_items_and_resume_brings_them_back(runtime: Runtime) -> None:
    builders.deploy_simple(runtime)
    started = builders.start(runtime, "errand")
    manager = builders_manager(runtime)
    item = _open(runtime, started.id)["do_errand"]
    run_step(runtime, lambda uow: instances.suspend(runtime, uow, manager, started.id, "等料"))
    assert _open(runtime, started.id) == {}
    with pytest.raises(InstanceNotActiveError):
        run_step(runtime, lambda uow: work_items.complete(runtime, uow, manager, item, {}))
    run_step(runtime, lambda uow: instances.resume(runtime, uow, manager, started.id, "料到"))
    assert run_step(runtime, lambda uow: work_items.complete(runtime, uow, manager, item, {})).state == "completed"


def test_cancel_ends_it_and_keeps_the_record(runtime: Runtime) -> None:
    builders.deploy_simple(runtime)
    started = builders.start(runtime, "errand", {"a": 1})
    manager = builders_manager(runtime)
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager, started.id, "重複"))
    assert _state(runtime, started.id) == "cancelled"
    assert _open(runtime, started.id) == {}
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, started.id).variables == {"a": 1}
        assert history.verify(uow, started.id) is None
    with pytest.raises(InstanceNotActiveError):
        run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager, started.id, "再一次"))


def test_only_managers_suspend_and_cancel(runtime: Runtime) -> None:
    builders.deploy_simple(runtime)
    started = builders.start(runtime, "errand")
    ann = builders.make_user(runtime, "customer_service").actor
    for act in (instances.suspend, instances.cancel):
        with pytest.raises(ForbiddenError):
            run_step(runtime, lambda uow, act=act: act(runtime, uow, ann, started.id, "x"))


def test_a_call_stays_with_the_version_that_was_current_at_the_start(runtime: Runtime) -> None:
    builders.deploy_simple(runtime, "errand", ("first_way", "customer_service"))
    builders.deploy(runtime, {"caller.bpmn": CALLER})
    early = builders.start(runtime, "caller")
    builders.deploy_simple(runtime, "errand", ("second_way", "customer_service"))
    late = builders.start(runtime, "caller")
    for started in (early, late):
        _complete(runtime, started.id, "prepare")
    assert list(_open(runtime, early.id)) == ["first_way"]
    assert list(_open(runtime, late.id)) == ["second_way"]
    assert _complete(runtime, early.id, "first_way").state == "completed"
    with UnitOfWork(runtime.database) as uow:
        passed = instances.inspect(runtime, uow, early.id).completed_elements
    assert "errand/first_way" in passed
    assert "call_errand" in passed


def test_a_loop_costs_the_same_at_its_thousandth_round(runtime: Runtime) -> None:
    """State neither grows nor stops the instance: the library alone says completed at round 333."""
    looped = SCRIPTED.replace(b"<script>doubled = number * 2</script>", b"<script>round = round + 1</script>").replace(
        b'<userTask id="check_sum" name="check"/><sequenceFlow id="f4" sourceRef="check_sum" targetRef="over"/>',
        b'<exclusiveGateway id="check_sum" default="again"/><sequenceFlow id="again" sourceRef="check_sum" targetRef="give_number"/>'
        b'<sequenceFlow id="f4" sourceRef="check_sum" targetRef="over">'
        b'<conditionExpression>round &gt;= 400</conditionExpression></sequenceFlow>',
    )
    builders.deploy(runtime, {"sums.bpmn": looped})
    started = builders.start(runtime, "sums", {"round": 0})
    manager = builders_manager(runtime)
    sizes = []
    for _ in range(399):
        item = _open(runtime, started.id)["give_number"]
        assert run_step(runtime, lambda uow, item=item: work_items.complete(runtime, uow, manager, item, {})).state == "active"
        with runtime.database.reading() as connection:
            sizes.append(len(connection.execute(select(instance.c.data).where(instance.c.id == started.id)).scalar_one()))
    assert max(sizes[20:]) <= max(sizes[:20]) + 16
    assert _complete(runtime, started.id, "give_number").state == "completed"


PHOTO_FORM = b"""{"title": "p", "type": "object", "properties": {"number": {"type": "number", "title": "n"},
 "photos": {"type": "array", "format": "photo", "title": "p"}}}"""


def test_a_retry_binds_the_files_that_the_failed_step_carried(runtime: Runtime) -> None:
    """An incident keeps the whole submission, not only its words."""
    with_form = SCRIPTED.replace(
        b'<userTask id="give_number" name="give"/>',
        b'<userTask id="give_number" name="give"><extensionElements xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core">'
        b'<spiffworkflow:properties><spiffworkflow:property name="form" value="numbers"/></spiffworkflow:properties>'
        b"</extensionElements></userTask>",
    ).replace(b"doubled = number * 2", b"doubled = numbers['number'] * 2")
    builders.deploy(runtime, {"sums.bpmn": with_form, "forms/numbers.json": PHOTO_FORM})
    started = builders.start(runtime, "sums")
    manager = builders_manager(runtime)
    photo = run_step(runtime, lambda uow: files.store(runtime, uow, manager, png(), "tap.png", "photo"))
    item = _open(runtime, started.id)["give_number"]
    generous = runtime.settings
    runtime.settings = replace(generous, step_data_bytes=50)
    failed = run_step(runtime, lambda uow: work_items.complete(runtime, uow, manager, item, {"number": 4, "photos": [photo.id]}))
    assert failed.incident_id is not None
    assert _owner(runtime, photo.id) is None
    runtime.settings = generous
    done = run_step(runtime, lambda uow: instances.retry(runtime, uow, manager, failed.incident_id))
    assert (done.state, _owner(runtime, photo.id)) == ("active", started.id)


def _owner(runtime: Runtime, file_id: int) -> int | None:
    with runtime.database.reading() as connection:
        return connection.execute(select(file.c.instance_id).where(file.c.id == file_id)).scalar_one()
