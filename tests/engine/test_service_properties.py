"""Random commands on random diagrams through the services, on both databases: whatever people do in whatever order, the tables say what the
live workflow says, the history's chain holds, and nothing but a refusal of ours is raised. Two who act at once never both win.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import definitions, history, instances, messages, steps, work_items
from engine.clock import MovableClock
from engine.errors import ConflictError, ForbiddenError, GuichengError, InvalidError
from engine.jobs import inline
from engine.model import LIVE_WORK_ITEM_STATES, SYSTEM
from engine.persistence.tables import due, event_subscription, incident, instance, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from engine.steps import run_step
from tests import builders
from tests.random_diagrams import ROLES, Parallel, Plan, Sequence, Shape, Work, random_plan, to_bpmn
from tests.spiff_drivers import KEY, start_data
from tests.token_oracle import Oracle

SEEDS = st.integers(0, 2**32 - 1)
SHORT = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
#: commands of one path
STEPS = 25
#: a limit that every plan has
_LIMITS = """
[[limit]]
id = "whole"
name = "全程"
clause = "random 1"
from = "instance:started"
to = "instance:ended"
target = "PT2H"
"""


@dataclass(slots=True)
class Case:
    """One instance of a random plan, and the people who act on it."""

    runtime: Runtime
    clock: MovableClock
    plan: Plan
    random: random.Random
    people: list[builders.Person]
    instance_id: int
    oracle: Oracle | None
    trail: list[str]

    @property
    def where(self) -> str:
        """For the message of a failing example."""
        return f"plan {self.plan.seed}, after {self.trail}"

    def run(self, act: Callable[[UnitOfWork], Any]) -> Any:
        """Act in a unit of work of its own."""
        return run_step(self.runtime, act)

    def live(self) -> list[Any]:
        """Rows of items that can be acted on."""
        return live_items(self.runtime, self.instance_id)

    def row(self) -> Any:
        """The instance's row."""
        found, = builders.rows(self.runtime, instance, instance.c.id == self.instance_id)
        return found


def live_items(runtime: Runtime, instance_id: int) -> list[Any]:
    """Rows of an instance's items that can be acted on."""
    return builders.rows(runtime, work_item, work_item.c.instance_id == instance_id, work_item.c.state.in_(LIVE_WORK_ITEM_STATES))


def begin(runtime: Runtime, clock: MovableClock, seed: int, path: int, size: int) -> Case:
    """Deploy a random plan and start it."""
    plan = random_plan(seed, Shape(size=size))
    run_step(runtime, lambda uow: definitions.deploy(runtime, uow, SYSTEM, {"random.bpmn": plan.xml, "limits.toml": _LIMITS.encode()}))
    rnd = random.Random(path)
    people = [builders.make_user(runtime, *ROLES) for _ in range(3)]
    start = rnd.randrange(64)
    started = builders.start(runtime, KEY, start_data(start), actor=people[0].actor)
    return Case(runtime, clock, plan, rnd, people, started.id, Oracle(plan, start), [])


# ---------------------------------------------------------------- what may be done

def complete(case: Case) -> None:
    item = case.random.choice(case.live())
    value = case.random.randrange(64)
    person = next((each for each in case.people if each.id == item.assignee_id), None) or case.random.choice(case.people)
    case.run(lambda uow: work_items.complete(case.runtime, uow, person.actor, item.id, {item.element_id: {"v": value}}))
    if case.oracle is not None:
        case.oracle.complete(item.element_id, value)


def complete_for_another(case: Case) -> None:
    item = case.random.choice(case.live())
    others = [person for person in case.people if person.id != item.assignee_id]
    if item.assignee_id is not None:
        with pytest.raises(ConflictError):
            case.run(lambda uow: work_items.complete(case.runtime, uow, others[0].actor, item.id, {}))


def claim(case: Case) -> None:
    item = case.random.choice(case.live())
    case.run(lambda uow: work_items.claim(case.runtime, uow, case.random.choice(case.people).actor, item.id))


def unclaim(case: Case) -> None:
    item = case.random.choice(case.live())
    case.run(lambda uow: work_items.unclaim(case.runtime, uow, case.random.choice(case.people).actor, item.id))


def assign(case: Case) -> None:
    item = case.random.choice(case.live())
    case.run(lambda uow: work_items.assign(case.runtime, uow, case.people[0].actor, item.id, case.random.choice(case.people).id))


def delegate(case: Case) -> None:
    item = case.random.choice(case.live())
    by, to = case.random.sample(case.people, 2)
    case.run(lambda uow: work_items.delegate(case.runtime, uow, by.actor, item.id, to.id))


def resolve(case: Case) -> None:
    item = case.random.choice(case.live())
    case.run(lambda uow: work_items.resolve(case.runtime, uow, case.random.choice(case.people).actor, item.id, {"said": "x"}))


def send_back(case: Case) -> None:
    item = case.random.choice(case.live())
    with UnitOfWork(case.runtime.database) as uow:
        targets = instances.returnable_elements(case.runtime, uow, item.id)
    if targets and item.is_live:
        target = case.random.choice(targets).id
        person = next((each for each in case.people if each.id == item.assignee_id), case.people[0])
        # what is open after it is for the test of returning to say, not for the oracle
        case.oracle = None
        case.run(lambda uow: instances.return_to(case.runtime, uow, person.actor, item.id, target, "x"))
        assert target in {each.element_id for each in case.live()}, case.where


def suspend(case: Case) -> None:
    # several timers may fall due while it sleeps, and then fire at once in whatever order
    case.oracle = None
    case.run(lambda uow: instances.suspend(case.runtime, uow, case.people[0].actor, case.instance_id, "x"))


def resume(case: Case) -> None:
    case.run(lambda uow: instances.resume(case.runtime, uow, case.people[0].actor, case.instance_id, "x"))
    inline.run_due(case.runtime)


def send(case: Case) -> None:
    waiting = builders.rows(case.runtime, event_subscription, event_subscription.c.instance_id == case.instance_id)
    if waiting:
        chosen = case.random.choice(waiting)
        where = {"instance_id": case.instance_id}
        case.run(lambda uow: messages.send_message(case.runtime, uow, case.people[0].actor, chosen.name, where, {}))
        if case.oracle is not None:
            case.oracle.send(chosen.element_id)


def let_time_pass(case: Case) -> None:
    before = case.clock.now()
    inline.advance(case.runtime, case.clock, timedelta(seconds=case.random.choice([1, 3_600, 90_000])))
    if case.oracle is not None:
        case.oracle.pass_time(int((case.clock.now() - before).total_seconds()))


ACTS: list[tuple[Callable[[Case], None], int]] = [
    (complete, 12), (complete_for_another, 1), (claim, 3), (unclaim, 1), (assign, 1), (delegate, 1), (resolve, 1), (send_back, 1),
    (suspend, 1), (resume, 2), (send, 3), (let_time_pass, 3),
]


# ---------------------------------------------------------------- what must hold

def check(case: Case) -> None:
    """The tables say what the live workflow says."""
    row, live = case.row(), case.live()
    conditions = {name: table.c.instance_id == case.instance_id for name, table in (("due", due), ("clock", limit_clock))}
    dues = builders.rows(case.runtime, due, conditions["due"])
    incidents = builders.rows(case.runtime, incident, incident.c.instance_id == case.instance_id)
    assert not incidents, (incidents[0].message, case.where)
    with UnitOfWork(case.runtime.database) as uow:
        assert history.verify(uow, case.instance_id) is None, case.where
        if row.state in ("active", "suspended"):
            standing = steps.load(uow, case.instance_id)
            # read from the store, not from the live cache
            case.runtime.live.take(case.instance_id, standing.version)
            with steps.open_run(case.runtime, uow, standing) as run:
                open_items = Counter((item.token, item.element_id) for item in run.open_items())
                waiting = {(each.token, each.name) for each in run.waiting()}
                next_due = run.due_before
        else:
            open_items, waiting, next_due = Counter(), set(), None
    assert Counter((item.token, item.element_id) for item in live) == open_items, case.where
    assert all(item.is_live == (row.state == "active") for item in live), case.where
    assert all((item.assignee_id is None) == (item.state == "open") for item in live), case.where
    assert all((item.owner_id is not None) == (item.state == "delegated") for item in live), case.where
    subscriptions = builders.rows(case.runtime, event_subscription, event_subscription.c.instance_id == case.instance_id)
    assert {(each.token, each.name) for each in subscriptions} == waiting, case.where
    timers = [each.due_at for each in dues if each.kind == "timer"]
    assert timers == ([] if next_due is None else [next_due]), case.where
    clock, = builders.rows(case.runtime, limit_clock, conditions["clock"])
    assert (clock.stopped_at is not None or clock.cancelled_at is not None) == (row.ended_at is not None), case.where
    assert (clock.breached_at is not None) == ((row.ended_at or case.clock.now()) >= clock.due_at), case.where
    if case.oracle is not None:
        assert (row.state == "completed") == case.oracle.is_ended, case.where
        assert Counter(item.element_id for item in live) == case.oracle.work(), case.where


def walk_randomly(runtime: Runtime, clock: MovableClock, seed: int, path: int, size: int) -> None:
    case = begin(runtime, clock, seed, path, size)
    check(case)
    for _ in range(STEPS):
        version = case.row().version
        if case.row().ended_at is not None or (not case.live() and case.row().state == "active" and not _waits(case)):
            break
        act = case.random.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])[0]
        if not case.live() and act not in (resume, send, let_time_pass):
            continue
        case.trail.append(act.__name__)
        try:
            act(case)
        except (ConflictError, ForbiddenError, InvalidError) as error:
            # a refusal of ours, which leaves everything as it was
            case.trail[-1] += f" ({error.code})"
            assert case.row().version == version, case.where
        check(case)
        assert case.row().version >= version, case.where


def _waits(case: Case) -> bool:
    return bool(builders.rows(case.runtime, event_subscription, event_subscription.c.instance_id == case.instance_id)
                or builders.rows(case.runtime, due, due.c.instance_id == case.instance_id, due.c.kind == "timer"))


@given(seed=SEEDS, path=SEEDS, size=st.integers(1, 8))
@SHORT
def test_random_commands_keep_the_tables_true(runtime: Runtime, clock: MovableClock, seed: int, path: int, size: int) -> None:
    """Items, subscriptions, due rows, limit clocks and history agree with the live workflow after every command."""
    walk_randomly(runtime, clock, seed, path, size)


@pytest.mark.soak
@given(seed=SEEDS, path=SEEDS, size=st.integers(1, 16))
@LONG
def test_random_commands_keep_the_tables_true_at_length(runtime: Runtime, clock: MovableClock, seed: int, path: int, size: int) -> None:
    """The same, many times over and with larger diagrams."""
    walk_randomly(runtime, clock, seed, path, size)


def race(acts: list[Callable[[], Any]]) -> list[Any]:
    """Do all at the same moment, each in a thread; what each returned or raised."""
    gate = threading.Barrier(len(acts))
    outcomes: list[Any] = [None] * len(acts)

    def go(number: int) -> None:
        gate.wait(10)
        try:
            outcomes[number] = acts[number]()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=go, args=(number,)) for number in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for outcome in outcomes:
        if isinstance(outcome, Exception) and not isinstance(outcome, GuichengError):
            raise outcome
    return outcomes


def _complete_as(case: Case, person: builders.Person, item: Any, value: int) -> Any:
    return case.run(lambda uow: work_items.complete(case.runtime, uow, person.actor, item.id, {item.element_id: {"v": value}}))


def race_for_items(runtime: Runtime, clock: MovableClock, seed: int, path: int) -> None:
    case = begin(runtime, clock, seed, path, 6)
    while case.live():
        item = case.random.choice(case.live())
        acts = [partial(_complete_as, case, person, item, value) for value, person in enumerate(case.people)]
        before = case.row()
        outcomes = race(acts)
        won = [outcome for outcome in outcomes if not isinstance(outcome, GuichengError)]
        case.trail.append(item.element_id)
        assert len(won) == 1, (case.where, outcomes)
        assert all(isinstance(outcome, ConflictError) for outcome in outcomes if outcome is not won[0]), (case.where, outcomes)
        assert case.row().version == before.version + 1, case.where
        assert case.oracle is not None
        case.oracle.complete(item.element_id, outcomes.index(won[0]))
        check(case)
        if len(case.trail) >= STEPS:
            break


@given(seed=SEEDS, path=SEEDS)
@settings(SHORT, max_examples=6)
def test_of_several_who_complete_at_once_one_wins(runtime: Runtime, clock: MovableClock, seed: int, path: int) -> None:
    """Three people send the same item at the same moment: one step is taken, with the winner's data; the others are told."""
    race_for_items(runtime, clock, seed, path)


@pytest.mark.soak
@given(seed=SEEDS, path=SEEDS)
@settings(LONG, max_examples=100)
def test_of_several_who_complete_at_once_one_wins_at_length(runtime: Runtime, clock: MovableClock, seed: int, path: int) -> None:
    """The same, many times over."""
    race_for_items(runtime, clock, seed, path)


def test_of_several_who_claim_at_once_one_wins(runtime: Runtime) -> None:
    """The others are told who has it."""
    builders.deploy_simple(runtime)
    item_id, = builders.start(runtime, "errand").work_item_ids
    people = [builders.make_user(runtime, "customer_service") for _ in range(4)]
    outcomes = race([
        lambda person=person: run_step(runtime, lambda uow: work_items.claim(runtime, uow, person.actor, item_id)) for person in people
    ])
    winner, = (person for person, outcome in zip(people, outcomes, strict=True) if outcome is None)
    assert {outcome.code for outcome in outcomes if outcome is not None} == {"work_item_already_claimed"}
    assert {outcome.data["assignee"] for outcome in outcomes if outcome is not None} == {winner.name}


def test_parallel_branches_completed_at_once_all_count(runtime: Runtime) -> None:
    """Two people, two items of one case: the second step is run again on the state that the first left."""
    root = Sequence((Parallel("both", (Work("left"), Work("right"))), Work("after")))
    builders.deploy(runtime, {"random.bpmn": to_bpmn(root, KEY)})
    people = [builders.make_user(runtime, *ROLES) for _ in range(2)]
    for _ in range(5):
        started = builders.start(runtime, KEY, start_data(0))
        outcomes = race([
            lambda person=person, item=item: run_step(
                runtime, lambda uow: work_items.complete(runtime, uow, person.actor, item, {"said": {str(item): 1}}))
            for person, item in zip(people, started.work_item_ids, strict=True)
        ])
        assert not any(isinstance(outcome, GuichengError) for outcome in outcomes), outcomes
        assert [item.element_id for item in live_items(runtime, started.id)] == ["after"], outcomes
        with UnitOfWork(runtime.database) as uow:
            said = instances.inspect(runtime, uow, started.id).variables["said"]
        assert set(said) == {str(item) for item in started.work_item_ids}
