"""What is owed in a play-ahead: the ledger as it stands, with what the played cases charged and were paid. Nothing is posted.

What a case is paid for an item settles what it charged for it: the amounts that past cases were paid belong to other units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson


class Money:
    """Charges of the played cases."""

    def __init__(self) -> None:
        #: case, unit, item → open
        self._open: dict[tuple[int, str, str], Decimal] = defaultdict(Decimal)

    def post(self, case_id: int, parameters: Mapping[str, Any]) -> None:
        """As `ledger.post` is called."""
        key = (case_id, _unit(parameters.get("account")), str(parameters.get("item") or ""))
        if parameters.get("kind") == "charge":
            self._open[key] += _amount(parameters.get("amount"))
        elif parameters.get("kind") == "payment":
            self._open.pop(key, None)

    def balance(self, known: Callable[[Mapping[str, Any]], Any], parameters: Mapping[str, Any]) -> str:
        """As `ledger.balance` answers; `known` asks the ledger itself."""
        unit, item = _unit(parameters.get("unit")), parameters.get("item")
        more = sum((amount for (_, of, what), amount in self._open.items() if of == unit and item in (None, what)), Decimal(0))
        return str(_amount(known(parameters)) + more)


def remembered(answer: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Ask only once for the same parameters: the store does not change while it is played."""
    known: dict[bytes, Any] = {}

    def ask(parameters: Mapping[str, Any]) -> Any:
        key = orjson.dumps(dict(parameters), default=str, option=orjson.OPT_SORT_KEYS)
        if key not in known:
            known[key] = answer(parameters)
        return known[key]

    return ask


def _unit(reference: Any) -> str:
    return str(reference.get("id")) if isinstance(reference, Mapping) else str(reference)


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)
