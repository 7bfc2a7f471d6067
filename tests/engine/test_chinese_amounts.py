"""Amounts in Chinese capitals: each is said in one way, and says what it is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.chinese_amounts import in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("10", "壹拾元整"),
        ("120.50", "壹佰貳拾元伍角整"),
        ("1005.03", "壹仟零伍元零叁分"),
        ("10000", "壹萬元整"),
        ("100200.30", "壹拾萬零貳佰元叁角整"),
        ("100010005", "壹億零壹萬零伍元整"),
        ("-3.21", "負叁元貳角壹分"),
        ("20100000", "貳仟零壹拾萬元整"),
        ("107000.53", "壹拾萬柒仟元伍角叁分"),
        ("100.01", "壹佰元零壹分"),
        ("1234.56", "壹仟貳佰叁拾肆元伍角陸分"),
        ("10010.07", "壹萬零壹拾元零柒分"),
        ("100000", "壹拾萬元整"),
        ("1000001", "壹佰萬零壹元整"),
        ("20004000", "貳仟萬肆仟元整"),
        ("120000305.5", "壹億貳仟萬零叁佰零伍元伍角整"),
        ("1000000000000", "壹兆元整"),
        ("-3", "負叁元整"),
        ("1e16", ""),
    ],
)
def test_amounts_in_capital_numerals(amount: str, words: str) -> None:
    """As receipts and notices write them; nothing rather than something wrong for sums that nobody owes."""
    assert in_words(Decimal(amount)) == words


@given(st.integers(0, 10**14))
def test_capital_numerals_say_the_amount(cents: int) -> None:
    """Read back by another way they give the amount."""
    digits, units = "零壹貳叁肆伍陸柒捌玖", {"拾": 10, "佰": 100, "仟": 1000}
    words = in_words(Decimal(cents) / 100).removesuffix("整")
    yuan_words, _, rest = words.rpartition("元") if "元" in words else ("", "", words)
    total = section = current = 0
    for sign in yuan_words:
        if sign in digits:
            current = digits.index(sign)
        elif sign in units:
            section, current = section + current * units[sign], 0
        else:
            total, section, current = total + (section + current) * {"萬": 10**4, "億": 10**8, "兆": 10**12}[sign], 0, 0
    jiao = digits.index(rest[rest.index("角") - 1]) if "角" in rest else 0
    fen = digits.index(rest[rest.index("分") - 1]) if "分" in rest else 0
    assert (total + section + current) * 100 + jiao * 10 + fen == cents
