"""Folding: what a search treats as the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.folding import fold, fold_all


@pytest.mark.parametrize(("one", "other"), [
    ("A-1203", "ａ１２０３"), ("宏達貿易", "宏达贸易"), ("Hong Da", "HONGDA"), ("138 0000-1111", "13800001111"), ("“和園”", "和园"),
])
def test_width_case_signs_and_script_make_no_difference(one: str, other: str) -> None:
    """Each pair is the same to a search."""
    assert fold(one) == fold(other)


def test_parts_stay_apart() -> None:
    """A search never matches across two of them; what is empty leaves no mark."""
    assert fold_all("A-1", None, "", "王 先生") == "a1|王先生"


@given(st.text())
def test_folding_twice_changes_nothing_and_leaves_no_wildcard(text: str) -> None:
    """So that what is stored and what is asked for meet, and LIKE has nothing to read as its own."""
    folded = fold(text)
    assert fold(folded) == folded
    assert not set(folded) & set("%_\\|")
