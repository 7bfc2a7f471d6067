"""`ui:compute` and `ui:check`: arithmetic over fields, read into a small JSON tree that the server and the browser both evaluate.

Python's own parser reads the text, and only the listed nodes are taken over: nothing is ever executed. Amounts are exact decimals.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

MAX_LENGTH = 500
FUNCTIONS = frozenset({"sum", "count", "min", "max", "round", "abs"})
#: what a lookup gets: the parts of a dotted name
Lookup = Callable[[tuple[str, ...]], Any]

_ARITHMETIC: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_COMPARISON: dict[type[ast.AST], str] = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_CONSTANTS = {"true": True, "false": False, "none": None, "True": True, "False": False, "None": None}
_MONEY = re.compile(r"-?\d{1,15}(\.\d{1,6})?")


class ExpressionSyntaxError(ValueError):
    """Text that is no expression of ours; its text is the reason, in the source language."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A parsed expression."""

    #: as the author wrote it
    text: str
    #: `{"value": …}`, `{"name": [parts]}` or `{"op": name, "of": [trees]}`
    tree: Mapping[str, Any]

    def names(self) -> frozenset[tuple[str, ...]]:
        """Every dotted name it uses, split into parts."""
        return frozenset(_names(self.tree))

    def evaluate(self, lookup: Lookup) -> Any:
        """Decimal, text, bool, list or None. Never raises for odd data: what makes no sense is None."""
        try:
            return _evaluate(self.tree, lookup)
        except (DecimalException, TypeError, ValueError, OverflowError):
            return None

    def for_browser(self, lookup: Lookup) -> Any:
        """The tree as JSON with names of the instance's data (`data.…`) replaced by their values."""
        return _bound(self.tree, lookup)


def read_expression(text: Any) -> Expression:
    """From the text of a form; ExpressionSyntaxError with a reason when it cannot be read."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_LENGTH or "\\" in text:
        raise ExpressionSyntaxError("運算式須為文字，且不能過長。")
    try:
        parsed = ast.parse(text.strip(), mode="eval")
        return Expression(text, _read(parsed.body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ExpressionSyntaxError):
            raise
        raise ExpressionSyntaxError("運算式的寫法不正確。") from error


def number_of(value: Any) -> Any:
    """A value of the data as expressions see it: numbers and amounts exact, dates and times in seconds, the rest as it is."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return value.get("label")
    if isinstance(value, str):
        if _MONEY.fullmatch(value):
            return Decimal(value)
        seconds = _seconds(value)
        return value if seconds is None else seconds
    return value


def _read(node: ast.expr) -> dict[str, Any]:
    match node:
        case ast.Constant(value=bool() | str() | None as value):
            return {"value": value}
        case ast.Constant(value=int() | float() as value):
            number = Decimal(str(value))
            if not number.is_finite() or abs(number) > 10**15:
                raise ExpressionSyntaxError("運算式中的數字過大。")
            return {"value": number}
        case ast.Name(id=name) if name in _CONSTANTS:
            return {"value": _CONSTANTS[name]}
        case ast.Name() | ast.Attribute():
            return {"name": list(_dotted(node))}
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
            return {"op": _ARITHMETIC[type(operator)], "of": [_read(left), _read(right)]}
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return {"op": "-", "of": [{"value": Decimal(0)}, _read(operand)]}
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return {"op": "not", "of": [_read(operand)]}
        case ast.BoolOp(op=operator, values=values):
            return {"op": "and" if isinstance(operator, ast.And) else "or", "of": [_read(value) for value in values]}
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISON:
            return {"op": _COMPARISON[type(operator)], "of": [_read(left), _read(right)]}
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return {"op": "if", "of": [_read(test), _read(body), _read(otherwise)]}
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS and arguments:
            return {"op": name, "of": [_read(argument) for argument in arguments]}
    raise ExpressionSyntaxError("運算式只能使用四則運算、比較、and、or、not、if else 和 sum、count、min、max、round、abs。")


def _dotted(node: ast.expr) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        return (*_dotted(node.value), node.attr)
    raise ExpressionSyntaxError("運算式中的名稱寫法不正確。")


def _names(tree: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    if "name" in tree:
        yield tuple(tree["name"])
    for part in tree.get("of", ()):
        yield from _names(part)


def _bound(tree: Mapping[str, Any], lookup: Lookup) -> dict[str, Any]:
    if "name" in tree:
        if tree["name"][0] != "data":
            return {"name": list(tree["name"])}
        return {"value": _for_json(lookup(tuple(tree["name"])))}
    if "value" in tree:
        return {"value": _for_json(tree["value"])}
    return {"op": tree["op"], "of": [_bound(part, lookup) for part in tree["of"]]}


def _for_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_for_json(entry) for entry in value]
    if isinstance(value, Decimal):
        return float(value)
    return value if value is None or isinstance(value, bool | str) else None


def _evaluate(tree: Mapping[str, Any], lookup: Lookup) -> Any:
    if "value" in tree:
        return tree["value"]
    if "name" in tree:
        return lookup(tuple(tree["name"]))
    operator, parts = tree["op"], tree["of"]
    if operator == "if":
        return _evaluate(parts[1] if _true(_evaluate(parts[0], lookup)) else parts[2], lookup)
    if operator == "and":
        return all(_true(_evaluate(part, lookup)) for part in parts)
    if operator == "or":
        return any(_true(_evaluate(part, lookup)) for part in parts)
    values = [_evaluate(part, lookup) for part in parts]
    if operator == "not":
        return not _true(values[0])
    if operator in _OPERATORS:
        return _OPERATORS[operator](values[0], values[1])
    return _call(operator, values)


def _true(value: Any) -> bool:
    return bool(value)


def _amount(value: Any) -> Decimal:
    if value is None or value == "":
        return Decimal(0)
    if isinstance(value, bool) or not isinstance(value, Decimal):
        raise TypeError(value)
    return value


def _equal(left: Any, right: Any) -> bool:
    if left in (None, "") or right in (None, ""):
        return left in (None, "") and right in (None, "")
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def test(left: Any, right: Any) -> bool:
        if left in (None, "") or right in (None, "") or type(left) is not type(right):
            return False
        return compare(left, right)

    return test


def _divided(left: Any, right: Any) -> Decimal | None:
    divisor = _amount(right)
    return _amount(left) / divisor if divisor else None


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda left, right: _amount(left) + _amount(right),
    "-": lambda left, right: _amount(left) - _amount(right),
    "*": lambda left, right: _amount(left) * _amount(right),
    "/": _divided,
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "<": _ordered(lambda left, right: bool(left < right)),
    "<=": _ordered(lambda left, right: bool(left <= right)),
    ">": _ordered(lambda left, right: bool(left > right)),
    ">=": _ordered(lambda left, right: bool(left >= right)),
}


def _call(name: str, values: list[Any]) -> Any:
    if name == "round":
        places = int(values[1]) if len(values) > 1 else 0
        return _amount(values[0]).quantize(Decimal(1).scaleb(-min(max(places, 0), 10)), ROUND_HALF_UP)
    if name == "abs":
        return abs(_amount(values[0]))
    flat = [entry for value in values for entry in (value if isinstance(value, list) else [value])]
    filled = [entry for entry in flat if entry is not None and entry != ""]
    if name == "count":
        return Decimal(len(filled))
    if name == "sum":
        return sum((_amount(entry) for entry in filled), Decimal(0))
    return (min if name == "min" else max)(filled) if filled else None


def _seconds(text: str) -> Decimal | None:
    """A date, a time or a date and time as seconds; None for other text."""
    try:
        if len(text) == 10 and text[4] == text[7] == "-":
            return Decimal(date.fromisoformat(text).toordinal() * 86_400)
        if len(text) >= 19 and text[10] == "T":
            moment = datetime.fromisoformat(text)
            since = moment - datetime(1, 1, 1, tzinfo=moment.tzinfo)
            offset = moment.utcoffset()
            return Decimal(str(since.total_seconds() - (offset.total_seconds() if offset else 0))) + 86_400
        if 5 <= len(text) <= 8 and text[2] == ":":
            clock = time.fromisoformat(text)
            return Decimal(clock.hour * 3_600 + clock.minute * 60 + clock.second)
    except ValueError:
        pass
    return None
