"""Amounts in English words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.english_amounts import in_english


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "Zero yuan only"),
        ("12", "Twelve yuan only"),
        ("60.00", "Sixty yuan only"),
        ("1005", "One thousand and five yuan only"),
        ("1234.50", "One thousand two hundred and thirty-four yuan and 50/100"),
        ("20000", "Twenty thousand yuan only"),
        ("1000100.05", "One million one hundred yuan and 05/100"),
        ("-3.20", "Minus three yuan and 20/100"),
        ("1e15", ""),
    ],
)
def test_amounts_in_words(amount: str, words: str) -> None:
    """As on a cheque; nothing rather than something wrong for sums that nobody owes."""
    assert in_english(Decimal(amount)) == words
