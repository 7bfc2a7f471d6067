"""Joins, multi-instances and loops that the library gets wrong, shown mended on the smallest diagrams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from engine.settings import Settings
from engine.spiff.joins import take_changes
from engine.spiff.sandbox import Sandbox
from tests.random_diagrams import Block, Exclusive, Inclusive, Loop, Multi, Parallel, Plan, Script, Sequence, Sub, Work, to_bpmn
from tests.spiff_drivers import KEY, OurDriver


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One worker, which is all that a step may need."""
    with closing(Sandbox(Settings(sandbox_workers=1))) as opened:
        yield opened


def begin(sandbox: Sandbox, *blocks: Block, start: int = 0) -> OurDriver:
    root = Sequence(blocks)
    return OurDriver(Plan(0, root, to_bpmn(root, KEY), frozenset()), start, sandbox)


def test_a_parallel_join_in_a_loop_waits_for_both_in_every_round(sandbox: Sandbox) -> None:
    """Each round opens both items, whatever order the last round was done in."""
    driver = begin(sandbox, Loop("again", Parallel("both", (Work("left"), Work("right"))), 3))
    for order in (("left", "right"), ("right", "left"), ("right", "left")):
        for element in order:
            assert driver.work()[element] == 1
            driver.complete(element, {})
    assert driver.is_ended()


@pytest.mark.parametrize("left_first", [True, False])
def test_many_forks_in_a_row_cost_no_more_than_they_are(sandbox: Sandbox, left_first: bool) -> None:
    """The library would predict what follows each join once a branch: a million tasks before the first is done."""
    pairs = [Parallel(f"pair_{number}", (Work(f"left_{number}"), Work(f"right_{number}"))) for number in range(20)]
    driver = begin(sandbox, *pairs)
    for number in range(20):
        sides = (f"left_{number}", f"right_{number}")
        for element in sides if left_first else reversed(sides):
            driver.complete(element, {})
    assert driver.is_ended()
    assert max(driver.sizes) < 200


def test_a_branch_that_did_not_touch_a_value_does_not_undo_it(sandbox: Sandbox) -> None:
    """In the second round the right branch still carries the left branch's old value, and completes last."""
    driver = begin(sandbox, Loop("again", Parallel("both", (Work("left"), Work("right"))), 2), Work("after"))
    for number in (1, 2):
        driver.complete("left", {"left": {"v": number}})
        driver.complete("right", {"right": {"v": number}})
    driver.complete("after", {})
    assert driver.data()["left"] == {"v": 2}


def test_a_row_deleted_in_a_branch_stays_deleted(sandbox: Sandbox) -> None:
    """A list is one value: the join does not merge it row by row."""
    driver = begin(sandbox, Work("materials"), Parallel("both", (Work("left"), Work("right"))), Work("after"))
    driver.complete("materials", {"materials": {"rows": [{"n": 1}, {"n": 2}, {"n": 3}], "by": "A"}})
    driver.complete("left", {"materials": {"rows": [{"n": 2}], "by": "A"}})
    driver.complete("right", {})
    driver.complete("after", {})
    assert driver.data()["materials"] == {"rows": [{"n": 2}], "by": "A"}


def test_an_inclusive_join_waits_for_a_branch_that_has_not_begun_yet(sandbox: Sandbox) -> None:
    """The empty branch reaches the join while the split is still handing out tokens to the other."""
    inner = Inclusive("inner", "start", (Work("first"), Work("second")))
    driver = begin(sandbox, Inclusive("outer", "start", (Sequence(()), inner, Work("third"))), Work("after"), start=3)
    assert driver.work() == {"first": 1}
    driver.complete("first", {})
    assert driver.work() == {"after": 1}


@pytest.mark.parametrize("block", [Multi("ask", False, 2), Multi("ask", True, 2), Sub("inside", Work("ask"))],
                         ids=["parallel", "sequential", "sub"])
def test_an_inclusive_join_waits_for_what_runs_inside_another_element(sandbox: Sandbox, block: Block) -> None:
    """A token inside a multi-instance or a sub-process is a token."""
    driver = begin(sandbox, Inclusive("some", "start", (Work("quick"), block, Work("never"))), Work("after"), start=3)
    driver.complete("quick", {})
    while driver.work()["ask"]:
        assert driver.work()["after"] == 0
        driver.complete("ask", {})
    assert driver.work() == {"after": 1}


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_a_multi_instance_over_a_list_can_be_come_to_again(sandbox: Sandbox, sequential: bool) -> None:
    """Three items in each of two rounds; the instance's own item does not stay in the data."""
    driver = begin(sandbox, Loop("again", Multi("ask", sequential, None), 2), Work("after"))
    for _ in range(6):
        driver.complete("ask", {})
    assert driver.work() == {"after": 1}
    driver.complete("after", {})
    assert set(driver.data()) == {"start", "rows", "rounds_again"}


@pytest.mark.parametrize("sequential", [False, True], ids=["parallel", "sequential"])
def test_a_multi_instance_that_was_sent_back_can_be_come_to_again(sandbox: Sandbox, sequential: bool) -> None:
    """The instance's own item stays behind when its token goes back."""
    driver = begin(sandbox, Work("before"), Multi("ask", sequential, None), Work("after"))
    driver.complete("before", {})
    driver.complete("ask", {})
    driver.return_to("ask", "before")
    assert driver.work() == {"before": 1}
    driver.complete("before", {})
    for _ in range(3):
        driver.complete("ask", {})
    assert driver.work() == {"after": 1}


def test_a_step_with_an_expression_and_a_script_needs_one_worker(sandbox: Sandbox) -> None:
    """A step that held two could wait for itself, or for another that waits for it."""
    driver = begin(sandbox, Work("count"), Exclusive("odd", "count", (Script("even_one", "count"), Script("odd_one", "count"))),
                   Exclusive("odd_again", "count", (Script("even_two", "count"), Script("odd_two", "count"))), Work("after"))
    driver.complete("count", {"count": {"v": 1}})
    assert driver.work() == {"after": 1}


@pytest.mark.parametrize(("base", "branch", "into", "expected"), [
    ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
    ({"a": 1}, {"a": 3}, {"a": 2}, {"a": 3}),
    ({"a": 1}, {}, {"a": 1}, {}),
    ({}, {"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
    ({"a": {"x": 1, "y": 1}}, {"a": {"x": 2, "y": 1}}, {"a": {"x": 1, "y": 3}}, {"a": {"x": 2, "y": 3}}),
    ({"a": [1, 2]}, {"a": [2]}, {"a": [1, 2]}, {"a": [2]}),
    ({"a": 1}, {"a": True}, {"a": 1}, {"a": True}),
], ids=["untouched", "changed", "removed", "added", "nested", "list", "type"])
def test_what_a_branch_changed_is_taken(
    base: dict[str, Any], branch: dict[str, Any], into: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Only what differs from the parting counts."""
    take_changes(base, branch, into)
    assert into == expected
    assert all(type(into[key]) is type(value) for key, value in expected.items())
