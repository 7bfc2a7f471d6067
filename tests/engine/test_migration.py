"""A running case moves to another version where it stands: with who has its steps, its data, timers, signatures and clocks; and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest

from engine import history, incidents, instances, limits, messages, migration, migration_runs, migration_undo, work_items
from engine.clock import MovableClock
from engine.errors import ForbiddenError, NotFoundError
from engine.instances import run_step
from engine.jobs import handlers, inline
from engine.migration import CaseOverError, MigrationBlockedError, OtherProcedureError, SameVersionError
from engine.migration_rules import Reason
from engine.migration_undo import MovedOnError
from engine.model import SYSTEM, Actor
from engine.persistence.tables import (
    approval,
    definition,
    due,
    event_subscription,
    history_event,
    incident,
    instance,
    limit_clock,
    migration_case,
    work_item,
)
from engine.persistence.unit_of_work import UnitOfWork
from engine.runtime import Runtime
from tests.builders import Person, deploy, deploy_simple, make_site, make_user, rows, start
from tests.engine import chain_diagrams as chain_of
from tests.engine.spiff.xml import bpmn, chain, flow, message, node, script, timer

_LIMITS = """
[[limit]]
id = "{id}"
name = "whole case"
clause = "x 1"
from = "instance:started"
to = "instance:ended"
target = "P10D"
"""


def due_in(days: int) -> str:
    """Extension elements with a due time."""
    return (f'<extensionElements><spiffworkflow:properties><spiffworkflow:property name="due" value="P{days}D"/>'
            "</spiffworkflow:properties></extensionElements>")  # fmt: skip


def version(*, a: str = "user", middle: str = "", late: str = "P3D", tail: str = "", parallel: str = "", days: int = 1) -> bytes:
    """A step with a timer at its border, a wait for a message, a split, an end. What differs between versions is given."""
    inner = due_in(days) if a == "user" else "<script>x = 1</script>"
    border = node("late", "boundary", timer("Duration", f'"{late}"'), attachedToRef="a", cancelActivity="false") if late else ""
    return bpmn(
        node("s", "start") + flow("s", "a") + node("a", a, inner, name="Sign in") + border
        + (chain("late n:user ne:end") if late else "")
        + (chain(f"a {middle}:user wait") if middle else flow("a", "wait"))
        + node("wait", "catch", message("go")) + flow("wait", "split")
        + chain("split:and c:user join:and d:user") + chain("split x:user join")
        + (chain(f"split {parallel}:user join") if parallel else "")
        + (chain(f"d {tail}:user e:end") if tail else chain("d e:end")),
        before='<message id="go" name="go"/>',
    )  # fmt: skip


def put(runtime: Runtime, xml: bytes, limit: str = "whole") -> int:
    """Deploy it; the version's id."""
    return deploy(runtime, {"p.bpmn": xml, "limits.toml": _LIMITS.format(id=limit).encode()}).id


@pytest.fixture
def manager(runtime: Runtime) -> Person:
    """Who moves cases; the process `p` is deployed."""
    make_site(runtime)
    put(runtime, version())
    return make_user(runtime, "manager")


def moved(runtime: Runtime, actor: Actor, case: int, to: int, **options: Any) -> int:
    """Move a case, committed; the run."""
    return run_step(runtime, lambda uow: migration_runs.move_one(runtime, uow, actor, case, to, "the new way is better", **options))


def undone(runtime: Runtime, actor: Actor, case: int, run: int) -> None:
    """Take it back, committed."""
    run_step(runtime, lambda uow: migration_runs.undo_one(runtime, uow, actor, case, run))


def live(runtime: Runtime, case: int) -> dict[str, Any]:
    """Open items by element."""
    return {row.element_id: row for row in rows(runtime, work_item, work_item.c.instance_id == case, work_item.c.is_live)}


def done(runtime: Runtime, actor: Actor, case: int, element_id: str, **variables: Any) -> None:
    """Complete a step, committed."""
    item = live(runtime, case)[element_id]
    run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item.id, variables))


def reasons(runtime: Runtime, actor: Actor, case: int, to: int, **options: Any) -> set[tuple[Reason, str]]:
    """Why a case cannot be moved, and that trying leaves it as it was."""
    before = rows(runtime, instance, instance.c.id == case), rows(runtime, work_item, work_item.c.instance_id == case)
    with pytest.raises(MigrationBlockedError) as refused:
        moved(runtime, actor, case, to, **options)
    assert (rows(runtime, instance, instance.c.id == case), rows(runtime, work_item, work_item.c.instance_id == case)) == before
    return {(each.reason, each.element_id) for each in refused.value.blocked}


def test_a_case_goes_on_in_its_new_version_with_everything_it_had(runtime: Runtime, clock: MovableClock, manager: Person) -> None:
    """The item keeps its id, its holder and its due time, the timer its moment; the new step is met, and history holds and says who."""
    case = start(runtime, "p", {"colour": "red"}).id
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, manager.actor, live(runtime, case)["a"].id))
    before, = live(runtime, case).values()
    timer_at = [row.due_at for row in rows(runtime, due, due.c.instance_id == case, due.c.kind == "timer")]
    clock.advance(timedelta(hours=5))
    to = put(runtime, version(middle="check", late="P9D", days=4))
    moved(runtime, manager.actor, case, to)
    after, = live(runtime, case).values()
    assert (after.id, after.token, after.assignee_id, after.due_at) == (before.id, before.token, manager.id, before.due_at)
    assert after.definition_id == to
    assert [row.due_at for row in rows(runtime, due, due.c.instance_id == case, due.c.kind == "timer")] == timer_at
    event, = rows(runtime, history_event, history_event.c.type == migration.MIGRATED)
    assert (event.actor_id, event.definition_id) == (manager.id, to)
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case) is None
        assert instances.inspect(runtime, uow, case).variables == {"colour": "red"}
    done(runtime, manager.actor, case, "a")
    assert list(live(runtime, case)) == ["check"]
    done(runtime, manager.actor, case, "check")
    run_step(runtime, lambda uow: messages.send_message(runtime, uow, SYSTEM, "go", {"instance_id": case}, {}))
    for step in ("c", "x", "d"):
        done(runtime, manager.actor, case, step)
    clock_row, = rows(runtime, limit_clock, limit_clock.c.instance_id == case)
    assert clock_row.stopped_at is not None
    with UnitOfWork(runtime.database) as uow:
        assert {each.element_id for each in instances.inspect(runtime, uow, case).tokens} == set()


@pytest.mark.databases("sqlite")
def test_due_times_are_counted_anew_only_when_asked(runtime: Runtime, clock: MovableClock, manager: Person) -> None:
    """By the new version, from when the step opened; taking it back brings the old moment back."""
    case = start(runtime, "p").id
    before = live(runtime, case)["a"]
    to = put(runtime, version(days=4))
    run = moved(runtime, manager.actor, case, to, new_due=True)
    assert live(runtime, case)["a"].due_at == before.created_at + timedelta(days=4)
    armed = [row.due_at for row in rows(runtime, due, due.c.instance_id == case, due.c.kind == "item_due")]
    assert armed == [before.created_at + timedelta(days=4)]
    undone(runtime, manager.actor, case, run)
    assert live(runtime, case)["a"].due_at == before.due_at
    assert [row.due_at for row in rows(runtime, due, due.c.instance_id == case, due.c.kind == "item_due")] == [before.due_at]


def test_a_move_is_taken_back_exactly(runtime: Runtime, clock: MovableClock, manager: Person) -> None:
    """Rows, state and clocks are what they were, who has taken the step meanwhile stays; once anything has gone on it is too late."""
    case = start(runtime, "p").id
    before = live(runtime, case)["a"]
    state, = rows(runtime, instance, instance.c.id == case)
    to = put(runtime, version(middle="check", late=""), limit="other")
    run = moved(runtime, manager.actor, case, to)
    ended, = rows(runtime, limit_clock, limit_clock.c.instance_id == case)
    assert ended.cancelled_at is not None
    assert not rows(runtime, due, due.c.instance_id == case, due.c.kind.in_(("timer", limits.BREACH)))
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, manager.actor, before.id))
    with UnitOfWork(runtime.database) as uow:
        assert migration_undo.undoable(uow, case) == run
    undone(runtime, manager.actor, case, run)
    after, = rows(runtime, instance, instance.c.id == case)
    assert (after.definition_id, after.data, after.bindings, after.title) == (state.definition_id, state.data, state.bindings, state.title)
    running, = rows(runtime, limit_clock, limit_clock.c.instance_id == case)
    assert running.cancelled_at is None
    assert {row.kind for row in rows(runtime, due, due.c.instance_id == case)} == {"timer", "item_due", limits.BREACH}
    item = live(runtime, case)["a"]
    assert (item.definition_id, item.assignee_id) == (before.definition_id, manager.id)
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case) is None
    with pytest.raises(NotFoundError):
        undone(runtime, manager.actor, case, run)
    run = moved(runtime, manager.actor, case, to)
    done(runtime, manager.actor, case, "a")
    with pytest.raises(MovedOnError):
        undone(runtime, manager.actor, case, run)
    assert list(live(runtime, case)) == ["check"]


@pytest.mark.databases("sqlite")
def test_what_cannot_stand_there_is_refused_with_the_step(runtime: Runtime, manager: Person) -> None:
    """Gone, another kind, other branches, under way side by side; a mapping helps where a step has only been renamed."""
    case = start(runtime, "p").id
    other = start(runtime, "p").id
    done(runtime, manager.actor, other, "a")
    run_step(runtime, lambda uow: messages.send_message(runtime, uow, SYSTEM, "go", {"instance_id": other}, {}))
    done(runtime, manager.actor, other, "c")
    automatic = put(runtime, version(a="script", late=""))
    assert reasons(runtime, manager.actor, case, automatic) == {(Reason.KIND, "a")}
    renamed = put(runtime, version().replace(b'"a"', b'"register"').replace(b"s_a", b"s_r").replace(b"a_wait", b"r_wait"))
    assert reasons(runtime, manager.actor, case, renamed) == {(Reason.GONE, "a")}
    moved(runtime, manager.actor, case, renamed, mapping={"a": "register"})
    assert list(live(runtime, case)) == ["register"]
    branched = put(runtime, version(parallel="y"))
    assert {reason for reason, _ in reasons(runtime, manager.actor, other, branched)} == {Reason.BRANCHES}
    longer = put(runtime, version(tail="f"))
    moved(runtime, manager.actor, other, longer)
    done(runtime, manager.actor, other, "x")
    done(runtime, manager.actor, other, "d")
    assert list(live(runtime, other)) == ["f"]


@pytest.mark.databases("sqlite")
def test_a_token_at_a_join_is_known_by_its_branch(runtime: Runtime, manager: Person) -> None:
    """A step put in behind one that is done: the branch still counts as arrived, and the join goes on with both."""
    case = start(runtime, "p").id
    done(runtime, manager.actor, case, "a")
    run_step(runtime, lambda uow: messages.send_message(runtime, uow, SYSTEM, "go", {"instance_id": case}, {}))
    done(runtime, manager.actor, case, "c", left=1)
    to = put(runtime, version().replace(flow("c", "join").encode(), chain("c c2:user join").encode()))
    moved(runtime, manager.actor, case, to)
    done(runtime, manager.actor, case, "x", right=2)
    assert list(live(runtime, case)) == ["d"]
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, case).variables == {"left": 1, "right": 2}


@pytest.mark.databases("sqlite")
def test_events_on_the_border_are_those_of_the_new_version(runtime: Runtime, clock: MovableClock, manager: Person) -> None:
    """One that is new counts from the move; the message that the case waits for is the new one's."""
    put(runtime, version(late=""))
    case, waiting = start(runtime, "p").id, start(runtime, "p").id
    done(runtime, manager.actor, waiting, "a")
    clock.advance(timedelta(days=1))
    to = put(runtime, version(late="P2D").replace(b'name="go"', b'name="come"'))
    for each in (case, waiting):
        moved(runtime, manager.actor, each, to)
    subscription, = rows(runtime, event_subscription, event_subscription.c.instance_id == waiting)
    assert (subscription.name, subscription.element_id) == ("come", "wait")
    assert [row.due_at for row in rows(runtime, due, due.c.kind == "timer")] == [clock.now() + timedelta(days=2)]
    inline.advance(runtime, clock, timedelta(days=2))
    assert set(live(runtime, case)) == {"a", "n"}


@pytest.mark.databases("sqlite")
def test_a_failed_step_is_mended_by_a_version_that_works(runtime: Runtime, manager: Person) -> None:
    """The case moves with its incident, and the step is tried again with what was submitted."""
    broken = bpmn(chain("s:start a:user") + flow("a", "b") + script("b", "y = z") + chain("b c:user e:end"))
    deploy(runtime, {"p.bpmn": broken})
    case = start(runtime, "p").id
    done(runtime, manager.actor, case, "a", said="x")
    failed, = rows(runtime, incident)
    moved(runtime, manager.actor, case, put(runtime, broken.replace(b"y = z", b"y = said")))
    run_step(runtime, lambda uow: incidents.retry(runtime, uow, manager.actor, failed.id))
    assert list(live(runtime, case)) == ["c"]
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, case).variables == {"said": "x", "y": "x"}


@pytest.mark.databases("sqlite")
def test_who_may_and_what_is_no_move(runtime: Runtime, manager: Person) -> None:
    """Another procedure's version, the case's own, a case that is over, somebody without the right."""
    case = start(runtime, "p").id
    row, = rows(runtime, instance, instance.c.id == case)
    with pytest.raises(SameVersionError):
        moved(runtime, manager.actor, case, row.definition_id)
    with pytest.raises(OtherProcedureError):
        moved(runtime, manager.actor, case, deploy_simple(runtime, "errand").id)
    to = put(runtime, version(tail="f"))
    with pytest.raises(ForbiddenError):
        moved(runtime, make_user(runtime, "repair_worker").actor, case, to)
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager.actor, case, "x"))
    with pytest.raises(CaseOverError):
        moved(runtime, manager.actor, case, to)


@pytest.mark.databases("sqlite")
def test_a_chain_that_is_being_signed_moves_with_its_signatures(runtime: Runtime) -> None:
    """What was signed counts on; with other rules the case stays where it is."""
    make_site(runtime)
    staff = chain_of.people(runtime)
    chain_of.deploy(runtime)
    case = chain_of.applied(runtime, staff["customer_service"]).id
    chain_of.decide(runtime, staff["security_supervisor"], case)
    manager = staff["manager"].actor
    chain_of.deploy(runtime, signers=chain_of.IN_ORDER)
    other, = rows(runtime, definition, definition.c.is_latest)
    assert reasons(runtime, manager, case, other.id) == {(Reason.SIGNING, "sign_off")}
    deploy(runtime, {
        "fit_out.bpmn": chain_of.process().replace("會簽".encode(), "各部會簽".encode()),
        "forms/application.json": orjson.dumps(chain_of.APPLICATION)})  # fmt: skip
    to, = rows(runtime, definition, definition.c.is_latest)
    moved(runtime, manager, case, to.id)
    assert {row.definition_id for row in rows(runtime, approval)} == {to.id}
    assert {row.name for row in live(runtime, case).values()} == {"各部會簽"}
    for role in ("engineering_supervisor", "fire_officer"):
        chain_of.decide(runtime, staff[role], case)
    assert list(live(runtime, case)) == ["file_it"]
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case) is None


@pytest.mark.databases("sqlite")
def test_a_run_that_was_killed_goes_on_with_what_is_left(
    runtime: Runtime, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No case is moved twice, none is forgotten."""
    cases = [start(runtime, "p").id for _ in range(4)]
    to = put(runtime, version(tail="f"))
    run = run_step(runtime, lambda uow: migration_runs.begin(
        runtime, uow, manager.actor, to, [migration_runs.Chosen(cases, {})], "better"))  # fmt: skip
    real, seen = migration.migrate, []

    def killed(*arguments: Any, **options: Any) -> None:
        seen.append(arguments[3])
        if len(seen) == 3:
            raise KeyboardInterrupt
        real(*arguments, **options)

    monkeypatch.setattr(migration, "migrate", killed)
    with pytest.raises(KeyboardInterrupt):
        migration_runs.carry_out(runtime, run)
    with UnitOfWork(runtime.database) as uow:
        assert (migration_runs.progress(uow, run).moved, migration_runs.progress(uow, run).state) == (2, "running")
    migration_runs.carry_out(runtime, run)
    assert seen == [*cases[:3], *cases[2:]]
    with UnitOfWork(runtime.database) as uow:
        assert (migration_runs.progress(uow, run).moved, migration_runs.progress(uow, run).state) == (4, "finished")


def test_many_cases_are_moved_in_the_background_and_back(runtime: Runtime, manager: Person) -> None:
    """Each by itself: one that has ended meanwhile is refused and says so; a stopped run goes no further; all that can be comes back."""
    cases = [start(runtime, "p").id for _ in range(5)]
    to = put(runtime, version(tail="f"))

    def begin(ids: list[int]) -> int:
        return run_step(runtime, lambda uow: migration_runs.begin(
            runtime, uow, manager.actor, to, [migration_runs.Chosen(ids, {})], "better"))  # fmt: skip

    run = begin(cases)
    run_step(runtime, lambda uow: instances.cancel(runtime, uow, manager.actor, cases[0], "x"))
    told: list[migration_runs.Progress] = []
    migration_runs.carry_out(runtime, run, told.append)
    handlers.run(runtime, migration_runs.JOB, "again", {"run_id": run})
    assert (told[-1].state, told[-1].total, told[-1].moved, told[-1].refused) == ("finished", 5, 4, 1)
    refused, = rows(runtime, migration_case, migration_case.c.state == "refused")
    assert (refused.instance_id, orjson.loads(refused.problem)["code"]) == (cases[0], "case_over")
    done(runtime, manager.actor, cases[1], "a")
    run_step(runtime, lambda uow: migration_runs.undo(runtime, uow, manager.actor, run))
    handlers.run(runtime, migration_runs.UNDO_JOB, "back", {"run_id": run, "actor_id": manager.id})
    with UnitOfWork(runtime.database) as uow:
        told = [migration_runs.progress(uow, run)]
    assert (told[0].state, told[0].undone, told[0].kept) == ("undone", 3, 1)
    stopped = begin(cases[2:])
    run_step(runtime, lambda uow: migration_runs.stop(runtime, uow, manager.actor, stopped))
    migration_runs.carry_out(runtime, stopped)
    assert not rows(runtime, migration_case, migration_case.c.run_id == stopped, migration_case.c.state != "planned")
