"""Amounts of money: read exactly, to two places. Decimals only; nothing is ever rounded silently."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from engine.errors import InvalidError

ZERO = Decimal("0.00")
#: more than this is a slip of the finger
LARGEST = Decimal("999999999999.99")


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
