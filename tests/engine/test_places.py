"""Which steps a single token can stand at by itself."""

from __future__ import annotations

import pytest

from engine import definitions, places
from engine.model import SYSTEM
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.engine.spiff.xml import bpmn, chain, flow, node

pytestmark = pytest.mark.databases("sqlite")


def found(runtime: Runtime, body: str) -> list[str]:
    """Ids of the usable places of a process with that body."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(body)})
        info = definitions.latest(runtime, uow, "p")
        content = definitions.instance_content(runtime, uow, info.id, definitions.bindings(runtime, uow, info.id))
        return [place.id for place in places.usable(content)]


def test_steps_of_a_parallel_branch_are_left_out(runtime: Runtime) -> None:
    """Between the gateway and its join one branch would wait for the other for ever; before and behind it all is well."""
    body = chain("s:start a:user split:and b:user c:user join:and d:user e:end") + chain("split x:user join")
    assert found(runtime, body) == ["a", "d"]


def test_a_choice_or_a_way_back_changes_nothing(runtime: Runtime) -> None:
    """Exclusive branches and loops stand by themselves."""
    body = chain("s:start a:user") + flow("a", "ask") + node("ask", "xor", default="ask_b") + chain("b:user e:end") + flow("ask", "b")
    body += node("c", "user") + flow("ask", "c", "go == 1") + flow("c", "a")
    assert found(runtime, body) == ["a", "b", "c"]


def test_a_side_path_of_a_boundary_event_is_left_out_unless_it_interrupts(runtime: Runtime) -> None:
    """What runs beside the host has nothing beside it when it is put there alone."""
    timer = '<timerEventDefinition><timeDuration>"PT1H"</timeDuration></timerEventDefinition>'
    body = chain("s:start a:user e:end") + node("late", "boundary", timer, attachedToRef="a", cancelActivity="false")
    body += chain("late n:user ne:end") + node("over", "boundary", timer, attachedToRef="a") + chain("over o:user oe:end")
    assert found(runtime, body) == ["a", "o"]


def test_an_embedded_process_is_gone_into_but_not_a_repeated_one(runtime: Runtime) -> None:
    """The path names what is around."""
    inner = chain("is:start i:user ie:end")
    many = '<multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>'
    body = chain("s:start a:user") + flow("a", "box") + node("box", "sub", inner) + flow("box", "many")
    body += node("many", "sub", many + chain("js:start j:user je:end")) + flow("many", "e") + node("e", "end")
    assert found(runtime, body) == ["a", "box/i"]


def test_a_name_finds_its_step_and_a_wrong_one_names_those_there_are(runtime: Runtime) -> None:
    """Width, case and character set of a name make no difference."""
    body = node("s", "start") + node("a", "user", name="現場維修") + node("b", "user", name="驗收") + node("e", "end") + chain("s a b e")
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(body)})
        info = definitions.latest(runtime, uow, "p")
        content = definitions.instance_content(runtime, uow, info.id, {})
    assert places.find(content, "现场维修").id == "a"
    with pytest.raises(places.PlaceNotUsableError, match="現場維修、驗收"):
        places.find(content, "接單")
