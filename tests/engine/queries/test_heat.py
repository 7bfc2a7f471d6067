"""A procedure's figures by step: where cases stand, passages, lengths, returns, broken limits, and who stepped in; on a moved clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine import heat, instances, work_items
from engine.heat import Heat, StepHeat
from engine.instances import run_step
from engine.model import Actor
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries.heat import Figure, cases
from engine.runtime import Runtime
from tests.builders import Person, deploy, make_site, make_user, simple_process, start

_LIMITS = b"""[[limit]]
id = "done"
name = "done"
clause = "errand 1"
from = "instance:started"
to = "check_errand:completed"
target = "PT1H"
"""
_CALLER = b"""<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x"><process id="round" name="round" isExecutable="true">
<documentation>round 1</documentation><startEvent id="begin"><outgoing>a</outgoing></startEvent>
<callActivity id="run_errand" name="run" calledElement="errand"><incoming>a</incoming><outgoing>b</outgoing></callActivity>
<endEvent id="done"><incoming>b</incoming></endEvent>
<sequenceFlow id="a" sourceRef="begin" targetRef="run_errand"/><sequenceFlow id="b" sourceRef="run_errand" targetRef="done"/></process>
</definitions>"""


class Stage:
    """Cases of an errand that is done and then checked."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        plain = simple_process("errand", ("do_errand", "customer_service"), ("check_errand", "customer_service"))
        deploy(runtime, {"errand.bpmn": plain, "limits.toml": _LIMITS})
        self.here, self.there = make_site(runtime), make_site(runtime)
        self.manager: Person = make_user(runtime, "manager")
        self.began = runtime.clock.now()

    def pass_time(self, **length: float) -> None:
        self.runtime.clock.advance(timedelta(**length))  # type: ignore[attr-defined]

    def begin(self, site_id: int | None = None, key: str = "errand") -> int:
        return start(self.runtime, key, site_id=site_id or self.here).id

    def item(self, case: int) -> int:
        query = tables.work_item.select().where(tables.work_item.c.instance_id == case, tables.work_item.c.is_live)
        with UnitOfWork(self.runtime.database) as uow:
            return int(uow.reading.execute(query).one().id)

    def do(self, case: int, minutes: float) -> None:
        """Complete what the case waits for, some minutes from now."""
        self.pass_time(minutes=minutes)
        item = self.item(case)
        run_step(self.runtime, lambda uow: work_items.complete(self.runtime, uow, self.manager.actor, item, {}))

    def send_back(self, case: int) -> None:
        item = self.item(case)
        run_step(
            self.runtime,
            lambda uow: instances.return_to(self.runtime, uow, self.manager.actor, item, "do_errand", "again"),
        )

    def read(self, actor: Actor | None = None, days: float = 1) -> Heat:
        now, reader = self.runtime.clock.now() + timedelta(seconds=1), actor or self.manager.actor
        with UnitOfWork(self.runtime.database) as uow:
            looked = heat.look(self.runtime, uow, reader, "errand", now - timedelta(days=days), now)
            return heat.read(self.runtime, uow, reader, looked)

    def behind(self, found: Heat, figure: Figure, step: str, limit: int = 50) -> list[int]:
        """Every case behind a figure, page by page."""
        ids: list[int] = []
        after = None
        with UnitOfWork(self.runtime.database) as uow:
            while True:
                page = cases(uow, found.looked, figure, step, after=after, limit=limit)
                ids += [row.id for row in page.rows]
                after = page.after
                if after is None:
                    return ids


def step(found: Heat, element_id: str) -> StepHeat:
    return next(each for each in found.steps if each.element.id == element_id)


def test_steps_tell_what_cases_did_there_now_and_before(runtime: Runtime) -> None:
    stage = Stage(runtime)
    old = stage.begin()
    stage.do(old, 7)
    stage.do(old, 80)
    stage.pass_time(days=1)
    first, second, third = (stage.begin() for _ in range(3))
    stage.do(first, 10)
    stage.do(second, 10)
    stage.send_back(second)
    stage.do(second, 40)
    stage.do(second, 30)
    found = stage.read()
    do, check = step(found, "do_errand"), step(found, "check_errand")
    assert (do.standing, check.standing) == (1, 1)
    assert (do.now.passed, do.now.passed_cases, do.before.passed) == (3, 2, 1)
    assert (do.now.timed, do.now.median, do.now.ninetieth) == (3, 20 * 60, 40 * 60)
    assert do.before.median == 7 * 60
    assert (do.now.returned, do.now.returned_cases, do.before.returned) == (1, 1, 0)
    # it came to the check once more, too
    assert check.now.returned == 1
    assert (check.missed, check.missed_before) == (1, 1)
    assert [(each.id, each.missed) for each in check.broken] == [("errand.done", 1)]
    assert stage.behind(found, Figure.STANDING, "do_errand") == [third]
    assert stage.behind(found, Figure.PASSED, "do_errand", limit=1) == [second, first]
    assert stage.behind(found, Figure.RETURNED, "do_errand") == [second]
    assert found.stepped_in == {}


def test_a_reader_sees_the_own_sites_alone_and_calls_count_too(runtime: Runtime) -> None:
    stage = Stage(runtime)
    deploy(runtime, {"round.bpmn": _CALLER})
    mine, theirs = stage.begin(), stage.begin(stage.there)
    inside = stage.begin(key="round")
    for case in (mine, theirs, inside):
        stage.do(case, 5)
    local = make_user(runtime, "manager", site_id=stage.there).actor
    assert step(stage.read(), "do_errand").now.passed == 3
    assert step(stage.read(), "check_errand").standing == 3
    found = stage.read(local)
    assert (step(found, "do_errand").now.passed, step(found, "check_errand").standing) == (1, 1)
    assert stage.behind(found, Figure.PASSED, "do_errand") == [theirs]
    assert inside in stage.behind(stage.read(), Figure.PASSED, "do_errand")


def test_managers_steps_off_the_path_are_counted_by_kind(runtime: Runtime) -> None:
    stage = Stage(runtime)
    case = stage.begin()
    run_step(runtime, lambda uow: instances.suspend(runtime, uow, stage.manager.actor, case, "wait"))
    found = stage.read()
    assert found.stepped_in == {"instance.suspended": 1}
    assert stage.behind(found, Figure.STEPPED_IN, "") == stage.behind(found, Figure.STEPPED_IN, "instance.suspended") == [case]
    assert stage.behind(found, Figure.STEPPED_IN, "instance.migrated") == []


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("days", [-1, 0, heat.LONGEST.days + 1])
def test_a_period_that_is_none_is_refused(runtime: Runtime, days: int) -> None:
    with pytest.raises(heat.PeriodUnusableError):
        Stage(runtime).read(days=days)
