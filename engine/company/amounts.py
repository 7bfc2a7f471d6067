"""Amounts of money: read exactly, to two places, and written in Chinese capitals. Decimals only; nothing is ever rounded silently."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import InvalidError

ZERO = Decimal("0.00")
#: more than this is a slip of the finger
LARGEST = Decimal("999999999999.99")
_DIGITS = "零壹貳叁肆伍陸柒捌玖"  # not a message
_UNITS = ("", "拾", "佰", "仟")  # not a message
_SECTIONS = ("", "萬", "億", "萬億")  # not a message


class AmountInvalidError(InvalidError):
    """Expected an amount to two places."""

    code = "amount_invalid"
    sentence = "金額「{value}」不正確：請填寫大於零、最多兩位小數的數字。"


def read(value: Any, *, may_be_zero: bool = False) -> Decimal:
    """An amount above zero (or zero) from a decimal string or a number; AmountInvalidError for anything else, fractions of a cent too."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise AmountInvalidError(value=str(value)[:40])
    try:
        # an expression of a diagram may give a float: its shortest text is what the designer meant
        amount = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation as error:
        raise AmountInvalidError(value=str(value)[:40]) from error
    if not amount.is_finite() or amount != amount.quantize(ZERO) or not ZERO <= amount <= LARGEST or (not amount and not may_be_zero):
        raise AmountInvalidError(value=str(value)[:40])
    return amount.quantize(ZERO)


def in_words(amount: Decimal) -> str:
    """An amount in Chinese capitals as receipts ask for it, e.g. 120.50 → 壹佰貳拾元伍角整."""
    cents = int(abs(amount) * 100)
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
