"""Where text breaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.drawing.text import width, wrap


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("", 100, []),
        ("接修", 100, ["接修"]),
        ("電話告知工程部", 84, ["電話告知", "工程部"]),
        ("報修單返回客服部", 84, ["報修單返", "回客服部"]),
        ("Tenant signs the result", 90, ["Tenant signs", "the result"]),
    ],
)
def test_breaks(text: str, room: float, lines: list[str]) -> None:
    """Chinese anywhere, and evenly; other scripts at spaces."""
    assert wrap(text, room, 12.5) == lines


@given(st.text(alphabet="接修報單，。 abc", max_size=40), st.integers(40, 200))
def test_nothing_is_lost_and_nothing_is_too_wide(text: str, room: int) -> None:
    """Whatever the text, its characters stay in order and each line fits."""
    lines = wrap(text, room, 12)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 12) <= room for line in lines)
