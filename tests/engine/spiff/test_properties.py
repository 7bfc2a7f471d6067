"""Random diagrams × random paths: saved and loaded after every step, the run is what an independent reading of the diagram says, and
what the library does in memory where the library is right. Everything ends, and nothing grows with the way behind it.

A failing example names the plan's seed; `random_plan(seed, Shape(…))` makes it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.settings import Settings
from engine.spiff.sandbox import Sandbox
from tests.random_diagrams import Loop, Parallel, Plan, Sequence, Shape, Work, random_plan, to_bpmn
from tests.spiff_drivers import KEY, OurDriver, PlainDriver, Walk

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(1, 14)
#: more steps than any plan of these sizes can take
MOST_STEPS = 2_000
SHORT = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
LONG = settings(max_examples=4_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker, which is all that a step may need."""
    with closing(Sandbox(Settings(sandbox_workers=1))) as opened:
        yield opened


def run_to_end(walk: Walk, ours: OurDriver | None, plain: PlainDriver | None) -> None:
    """Take every driver along a random path to its end, comparing after each step."""
    drivers = [driver for driver in (ours, plain) if driver is not None]
    for driver in drivers:
        walk.compare(driver)
    while not walk.oracle.is_ended:
        assert len(walk.trail) < MOST_STEPS, f"plan {walk.plan.seed} does not end"
        walk.step(ours, plain)
        for driver in drivers:
            walk.compare(driver)


def check_against_the_diagram(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    walk = Walk(random_plan(seed, Shape(size=size)), path)
    run_to_end(walk, OurDriver(walk.plan, walk.start, sandbox), None)


def check_against_the_library(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    walk = Walk(random_plan(seed, Shape(size=size, mended=False)), path)
    run_to_end(walk, OurDriver(walk.plan, walk.start, sandbox), PlainDriver(walk.plan, walk.start))


@given(seed=SEEDS, path=SEEDS, size=SIZES)
@SHORT
def test_a_run_is_what_the_diagram_says(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    """Saved and loaded after every step: open items, waiting events, the end and the data are those of the independent reading."""
    check_against_the_diagram(sandbox, seed, path, size)


@given(seed=SEEDS, path=SEEDS, size=SIZES)
@SHORT
def test_saving_and_loading_changes_nothing(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    """The run equals the library's own, which stays in memory from beginning to end."""
    check_against_the_library(sandbox, seed, path, size)


@pytest.mark.soak
@given(seed=SEEDS, path=SEEDS, size=st.integers(1, 30))
@LONG
def test_a_run_is_what_the_diagram_says_at_length(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    """The same, many times over and with larger diagrams."""
    check_against_the_diagram(sandbox, seed, path, size)


@pytest.mark.soak
@given(seed=SEEDS, path=SEEDS, size=st.integers(1, 30))
@LONG
def test_saving_and_loading_changes_nothing_at_length(sandbox: Sandbox, seed: int, path: int, size: int) -> None:
    """The same, many times over and with larger diagrams."""
    check_against_the_library(sandbox, seed, path, size)


def test_the_same_seed_gives_the_same_diagram() -> None:
    """A failure can be made again from its number."""
    assert random_plan(7, Shape(size=9)) == random_plan(7, Shape(size=9))


def test_a_loop_does_not_grow(sandbox: Sandbox) -> None:
    """After two hundred rounds over a parallel join, the live workflow holds as many tasks as after two."""
    root = Sequence((Loop("again", Parallel("both", (Work("check_left"), Work("check_right"))), 200), Work("archive")))
    driver = OurDriver(Plan(0, root, to_bpmn(root, KEY), frozenset()), 0, sandbox)
    for number in range(200):
        driver.complete("check_left", {"check_left": {"v": number}})
        driver.complete("check_right", {"check_right": {"v": number}})
    assert driver.work() == {"archive": 1}
    assert max(driver.sizes[-100:-2]) <= max(driver.sizes[2:10])
    driver.complete("archive", {})
    assert driver.is_ended()
    assert driver.data()["rounds_again"] == {"v": 200}
