"""Amounts of money in the Chinese capital numerals, which cannot be altered on paper."""

from __future__ import annotations

from decimal import Decimal

#: ten thousand million million: there is no larger section in use
LARGEST_CENTS = 10**18
_DIGITS = "零壹貳叁肆伍陸柒捌玖"  # not a message
_UNITS = ("", "拾", "佰", "仟")  # not a message
_SECTIONS = ("", "萬", "億", "兆")  # not a message


def in_words(amount: Decimal) -> str:
    """An amount in capitals as receipts and notices ask for it, e.g. 120.50 → 壹佰貳拾元伍角整; empty for more than can be said."""
    cents = int((abs(amount) * 100).to_integral_value())
    if cents >= LARGEST_CENTS:
        return ""
    whole, (jiao, fen) = cents // 100, divmod(cents % 100, 10)
    sign = "負" if amount < 0 else ""  # not a message
    if not cents:
        return "零元整"  # not a message
    text = f"{_whole(whole)}元" if whole else ""  # not a message
    if not jiao and not fen:
        return f"{sign}{text}整"  # not a message
    if jiao:
        text += f"{_DIGITS[jiao]}角"  # not a message
    elif whole:
        text += "零"  # not a message
    return sign + text + (f"{_DIGITS[fen]}分" if fen else "整")  # not a message


def _whole(number: int) -> str:
    sections = []
    while number:
        number, section = divmod(number, 10_000)
        sections.append(section)
    text, is_gap = "", False
    for place in range(len(sections) - 1, -1, -1):
        section = sections[place]
        if not section:
            is_gap = bool(text)
            continue
        # a missing thousands place, or a whole section, is said once
        if text and (is_gap or section < 1000):
            text += "零"  # not a message
        text += _section(section) + _SECTIONS[place]
        is_gap = False
    return text


def _section(section: int) -> str:
    text, is_gap = "", False
    for place in range(3, -1, -1):
        digit = section // 10**place % 10
        if not digit:
            is_gap = bool(text)
            continue
        text += ("零" if is_gap else "") + _DIGITS[digit] + _UNITS[place]  # not a message
        is_gap = False
    return text
