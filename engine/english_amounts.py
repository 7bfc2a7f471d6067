"""Amounts in English words, for papers printed in English: what capital numerals say on the Chinese ones."""

from __future__ import annotations

from decimal import Decimal

_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_GROUPS = ("", " thousand", " million", " billion", " trillion")


def in_english(amount: Decimal) -> str:
    """1234.50 → One thousand two hundred and thirty-four yuan and 50/100. Empty beyond what the groups can say."""
    cents = int((abs(amount) * 100).to_integral_value())
    yuan, rest = divmod(cents, 100)
    if yuan >= 1000 ** len(_GROUPS):
        return ""
    words = f"{_whole(yuan)} yuan" + (f" and {rest:02d}/100" if rest else " only")
    return (f"minus {words}" if amount < 0 and cents else words).capitalize()


def _whole(number: int) -> str:
    if number == 0:
        return _SMALL[0]
    parts, group = [], 0
    while number:
        number, part = divmod(number, 1000)
        if part:
            parts.append(_below_thousand(part, joined=group == 0 and number > 0) + _GROUPS[group])
        group += 1
    return " ".join(reversed(parts))


def _below_thousand(number: int, *, joined: bool) -> str:
    hundreds, rest = divmod(number, 100)
    tail = _SMALL[rest] if rest < 20 else _TENS[rest // 10] + (f"-{_SMALL[rest % 10]}" if rest % 10 else "")
    if not hundreds:
        # "one thousand and five"
        return f"and {tail}" if joined else tail
    return f"{_SMALL[hundreds]} hundred" + (f" and {tail}" if rest else "")
