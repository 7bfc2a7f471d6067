"""Plays as people ask for them: refused where they make no sense, played beside everything else, stopped, begun anew, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from engine.errors import ForbiddenError, FormInvalidError, NotFoundError
from engine.jobs import handlers
from engine.model import Actor
from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import what_if as queries
from engine.queries.what_if import PlayView
from engine.runtime import NoOutbox, Runtime
from engine.steps import run_step
from engine.what_if import runs, worker
from engine.what_if.order import Order
from engine.what_if.runs import JOB, MOST, PlayOverError, TooManyPlaysError
from engine.what_if.worker import PlayFailedError, PlayInterruptedError, Worker
from tests.builders import deploy_simple, make_site, make_user
from tests.what_if_history import work_through


def order(runtime: Runtime, **changes: Any) -> Order:
    now = runtime.clock.now()
    return Order(**{"since": now - timedelta(days=7), "until": now, "weeks": 1, "arrivals": {"errand": 1.0}, "replications": 1, **changes})


def begin(runtime: Runtime, actor: Actor, asked: Order, **options: Any) -> int:
    return run_step(runtime, lambda uow: runs.begin(runtime, uow, actor, asked, **options))


def look(runtime: Runtime, actor: Actor, run_id: int) -> PlayView:
    with UnitOfWork(runtime.database) as uow:
        return queries.find(uow, actor, run_id)


def carry_out(runtime: Runtime, run_id: int) -> None:
    handlers.run(runtime, JOB, f"{JOB}-{run_id}", {"run_id": run_id})


@pytest.fixture
def manager(runtime: Runtime) -> Actor:
    process = deploy_simple(runtime)
    clerk = make_user(runtime, "customer_service")
    now = runtime.clock.now()
    work_through(runtime, process, [now - timedelta(hours=hour) for hour in range(1, 97)], [600.0], [clerk.id])
    return make_user(runtime, "manager").actor


@contextmanager
def hearing(monkeypatch: pytest.MonkeyPatch, *said: dict[str, Any] | BaseException) -> Iterator[list[dict[str, Any]]]:
    """Somebody who plays and says this, without a process; gives what was asked."""
    asked: list[dict[str, Any]] = []

    class _Spoken(Worker):
        def __init__(self, request: dict[str, Any]) -> None:
            super().__init__(request)
            asked.append(request)
            self._left = list(said)

        def __enter__(self) -> _Spoken:
            return self

        def __exit__(self, *_: object) -> None:
            """Nothing runs."""

        def hear(self, seconds: float) -> dict[str, Any] | None:
            word = self._left.pop(0)
            if isinstance(word, BaseException):
                raise word
            if callable(word.get("act")):
                word["act"]()
            return word

    monkeypatch.setattr(runs, "Worker", _Spoken)
    monkeypatch.setattr(runs, "_LOOK", 0.0)
    yield asked


@pytest.mark.databases("sqlite")
def test_a_process_of_its_own_plays_and_the_figures_are_kept(runtime: Runtime, manager: Actor) -> None:
    """The real one, once: asked through the queue, played elsewhere, its figures for the person to see."""
    run_id = begin(runtime, manager, order(runtime, staff={"customer_service": 2}), name="  one more  ")
    outbox = runtime.outbox
    assert isinstance(outbox, NoOutbox)
    assert outbox.sent[-1] == (JOB, f"{JOB}-{run_id}", {"run_id": run_id})
    assert look(runtime, manager, run_id).state == "waiting"
    carry_out(runtime, run_id)
    found = look(runtime, manager, run_id)
    assert (found.name, found.state, found.percent, found.is_over) == ("one more", "finished", 100, True)
    assert found.result is not None
    assert found.result["changed"]["roles"]["customer_service"]["people"] == 2
    assert found.result["now"]["began"]["errand"]["median"] > 50
    # done again by mistake: nothing happens
    carry_out(runtime, run_id)
    assert look(runtime, manager, run_id) == found


def test_it_says_how_far_it_is_and_stops_when_nobody_wants_it(runtime: Runtime, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = begin(runtime, manager, order(runtime))
    seen: list[int] = []

    def stop() -> None:
        seen.append(look(runtime, manager, run_id).percent)
        run_step(runtime, lambda uow: runs.stop(runtime, uow, manager, run_id))

    def say(share: float) -> dict[str, Any]:
        return {"share": share}

    with hearing(monkeypatch, say(0.2), {"act": stop}, say(0.9), {"result": {}}):
        carry_out(runtime, run_id)
    assert seen == [0]
    found = look(runtime, manager, run_id)
    assert (found.state, found.result) == ("stopped", None)
    with pytest.raises(PlayOverError), UnitOfWork(runtime.database) as uow:
        runs.stop(runtime, uow, manager, run_id)


def test_after_a_restart_it_begins_at_the_top(runtime: Runtime, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is gone in the middle; the job comes again."""
    run_id = begin(runtime, manager, order(runtime, seed=7))
    with hearing(monkeypatch, {"share": 0.5}, KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        carry_out(runtime, run_id)
    assert look(runtime, manager, run_id).state == "running"
    with hearing(monkeypatch, {"share": 0.5}, {"result": {"cases": 1}}) as asked:
        carry_out(runtime, run_id)
    assert asked[0]["order"]["seed"] == 7
    assert look(runtime, manager, run_id).result == {"cases": 1}


def test_what_cannot_be_played_is_said(runtime: Runtime, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = begin(runtime, manager, order(runtime))
    with hearing(monkeypatch, PlayFailedError("沒有{what}", {"what": "x"})):
        carry_out(runtime, run_id)
    found = look(runtime, manager, run_id)
    assert (found.state, found.problem) == ("failed", {"sentence": "沒有{what}", "data": {"what": "x"}})


def test_one_after_the_other(runtime: Runtime, manager: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while another is played waits without a thread; whoever ends that one lets the next have its turn."""
    first, second, third = (begin(runtime, manager, order(runtime)) for _ in range(3))
    outbox = runtime.outbox
    assert isinstance(outbox, NoOutbox)

    def meanwhile() -> None:
        carry_out(runtime, second)
        assert look(runtime, manager, second).state == "waiting"

    with hearing(monkeypatch, {"act": meanwhile}, {"result": {}}):
        carry_out(runtime, first)
    assert outbox.sent[-1] == (JOB, f"{JOB}-{second}-after-{first}", {"run_id": second})
    run_step(runtime, lambda uow: runs.stop(runtime, uow, manager, second))
    assert outbox.sent[-1][2] == {"run_id": third}
    run_step(runtime, lambda uow: runs.remove(runtime, uow, manager, third))
    assert outbox.sent[-1][2] == {"run_id": third}


@pytest.mark.databases("sqlite")
def test_a_process_that_dies_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends without a word, and whoever waits hears of it."""
    monkeypatch.setattr(worker, "_BOOT", "pass")
    with Worker({}) as gone, pytest.raises(PlayFailedError):
        gone.hear(30.0)


def test_the_program_ends_without_waiting_for_a_play(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for it is told at once; none begins until the program runs again."""
    monkeypatch.setattr(worker, "_BOOT", "import sys; sys.stdin.readline(); sys.stdin.read()")
    with Worker({}) as going:
        worker.HOUSE.close()
        with pytest.raises(PlayInterruptedError):
            going.hear(30.0)
    with pytest.raises(PlayInterruptedError):
        Worker({}).__enter__()
    worker.HOUSE.open()
    with Worker({}) as again:
        assert again.hear(0.0) is None


@pytest.mark.databases("sqlite")
def test_every_field_that_cannot_be_taken_is_named(runtime: Runtime, manager: Actor) -> None:
    wrong = order(
        runtime, weeks=13, replications=0, seed=-1, arrivals={"errand": 11.0, "nothing": 1.0}, staff={"juggler": 1, "manager": 999},
        until=runtime.clock.now() - timedelta(days=9),
    )
    with pytest.raises(FormInvalidError) as caught:
        begin(runtime, manager, wrong)
    assert [each.field for each in caught.value.errors] == [
        "until", "weeks", "replications", "seed", "arrivals.errand", "arrivals.nothing", "staff.juggler", "staff.manager",
    ]  # fmt: skip


@pytest.mark.databases("sqlite")
def test_who_may_ask_and_see(runtime: Runtime, manager: Actor) -> None:
    """Who sees one site learns from that site, and sees only what they asked themselves."""
    here, there = make_site(runtime), make_site(runtime)
    local = make_user(runtime, "manager", site_id=here).actor
    with pytest.raises(ForbiddenError):
        begin(runtime, make_user(runtime, "customer_service").actor, order(runtime))
    with pytest.raises(ForbiddenError):
        begin(runtime, local, order(runtime), site_id=there)
    of_all, of_here = begin(runtime, manager, order(runtime)), begin(runtime, local, order(runtime))
    assert look(runtime, manager, of_here).sites == (here,)
    assert look(runtime, manager, of_all).sites is None
    with pytest.raises(NotFoundError):
        look(runtime, local, of_all)
    with UnitOfWork(runtime.database) as uow:
        assert [each.id for each in queries.plays(uow, local).rows] == [of_here]
        first = queries.plays(uow, manager, limit=1)
        assert [each.id for each in first.rows] == [of_here]
        assert [each.id for each in queries.plays(uow, manager, after=first.after, limit=1).rows] == [of_all]


@pytest.mark.databases("sqlite")
def test_a_few_at_a_time_and_gone_when_deleted(runtime: Runtime, manager: Actor) -> None:
    ids = [begin(runtime, manager, order(runtime)) for _ in range(MOST)]
    with pytest.raises(TooManyPlaysError):
        begin(runtime, manager, order(runtime))
    run_step(runtime, lambda uow: runs.remove(runtime, uow, manager, ids[0]))
    with pytest.raises(NotFoundError):
        look(runtime, manager, ids[0])
    # its job finds nothing to do
    carry_out(runtime, ids[0])
    assert begin(runtime, manager, order(runtime)) > ids[0]
