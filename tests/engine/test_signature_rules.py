"""The rule of a signature chain, over values: for every order of decisions it ends, once, and asks nobody twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StepFailedError
from engine.signature_rules import UNDECIDED, Part, PartState, Signer, needed, read_signers, stand

RULES = ("all", "first", "1", "2", "3", "9")


@given(steps=st.lists(st.integers(1, 3), min_size=1, max_size=6), rule=st.sampled_from(RULES), data=st.data())
def test_every_chain_ends_and_asks_each_signer_at_most_once(steps: list[int], rule: str, data: st.DataObject) -> None:
    parts = {number: Part(number, step, PartState.WAITING) for number, step in enumerate(steps, 1)}
    asked: list[int] = []
    for _ in range(len(steps) + 1):
        standing = stand(parts.values(), rule)
        if standing.outcome is not None:
            break
        asked += standing.opens
        parts.update({number: replace(parts[number], state=PartState.PENDING) for number in standing.opens})
        pending = sorted(number for number, part in parts.items() if part.state is PartState.PENDING)
        assert pending
        assert not standing.closes
        # nobody of a later step is asked while one of an earlier step has to decide
        assert len({parts[number].step for number in pending}) == 1
        chosen = data.draw(st.sampled_from(pending))
        said = data.draw(st.sampled_from([PartState.APPROVED, PartState.APPROVED, PartState.REFUSED]))
        parts[chosen] = replace(parts[chosen], state=said)
    states = [part.state for part in parts.values()]
    assert stand(parts.values(), rule).outcome == ("refused" if PartState.REFUSED in states else "approved")
    assert len(asked) == len(set(asked))
    if PartState.REFUSED not in states:
        assert states.count(PartState.APPROVED) == needed(rule, len(steps))


def test_a_part_waits_for_the_one_put_before_it() -> None:
    parts = [Part(1, 1, PartState.PENDING, waits_for=2), Part(2, 1, PartState.WAITING)]
    standing = stand(parts, "all")
    assert (standing.opens, standing.closes) == ((2,), (1,))


@pytest.mark.parametrize("state", [state for state in PartState if state not in UNDECIDED])
def test_what_is_decided_or_gone_holds_nobody_up(state: PartState) -> None:
    parts = [Part(1, 1, state), Part(2, 2, PartState.WAITING)]
    assert stand(parts, "2").opens == (() if state is PartState.REFUSED else (2,))


@pytest.mark.parametrize(
    ("value", "signers"),
    [
        (["manager", "manager"], [Signer("manager")]),
        ([{"role": "b", "step": "2"}, {"role": "a", "step": 1.0, "name": "甲"}], [Signer("a", 1, "甲"), Signer("b", 2)]),
        ({"role": ["a", "b"], "step": [2, 1]}, [Signer("b", 1), Signer("a", 2)]),
        ({"role": "a"}, [Signer("a")]),
        ([{"role": "a", "person": {"id": 7}}], [Signer("a", person_id=7)]),
    ],
)
def test_signers_are_read_in_the_order_of_their_steps(value: Any, signers: list[Signer]) -> None:
    assert list(read_signers(value, "sign_off")) == signers


@pytest.mark.parametrize(
    "value", [None, [], "a", [1], [{}], [{"role": ""}], [{"role": "b", "step": "x"}], [{"role": "b", "person": "x"}], ["a"]]
)
def test_what_is_no_list_of_known_roles_is_told(value: Any) -> None:
    with pytest.raises(StepFailedError):
        read_signers(value, "sign_off", ["b"])
