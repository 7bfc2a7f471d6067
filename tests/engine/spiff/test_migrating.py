"""Random diagrams, changed at random: a case that is moved to the changed version goes on as one that was started on it, or stays.

Steps that were put in are done as soon as they open, in either case, so that the path through the unchanged steps is the same. A failing
example names the plan's seed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.content import DefinitionContent, InstanceContent
from engine.diagram import read_diagram
from engine.migration_rules import Judge, Reason
from engine.settings import Settings
from engine.spiff.sandbox import Sandbox
from engine.spiff.standing import positions
from tests.random_diagrams import (
    Block,
    Boundary,
    Call,
    Exclusive,
    Inclusive,
    Loop,
    Parallel,
    Plan,
    Sequence,
    Shape,
    Sub,
    Work,
    random_plan,
    to_bpmn,
)
from tests.spiff_drivers import KEY, OurDriver, Walk, compiled

SEEDS = st.integers(0, 2**32 - 1)
SHORT = settings(max_examples=14, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = settings(max_examples=4_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EXTRA = "extra_"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker, which is all that a step may need."""
    with closing(Sandbox(Settings(sandbox_workers=1))) as opened:
        yield opened


class Changer:
    """Puts steps, events on borders and branches into a tree of blocks."""

    def __init__(self, seed: int) -> None:
        self.rnd = random.Random(seed)
        self.count = 0

    def extra(self) -> Work:
        self.count += 1
        return Work(f"{EXTRA}{self.count}")

    def change(self, block: Block) -> Block:
        match block:
            case Work() if self.rnd.random() < 0.15:
                self.count += 1
                return Boundary(f"{EXTRA}event_{self.count}", block, "message", 0, self.rnd.random() < 0.5, self.extra())
            case Sequence(blocks=blocks):
                made: list[Block] = []
                for each in blocks:
                    made += [self.extra()] if self.rnd.random() < 0.15 else []
                    made.append(self.change(each))
                return Sequence((*made, self.extra()) if self.rnd.random() < 0.1 else tuple(made))
            case Parallel(branches=branches):
                more = (self.extra(),) if self.rnd.random() < 0.15 else ()
                return replace(block, branches=(*map(self.change, branches), *more))
            case Exclusive(branches=branches) | Inclusive(branches=branches):
                return replace(block, branches=tuple(map(self.change, branches)))
            case Loop(body=body) | Sub(body=body) | Call(body=body):
                return replace(block, body=self.change(body))
            case Boundary(handler=handler):
                return replace(block, handler=self.change(handler))
        return block


class Driver(OurDriver):
    """Does what was put in at once, and can be moved to another version."""

    def __init__(self, plan: Plan, start: int, sandbox: Sandbox) -> None:
        self.version = plan
        super().__init__(plan, start, sandbox)
        self.settle()

    def settle(self) -> None:
        while extra := next((each for each in self.work() if each.startswith(EXTRA)), None):
            super().complete(extra, {extra: {"v": 0}})

    def migrate(self, to: Plan) -> tuple[Reason, ...]:
        """Why not; nothing where it was moved."""
        judge = Judge(content_of(self.version.xml), content_of(to.xml))
        verdict = judge.verdict(positions(self._state))
        if not verdict.blocked:
            with self._load() as run:
                run.migrate(compiled(to), {}, verdict.arrivals)
                change, self._state = run.finish()
            assert not change.opened
            assert not change.withdrawn
            self._compiled = [compiled(to) for _ in range(2)]
            self.version = to
        return tuple(each.reason for each in verdict.blocked)

    def stand(self) -> tuple[Any, ...]:
        """What can be seen of it; a message that is never sent tells nothing."""
        data = {key: value for key, value in self.data().items() if not key.startswith(EXTRA)}
        return self.is_ended(), self.work(), self.waiting(), {} if self.is_ended() else self.next_due, data


def content_of(xml: bytes) -> InstanceContent:
    """A file's processes as an instance knows them."""
    held = {
        key: DefinitionContent(0, key, 1, key, 0, diagram, {}, {}, (), xml, {}) for key, diagram in read_diagram(xml).items()
    }
    own = held.pop(KEY, None) or held.pop("p")
    return InstanceContent(own, held)


def check(sandbox: Sandbox, seed: int, path: int, size: int, *, is_back: bool, seen: Counter[str]) -> None:
    plan = random_plan(seed, Shape(size=size))
    root = Changer(seed ^ path).change(plan.root)
    changed = replace(plan, root=root, xml=to_bpmn(root, KEY))
    old, new = (changed, plan) if is_back else (plan, changed)
    walk = Walk(plan, path)
    moved, fresh = Driver(old, walk.start, sandbox), Driver(new, walk.start, sandbox)
    at = random.Random(path).randrange(8)
    is_moved = False
    while True:
        where = f"plan {seed}, path {path}, size {size}, back {is_back}, moved at {at}, after {walk.trail}"
        if not is_moved and len(walk.trail) >= at and not moved.is_ended():
            blocked = moved.migrate(new)
            is_moved = not blocked
            seen.update(["moved"] if is_moved else map(str, blocked))
            moved.settle()
        if is_moved:
            assert moved.stand() == fresh.stand(), where
        if walk.oracle.is_ended:
            break
        assert moved.work() == walk.oracle.work(), where
        walk.step(Both(moved, fresh), None)  # type: ignore[arg-type]
        moved.settle()
        fresh.settle()


class Both:
    """Does the same to two drivers."""

    def __init__(self, *drivers: Driver) -> None:
        self._drivers = drivers

    def __getattr__(self, name: str) -> Any:
        def act(*arguments: Any) -> None:
            for driver in self._drivers:
                getattr(driver, name)(*arguments)

        return act


@pytest.mark.parametrize("is_back", [False, True], ids=["forward", "back"])
def test_a_moved_case_goes_on_as_one_of_its_new_version(sandbox: Sandbox, is_back: bool) -> None:
    """Open steps, waiting events, timers and data are the same after every further step, up to the end."""
    seen: Counter[str] = Counter()

    @given(seed=SEEDS, path=SEEDS, size=st.integers(1, 12))
    @SHORT
    def walks(seed: int, path: int, size: int) -> None:
        check(sandbox, seed, path, size, is_back=is_back, seen=seen)

    walks()
    assert seen["moved"] > 7, seen


@pytest.mark.soak
@given(seed=SEEDS, path=SEEDS, size=st.integers(1, 20), is_back=st.booleans())
@LONG
def test_a_moved_case_goes_on_as_one_of_its_new_version_at_length(
    sandbox: Sandbox, seed: int, path: int, size: int, is_back: bool
) -> None:
    """The same, many times over and with larger diagrams."""
    check(sandbox, seed, path, size, is_back=is_back, seen=Counter())
