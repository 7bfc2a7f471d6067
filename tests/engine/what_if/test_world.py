"""The weeks ahead played on deployed procedures: what queueing theory says comes out, and the same seed gives the same figures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine import instances, work_items
from engine.bootstrap import open_runtime
from engine.clock import MovableClock
from engine.model import Actor, JsonObject
from engine.persistence import tables
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.settings import Settings
from engine.what_if.learning import Learned
from engine.what_if.order import Order
from engine.what_if.playing import play
from engine.what_if.world import World
from tests.builders import Definition, deploy, deploy_simple, make_user, rows, simple_process, start
from tests.conftest import MONDAY_MORNING
from tests.what_if_history import exponential, work_through

_WEEK = timedelta(days=7)
_DUE = (
    b'<userTask id="do_errand" name="do_errand"><extensionElements><s:properties xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core">'
    b'<s:property name="due" value="PT1H"/></s:properties></extensionElements></userTask>'
)
_LIMITS = (
    b'[[limit]]\nid = "done"\nname = "done"\nclause = "errand 1"\nfrom = "instance:started"\nto = "do_errand:completed"\ntarget = "PT1H"\n'
)
#: a form that says whether it has to be done once more
_FORM = b'{"title": "errand", "type": "object", "properties": {"again": {"type": "boolean", "title": "again"}}}'
_ROUNDS = b"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  id="definitions_rounds" xmlns:s="http://spiffworkflow.org/bpmn/schema/1.0/core" targetNamespace="urn:guicheng:test">
 <process id="rounds" name="rounds" isExecutable="true">
  <laneSet id="lanes_rounds"><lane id="customer_service" name="customer_service"><flowNodeRef>try_it</flowNodeRef></lane></laneSet>
  <startEvent id="start"/>
  <userTask id="try_it" name="try_it">
   <extensionElements><s:properties><s:property name="form" value="errand"/></s:properties></extensionElements></userTask>
  <exclusiveGateway id="once_more" default="enough"/><endEvent id="finish"/>
  <sequenceFlow id="begin" sourceRef="start" targetRef="try_it"/><sequenceFlow id="tried" sourceRef="try_it" targetRef="once_more"/>
  <sequenceFlow id="again" sourceRef="once_more" targetRef="try_it">
   <conditionExpression xsi:type="tFormalExpression">errand["again"]</conditionExpression></sequenceFlow>
  <sequenceFlow id="enough" sourceRef="once_more" targetRef="finish"/>
 </process>
</definitions>"""


@pytest.fixture(scope="module")
def stores(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Runtime]]:
    """Two stores that the tests of this module share."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp("what-if")
            shutil.copy(sqlite_template, folder / "store.db")
            settings = Settings(db=f"sqlite:///{folder / 'store.db'}", files=folder / "files", sandbox_workers=1)
            found.append(stack.enter_context(open_runtime(settings, clock=MovableClock(MONDAY_MORNING), is_trusted=True)))
        yield found


@pytest.fixture(scope="module")
def night_and_day(stores: list[Runtime]) -> Runtime:
    """Two errands an hour at any hour for a week, twelve minutes each on average; one clerk now."""
    runtime = stores[0]
    process = deploy_simple(runtime)
    before = [make_user(runtime, "repair_worker").id for _ in range(40)]
    make_user(runtime, "customer_service")
    starts = [MONDAY_MORNING - _WEEK + timedelta(minutes=30 * number) for number in range(7 * 48)]
    # one after the other in an order that is none
    lengths = [length for _, length in sorted((number * 7919 % 168, length) for number, length in enumerate(exponential(720, 168)))]
    work_through(runtime, process, starts, lengths, before)
    return runtime


@pytest.fixture(scope="module")
def office(stores: list[Runtime]) -> tuple[Runtime, Definition]:
    """Four errands an hour in office hours, twenty minutes each, due within an hour; one clerk now."""
    runtime = stores[1]
    bpmn = simple_process("errand", ("do_errand", "customer_service")).replace(b'<userTask id="do_errand" name="do_errand"/>', _DUE)
    process = deploy(runtime, {"errand.bpmn": bpmn, "limits.toml": _LIMITS})
    clerk = make_user(runtime, "customer_service")
    starts = [
        MONDAY_MORNING - _WEEK + timedelta(days=day, minutes=15 * number) for day in range(5) for number in range(4 * 7)
    ]
    work_through(runtime, process, starts, [1200.0], [make_user(runtime, "repair_worker").id for _ in range(3)] + [clerk.id])
    return runtime, process


def order(key: str = "errand", **changes: object) -> Order:
    asked = Order(MONDAY_MORNING - _WEEK, MONDAY_MORNING, 1, {key: 1.0}, replications=1, seed=3)
    return replace(asked, **changes)  # type: ignore[arg-type]


def played(runtime: Runtime, asked: Order) -> JsonObject:
    with UnitOfWork(runtime.database) as uow:
        return play(runtime, uow, asked, None)


def middle(found: JsonObject) -> float:
    return float(found["median"])


def test_waiting_is_what_queueing_theory_says(night_and_day: Runtime) -> None:
    """One server, arrivals by chance: the mean wait is that of Pollaczek and Khinchine for the learned lengths."""
    runtime = night_and_day
    with UnitOfWork(runtime.database) as uow:
        learned = Learned(runtime, uow, order(weeks=4), None)
        found = World(runtime, uow, learned, order(weeks=4), 0).play(lambda _share: None)
    samples = learned.lengths("errand", "do_errand", "customer_service", is_outside=False, due=None).samples
    assert learned.clockless == {"customer_service"}
    rate, mean = 2 / 3600, sum(samples) / len(samples)
    load = rate * mean
    expected = rate * (sum(each * each for each in samples) / len(samples)) / 2 / (1 - load)
    role = found["roles"]["customer_service"]
    assert role["wait"] == pytest.approx(expected, rel=0.15)
    assert sum(role["load"]) / 4 == pytest.approx(load, rel=0.1)
    # Little's law
    assert sum(role["queue"]) / 4 == pytest.approx(rate * expected, rel=0.2)


def test_the_same_seed_gives_the_same_figures(office: tuple[Runtime, Definition]) -> None:
    runtime, _ = office
    first, again, other = (played(runtime, order(seed=seed)) for seed in (3, 3, 4))
    assert first == again
    assert first["now"] != other["now"]
    assert "changed" not in first


def test_more_people_break_fewer_limits(office: tuple[Runtime, Definition]) -> None:
    """Four times twenty minutes an hour are too much for one, and not for two; the rows say it of the step and of the limit alike."""
    runtime, _ = office
    found = played(runtime, order(staff={"customer_service": 2}, replications=2))
    now, changed = found["now"], found["changed"]
    assert middle(changed["steps"]["errand/do_errand"]["missed"]) * 5 < middle(now["steps"]["errand/do_errand"]["missed"])
    assert changed["limits"]["errand.done"]["missed"]["high"] <= now["limits"]["errand.done"]["missed"]["low"]
    assert changed["began"] == now["began"]
    assert found["people"]["customer_service"] == 1
    assert changed["roles"]["customer_service"]["people"] == 2
    assert middle(now["roles"]["customer_service"]["load"][0]) > 0.85
    assert middle(changed["roles"]["customer_service"]["load"][0]) < 0.8
    assert middle(changed["roles"]["customer_service"]["wait"]) < middle(now["roles"]["customer_service"]["wait"]) / 5


def test_nobody_at_work_means_nothing_is_done(office: tuple[Runtime, Definition]) -> None:
    runtime, _ = office
    found = played(runtime, order(staff={"customer_service": 0}))
    assert found["changed"]["ended"] == {}
    missed = found["changed"]["steps"]["errand/do_errand"]
    assert missed["missed"] == missed["measured"]


def test_open_cases_go_on_from_where_they_stand_and_the_store_stays_as_it_is(office: tuple[Runtime, Definition]) -> None:
    runtime, process = office
    begun = [start(runtime, process.key) for _ in range(3)]
    before = rows(runtime, tables.instance), rows(runtime, tables.work_item), rows(runtime, tables.due)
    found = played(runtime, order(arrivals={"errand": 0.0}))
    assert found["open"] == 3
    assert middle(found["changed"]["ended"]["errand"]) == 3
    # twenty minutes each, one after the other; the third was done after an hour and nobody was there when it came
    assert middle(found["changed"]["limits"]["errand.done"]["measured"]) == 3
    assert found["changed"]["began"] == {}
    assert before == (rows(runtime, tables.instance), rows(runtime, tables.work_item), rows(runtime, tables.due))
    without = played(runtime, order(arrivals={"errand": 0.0}, with_open=False))
    assert without["open"] == 0
    for each in begun:
        instances.run_step(runtime, lambda uow, each=each: work_items.complete(runtime, uow, _clerk(runtime), each.work_item_ids[0], {}))


def test_cases_take_the_ways_that_past_ones_took(stores: list[Runtime]) -> None:
    """Each was tried twice, as its form said: so is every case that is played, by the engine's own gateway."""
    runtime = stores[1]
    clerk = make_user(runtime, "customer_service").actor
    process = deploy(runtime, {"rounds.bpmn": _ROUNDS, "forms/errand.json": _FORM})
    for _ in range(3):
        case = instances.run_step(runtime, lambda uow: instances.start(runtime, uow, clerk, process.key, {}))
        items = case.work_item_ids
        for again in (True, False):
            done = instances.run_step(
                runtime, lambda uow, items=items, again=again: work_items.complete(runtime, uow, clerk, items[0], {"again": again}))
            items = done.new_work_items
    # what happens in this very second is not the past yet
    asked_at = replace(runtime, clock=MovableClock(MONDAY_MORNING + timedelta(seconds=1)))
    with UnitOfWork(runtime.database) as uow:
        asked = order(process.key, until=MONDAY_MORNING + timedelta(seconds=1), arrivals={process.key: 2.0})
        world = World(asked_at, uow, Learned(asked_at, uow, asked, None), asked, 0)
        found = world.play(lambda _share: None)
    assert found["began"][process.key] == found["ended"][process.key] > 0
    assert found["roles"]["customer_service"]["items"] == 2 * found["began"][process.key]
    assert not world.unknown


def test_what_takes_long_holds_nobody_up_all_the_time(stores: list[Runtime]) -> None:
    """Five hours each, of which people are at it for one: with three a day one clerk is busy for less than half of the day."""
    runtime = stores[1]
    process = deploy_simple(runtime, "wait_for_parts", ("await_parts", "cleaner"))
    make_user(runtime, "cleaner")
    others = [make_user(runtime, "repair_worker").id for _ in range(3)]
    starts = [MONDAY_MORNING - _WEEK + timedelta(days=day, hours=hour) for day in range(5) for hour in range(3)]
    work_through(runtime, process, starts, [5 * 3600.0], others, role="cleaner", element="await_parts", first=2_000_000)
    asked = order(process.key, with_open=False)
    found = played(runtime, asked)["now"]
    began, ended = middle(found["began"][process.key]), middle(found["ended"][process.key])
    assert 0 < ended <= began
    hours_a_week = sum((closes - opens).total_seconds() for day in range(5) for opens, closes in
                       runtime.organisation.calendar.intervals(MONDAY_MORNING.date() + timedelta(days=day))) / 3600  # fmt: skip
    assert middle(found["roles"]["cleaner"]["load"][0]) <= began / hours_a_week + 0.01


def test_a_play_that_nobody_wants_any_more_ends(office: tuple[Runtime, Definition]) -> None:
    """Whoever is told may raise; the store was only read."""
    runtime, _ = office

    class _EnoughError(Exception):
        pass

    def tell(share: float) -> None:
        assert 0 <= share <= 1
        raise _EnoughError

    with UnitOfWork(runtime.database) as uow, pytest.raises(_EnoughError):
        play(runtime, uow, order(), None, tell)


def _clerk(runtime: Runtime) -> Actor:
    return make_user(runtime, "customer_service", deactivated_at=MONDAY_MORNING).actor
