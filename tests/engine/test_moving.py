"""A manager moves a case to another step: what is open is withdrawn, the step opens anew, both are on record, and it can be undone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from engine import definitions, history, instances, moving, work_items
from engine.clock import MovableClock
from engine.errors import ForbiddenError, GuichengError, InvalidError, NotFoundError, WorkItemNotOpenError
from engine.instances import run_step
from engine.jobs import inline
from engine.model import SYSTEM, Actor
from engine.moving import ItemGoneError, NotAloneError, RepeatedError, SamePlaceError, UndoTooLateError
from engine.paper_cases import CaseDoesNotStandError
from engine.persistence.tables import due, history_event, limit_clock, work_item
from engine.persistence.unit_of_work import UnitOfWork
from engine.places import PlaceNotUsableError
from engine.runtime import Runtime
from tests.builders import make_site, make_user
from tests.engine.spiff.xml import bpmn, chain, flow, node, timer
from tests.engine.test_approval_crossings import at_once

_DUE = (
    '<extensionElements><spiffworkflow:properties><spiffworkflow:property name="due" value="P1D"/>'
    "</spiffworkflow:properties></extensionElements>"
)
_MANY = "<multiInstanceLoopCharacteristics isSequential=\"true\"><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"
#: a step with a timer at its border, a wait, a sub-process, a split, rounds
_BODY = (
    chain("s:start a:user") + node("late", "boundary", timer("Duration", '"P3D"'), attachedToRef="a", cancelActivity="false")
    + chain("late n:user ne:end") + flow("a", "wait") + node("wait", "catch", timer("Duration", '"P2D"')) + flow("wait", "b")
    + node("b", "user", _DUE, name="second") + flow("b", "box") + node("box", "sub", chain("is:start i:user ie:end")) + flow("box", "split")
    + chain("split:and c:user join:and d:user") + chain("split x:user join") + flow("d", "r") + node("r", "user", _MANY) + flow("r", "e")
    + node("e", "end")
)
_LIMITS = b"""
[[limit]]
id = "whole"
name = "whole case"
clause = "x 1"
from = "instance:started"
to = "instance:ended"
target = "P10D"
"""


@pytest.fixture
def manager(runtime: Runtime) -> Actor:
    """Who moves cases; the process `p` is deployed."""
    with UnitOfWork(runtime.database) as uow:
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(_BODY), "limits.toml": _LIMITS})
        uow.commit()
    make_site(runtime)
    return make_user(runtime, "manager").actor


def started(runtime: Runtime, **variables: Any) -> int:
    """A case at its first step."""
    return run_step(runtime, lambda uow: instances.start(runtime, uow, SYSTEM, "p", variables)).id


def live(runtime: Runtime, case: int) -> dict[str, int]:
    """Open items: element → id."""
    query = select(work_item.c.element_id, work_item.c.id).where(work_item.c.instance_id == case, work_item.c.is_live)
    with UnitOfWork(runtime.database) as uow:
        return {row.element_id: row.id for row in uow.reading.execute(query)}


def moved(runtime: Runtime, actor: Actor, case: int, step: str, item: int | None = None) -> Any:
    """Move the only open item, committed."""
    found = item or next(iter(live(runtime, case).values()))
    return run_step(runtime, lambda uow: moving.move(runtime, uow, actor, case, found, step, "wrong step"))


def done(runtime: Runtime, actor: Actor, item: int, **variables: Any) -> Any:
    """Complete an item, committed."""
    return run_step(runtime, lambda uow: work_items.complete(runtime, uow, actor, item, variables))


def test_what_is_open_is_withdrawn_and_the_step_opens_anew(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """With the case's data, a due time of its own and no timer left of where it stood; the chain of history holds."""
    case = started(runtime, colour="red")
    first = live(runtime, case)["a"]
    clock.advance(timedelta(hours=5))
    result = moved(runtime, manager, case, "second")
    assert list(live(runtime, case)) == ["b"]
    with UnitOfWork(runtime.database) as uow:
        rows = {row.id: row for row in uow.reading.execute(select(work_item).where(work_item.c.instance_id == case))}
        assert rows[first].state == "withdrawn"
        assert rows[result.new_work_items[0]].due_at == clock.now() + timedelta(days=1)
        assert "timer" not in uow.reading.execute(select(due.c.kind).where(due.c.instance_id == case)).scalars().all()
        event = uow.reading.execute(select(history_event).where(history_event.c.type == moving.MOVED)).one()
        detail = orjson.loads(event.detail)
        assert (event.element_id, detail["from"], detail["place"], event.actor_id) == ("a", "a", "b", manager.user_id)
        running = uow.reading.execute(select(limit_clock.c.stopped_at).where(limit_clock.c.instance_id == case)).scalars().all()
        assert running == [None]
        assert instances.inspect(runtime, uow, case).variables == {"colour": "red"}
        assert history.verify(uow, case) is None
    done(runtime, manager, result.new_work_items[0])
    assert list(live(runtime, case)) == ["i"]


def test_it_goes_back_over_what_was_done_and_on_to_the_end(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """Out of a sub-process, onto a wait, which counts from the move; from there the case ends as it always did."""
    case = started(runtime)
    moved(runtime, manager, case, "box/i")
    moved(runtime, manager, case, "wait")
    assert live(runtime, case) == {}
    inline.advance(runtime, clock, timedelta(days=2))
    done(runtime, manager, live(runtime, case)["b"])
    done(runtime, manager, live(runtime, case)["i"])
    for step in ("c", "x", "d", "r", "r"):
        done(runtime, manager, live(runtime, case)[step])
    with UnitOfWork(runtime.database) as uow:
        assert instances.inspect(runtime, uow, case).end_events == ("e",)
        assert history.verify(uow, case) is None


def test_the_preview_changes_nothing_and_tells_what_will(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """What is withdrawn and who has it, what opens for whom and when it is due, which clocks go on."""
    case = started(runtime)
    item = live(runtime, case)["a"]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, manager, item))
    with UnitOfWork(runtime.database) as uow:
        seen = moving.preview(runtime, uow, manager, case, item, "b")
        assert (seen.holder, seen.place.name, [each.name for each in seen.opened]) == (manager.name, "second", ["second"])
        assert seen.opened[0].due_at == clock.now() + timedelta(days=1)
        assert seen.clocks == ("p.whole",)
        uow.commit()
    assert live(runtime, case) == {"a": item}
    done(runtime, manager, item)


def test_what_cannot_stand_alone_is_refused_in_plain_words(runtime: Runtime, clock: MovableClock, manager: Actor) -> None:
    """A branch beside another, one of several rounds, the step where it stands, a place that none is, no reason."""
    case = started(runtime)
    with pytest.raises(SamePlaceError):
        moved(runtime, manager, case, "a")
    with pytest.raises(PlaceNotUsableError, match="second"):
        moved(runtime, manager, case, "c")
    with pytest.raises(InvalidError), UnitOfWork(runtime.database) as uow:
        moving.move(runtime, uow, manager, case, live(runtime, case)["a"], "b", " ")
    other = started(runtime)
    with pytest.raises(NotFoundError):
        moved(runtime, manager, other, "b", live(runtime, case)["a"])
    moved(runtime, manager, case, "box/i")
    done(runtime, manager, live(runtime, case)["i"])
    with pytest.raises(NotAloneError, match="x"):
        moved(runtime, manager, case, "b", live(runtime, case)["c"])
    done(runtime, manager, live(runtime, case)["x"])
    with pytest.raises(NotAloneError, match="join"):
        moved(runtime, manager, case, "b", live(runtime, case)["c"])
    for step in ("c", "d"):
        done(runtime, manager, live(runtime, case)[step])
    with pytest.raises(RepeatedError):
        moved(runtime, manager, case, "b")
    inline.advance(runtime, clock, timedelta(days=3))
    with pytest.raises(NotAloneError, match="n"):
        moved(runtime, manager, other, "b", live(runtime, other)["a"])
    worker = make_user(runtime, "repair_worker").actor
    with pytest.raises(ForbiddenError):
        moved(runtime, worker, case, "b")


def test_a_step_that_cannot_open_leaves_the_case_where_it_stood(runtime: Runtime, manager: Actor) -> None:
    """No incident: the case went well before."""
    bad = ("<extensionElements><spiffworkflow:properties><spiffworkflow:property name='assignee' value='chosen[&quot;person&quot;]'/>"
           "</spiffworkflow:properties></extensionElements>")
    with UnitOfWork(runtime.database) as uow:
        body = chain("s:start a:user") + flow("a", "b") + node("b", "user", bad, name="needs somebody") + flow("b", "e") + node("e", "end")
        definitions.deploy(runtime, uow, SYSTEM, {"p.bpmn": bpmn(body)})
        uow.commit()
    case = started(runtime)
    item = live(runtime, case)["a"]
    with pytest.raises(CaseDoesNotStandError, match="chosen"), UnitOfWork(runtime.database) as uow:
        moving.preview(runtime, uow, manager, case, item, "b")
    with pytest.raises(CaseDoesNotStandError):
        moved(runtime, manager, case, "b")
    assert live(runtime, case) == {"a": item}


def test_it_is_undone_while_nobody_has_acted(runtime: Runtime, manager: Actor) -> None:
    """It stands where it stood, with whoever had it; an undoing is not undone, nor a move that somebody answered."""
    case = started(runtime)
    item = live(runtime, case)["a"]
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, manager, item))
    moved(runtime, manager, case, "b")
    with UnitOfWork(runtime.database) as uow:
        seq = moving.undoable(uow, case)
    assert seq is not None
    run_step(runtime, lambda uow: moving.undo(runtime, uow, manager, case, seq))
    with UnitOfWork(runtime.database) as uow:
        again = uow.reading.execute(select(work_item).where(work_item.c.instance_id == case, work_item.c.is_live)).one()
        assert (again.element_id, again.assignee_id) == ("a", manager.user_id)
        assert moving.undoable(uow, case) is None
        assert history.verify(uow, case) is None
    moved(runtime, manager, case, "b")
    with UnitOfWork(runtime.database) as uow:
        answered = moving.undoable(uow, case)
    assert answered is not None
    run_step(runtime, lambda uow: work_items.claim(runtime, uow, manager, live(runtime, case)["b"]))
    with pytest.raises(UndoTooLateError):
        run_step(runtime, lambda uow: moving.undo(runtime, uow, manager, case, answered))
    with pytest.raises(NotFoundError):
        run_step(runtime, lambda uow: moving.undo(runtime, uow, manager, case, 1))


def test_of_two_managers_at_once_one_wins(runtime: Runtime, manager: Actor) -> None:
    """The second is told that the item is gone."""
    case = started(runtime)
    item = live(runtime, case)["a"]
    other = make_user(runtime, "general_manager").actor
    acts: list[Callable[[], Any]] = [partial(moved, runtime, manager, case, "b", item), partial(moved, runtime, other, case, "box/i", item)]
    found = at_once(*acts)
    lost = [each for each in found if isinstance(each, GuichengError)]
    assert [type(each) for each in lost] == [ItemGoneError]
    assert len(live(runtime, case)) == 1
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case) is None


def test_completed_at_the_same_moment_one_of_both_wins(runtime: Runtime, manager: Actor) -> None:
    """Either it was done, and the move is refused, or it was moved, and there is nothing to complete."""
    case = started(runtime)
    moved(runtime, manager, case, "b")
    item = live(runtime, case)["b"]
    worker = make_user(runtime, "manager").actor
    found = at_once(partial(done, runtime, worker, item), partial(moved, runtime, manager, case, "a", item))
    lost = [each for each in found if isinstance(each, GuichengError)]
    assert [type(each) for each in lost] in ([WorkItemNotOpenError], [ItemGoneError])
    assert list(live(runtime, case)) == (["i"] if isinstance(found[1], GuichengError) else ["a"])
    with UnitOfWork(runtime.database) as uow:
        assert history.verify(uow, case) is None
