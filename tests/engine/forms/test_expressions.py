"""Expressions: exact arithmetic, nothing executed, and never an error for odd data."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.forms.expressions import ExpressionSyntaxError, number_of, read_expression

DATA: dict[tuple[str, ...], Any] = {
    ("labour",): Decimal("100.10"),
    ("free",): False,
    ("empty",): None,
    ("text",): "abc",
    ("materials", "amount"): [Decimal("0.10"), None, Decimal("0.20")],
    ("data", "a"): Decimal(7),
    ("dates",): [],
}


def value(text: str) -> Any:
    return read_expression(text).evaluate(DATA.get)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("labour + sum(materials.amount)", Decimal("100.40")),
        ("labour / 0", None),
        ("-labour", Decimal("-100.10")),
        ("empty + 1", Decimal(1)),
        ("text + 1", None),
        ("0 if free else labour", Decimal("100.10")),
        ("not free", True),
        ("free and labour", False),
        ("free or labour", True),
        ("empty == ''", True),
        ("empty < 1", False),
        ("labour > 100", True),
        ("text < 3", False),
        ("text == 'abc'", True),
        ("count(materials.amount)", Decimal(2)),
        ("min(materials.amount)", Decimal("0.10")),
        ("max(3, 5, labour)", Decimal("100.10")),
        ("max(dates)", None),
        ("round(2.345, 2)", Decimal("2.35")),
        ("round(2.5)", Decimal(3)),
        ("round(-2.5)", Decimal(-3)),
        ("abs(0 - 4)", Decimal(4)),
        ("data.a * 2", Decimal(14)),
        ("true == free", False),
        ("nobody", None),
        ("sum(dates)", Decimal(0)),
        ("0.1 + 0.2 == 0.3", True),
        ("labour != labour", False),
        ("'x' if empty else 'y'", "y"),
        ("text", "abc"),
        ("true", True),
        ("1 == true", False),
    ],
)
def test_expressions_say_what_they_look_like(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "1 +",
        "import os",
        "__import__('os')",
        "a.b()",
        "[1]",
        "{}",
        "lambda: 1",
        "a[0]",
        "f'{a}'",
        "1 < 2 < 3",
        "2 ** 9",
        "a := 1",
        "sum()",
        "open('x')",
        "x" * 501,
        "1; 2",
        "b'x'",
        "1j",
        "...",
        "1e99",
        "(" * 200,
        "a if b",
        "9" * 400,
        "sum(x=1)",
        "a @ b",
        "a // b",
        "a % b",
        "~a",
        "'\\x41'",
        3,
        None,
        ["a"],
    ],
)
def test_what_is_no_expression_of_ours_is_refused(text: Any) -> None:
    with pytest.raises(ExpressionSyntaxError):
        read_expression(text)


@given(st.text(alphabet="ab1.+-*/()<>=!'\" ifelsenotandsum,", max_size=60))
def test_any_text_is_read_or_refused_and_what_is_read_evaluates(text: str) -> None:
    try:
        expression = read_expression(text)
    except ExpressionSyntaxError:
        return
    for odd in (None, "", "x", True, Decimal("1e14"), [Decimal(1), "x"], Decimal(0)):
        expression.evaluate(lambda _parts, odd=odd: odd)  # type: ignore[misc]


def test_dates_and_times_compare_in_time() -> None:
    assert number_of("2026-11-23T09:00:00+08:00") == number_of("2026-11-23T01:00:00+00:00")
    assert number_of("2026-11-24") - number_of("2026-11-23") == 86_400
    assert number_of("2026-11-23T00:00:00+00:00") == number_of("2026-11-23")
    assert number_of("09:30") == 34_200
    assert number_of("25:99") == "25:99"
    assert number_of({"id": 1, "label": "A-1203"}) == "A-1203"


def test_the_tree_for_the_browser_holds_the_cases_values_and_no_others() -> None:
    tree = read_expression("data.price * quantity + 1.5").for_browser(lambda parts: Decimal("2.50") if parts == ("data", "price") else None)
    assert tree == {"op": "+", "of": [{"op": "*", "of": [{"value": 2.5}, {"name": ["quantity"]}]}, {"value": 1.5}]}
