"""Where running cases stand is kept between looks: many are read in the background, and afterwards only those that have gone on."""

from __future__ import annotations

import pytest

from engine import impact, instances, standings, work_items
from engine.callers import Caller
from engine.instances import run_step
from engine.persistence.tables import case_standing, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.standings import StillCountingError
from tests.builders import deploy, make_site, make_user, rows, simple_process, start
from tests.engine.spiff.xml import chain, definitions, flow, node, process

_STEPS = [("a", "manager"), ("b", "manager")]


def _stand(runtime: Runtime) -> dict[int, list[str]]:
    """Case → the steps at which it stands."""
    with UnitOfWork(runtime.database) as uow:
        return {case.id: [each.element_id for each in case.positions] for case in standings.running(uow, ["errand"])}


def test_many_cases_are_read_once_and_then_those_that_have_gone_on(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many for a request say how many are known; the job reads them; a step later one alone is read anew, ended ones are forgotten."""
    make_site(runtime)
    deploy(runtime, {"errand.bpmn": simple_process("errand", *_STEPS)})
    person = make_user(runtime, "manager", "process_designer")
    cases = [start(runtime, "errand").id for _ in range(4)]
    monkeypatch.setattr(standings, "AT_ONCE", 3)
    with pytest.raises(StillCountingError) as refused:
        _stand(runtime)
    assert refused.value.data == {"done": 0, "total": 4}
    with UnitOfWork(runtime.database) as uow:
        changed = {"errand.bpmn": simple_process("errand", *_STEPS, ("c", "manager"))}
        found = impact.of_package(runtime, uow, person.actor, changed)
        patient = impact.of_package(runtime, uow, person.actor, changed, is_patient=True)
        assert [each.instance_ids for each in patient.groups] == [cases]
        assert (found.groups, found.comparison.is_same, found.counting is not None) == ((), False, True)
    for _ in range(2):
        # asked for twice it is begun once
        run_step(runtime, lambda uow: standings.begin(runtime, uow, ["errand"]))
    with UnitOfWork(runtime.database) as uow:
        assert not standings.reading(runtime, uow, ["errand"]).is_over
    standings.carry_out(runtime, "errand")
    with UnitOfWork(runtime.database) as uow:
        assert standings.reading(runtime, uow, ["errand"]) == standings.Reading(4, 4, True)
    monkeypatch.setattr(standings, "AT_ONCE", 0)
    assert _stand(runtime) == {case: ["a"] for case in cases}
    item, = rows(runtime, work_item, work_item.c.instance_id == cases[0], work_item.c.is_live)
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, person.actor, item.id, {}))
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, person.actor, cases[1], "x"))
    with pytest.raises(StillCountingError):
        _stand(runtime)
    monkeypatch.setattr(standings, "AT_ONCE", 1)
    assert _stand(runtime) == {cases[0]: ["b"], cases[2]: ["a"], cases[3]: ["a"]}
    before, = rows(runtime, case_standing)
    standings.carry_out(runtime, "errand")
    after, = rows(runtime, case_standing)
    assert bytes(before.body) != bytes(after.body)
    monkeypatch.setattr(standings, "AT_ONCE", 0)
    assert _stand(runtime) == {cases[0]: ["b"], cases[2]: ["a"], cases[3]: ["a"]}


@pytest.mark.databases("sqlite")
def test_callers_keep_what_they_began_with(runtime: Runtime) -> None:
    """Of a called process: running cases of whoever calls it by the version that they are bound to, and nothing of its own."""
    make_site(runtime)
    person = make_user(runtime, "manager", "process_designer")
    inner = {"inner.bpmn": definitions(process("inner", chain("is:start k:user ie:end")))}
    outer = process("outer", node("s", "start") + flow("s", "c") + node("c", "call", calledElement="inner") + chain("c e:end"))

    def callers() -> tuple[Caller, ...]:
        with UnitOfWork(runtime.database) as uow:
            return impact.of_package(runtime, uow, person.actor, inner).callers

    deploy(runtime, inner)
    assert callers() == ()
    deploy(runtime, {"outer.bpmn": definitions(outer)})
    assert [(each.key, each.count) for each in callers()] == [("outer", 0)]
    start(runtime, "outer")
    inner = {"inner.bpmn": definitions(process("inner", chain("is:start k:user j:user ie:end")))}
    deploy(runtime, inner)
    for _ in range(2):
        start(runtime, "outer")
    assert [(each.key, each.number, each.called_number, each.is_newest, each.count) for each in callers()] == [
        ("outer", 1, 2, True, 2), ("outer", 1, 1, False, 1)]
