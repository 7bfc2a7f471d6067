"""Designers' expressions: what they may, what they see, and what happens to those that try more."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.errors import BudgetExceededError, DataNotStorableError, ExpressionError, GuichengError
from engine.settings import Settings
from engine.spiff.sandbox import Sandbox, SandboxSession, check_expression

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = Sandbox(replace(Settings(), sandbox_workers=1, sandbox_seconds=0.3))
    yield opened
    opened.close()


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[SandboxSession]:
    with sandbox.session(NOW, {"now": NOW.isoformat}) as opened:
        yield opened


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 1", 2),
        ('form["amount"] > 100 and form["kind"] == "urgent"', True),
        ("[row['n'] * 2 for row in rows if row['n'] > 1]", [4, 6]),
        ("{k: v for k, v in form.items() if k != 'kind'}", {"amount": 120}),
        ("max(row['n'] for row in rows)", 3),
        ("'x' in form", False),
        ("form.get('missing', 'none')", "none"),
        ("f'{form[\"kind\"]}!'", "urgent!"),
        ("now()", NOW.isoformat()),
        ("'{' + '}'", "{}"),
    ],
)
def test_what_an_expression_may(session: SandboxSession, expression: str, value: object) -> None:
    data = {"form": {"amount": 120, "kind": "urgent"}, "rows": [{"n": 1}, {"n": 2}, {"n": 3}]}
    assert session.evaluate(expression, data) == value


@pytest.mark.parametrize(
    "expression",
    [
        "().__class__.__mro__",
        "open('/etc/passwd').read()",
        "__import__('os').system('id')",
        "[0] * 10**10",
        "10**10**8",
        "'a' * 10**9",
        "[x for x in iter(int, 1)]",
        "(lambda f: f(f))(lambda f: f(f))",
        "1) or (2",
        "x := 1; y",
        "import os",
        "missing_name",
        "1 / 0",
        "",
    ],
)
def test_what_ends_in_an_error_and_nothing_else(session: SandboxSession, expression: str) -> None:
    with pytest.raises((ExpressionError, BudgetExceededError)):
        session.evaluate(expression, {})
    assert session.evaluate("1 + 1", {}) == 2


def test_a_name_of_an_earlier_expression_is_not_seen_by_a_later_one(session: SandboxSession) -> None:
    assert session.evaluate("secret", {"secret": 1}) == 1
    with pytest.raises(ExpressionError):
        session.evaluate("secret", {})


def test_a_script_binds_and_changes_data(session: SandboxSession) -> None:
    values = {"rows": [1, 2], "form": {"a": 1}, "kept": "k"}
    session.execute("def double(x):\n    return x * 2\ntotal = sum(double(row) for row in rows)\nrows.append(3)\nform['b'] = total", values)
    assert values == {"rows": [1, 2, 3], "form": {"a": 1, "b": 6}, "kept": "k", "total": 6}


def test_a_name_that_a_branch_left_unbound_is_simply_absent(session: SandboxSession) -> None:
    values: dict[str, object] = {"flag": False}
    session.execute("if flag:\n    extra = 1\nother = 2", values)
    assert values == {"flag": False, "other": 2}


@pytest.mark.parametrize("script", [
    "x = {1, 2}", "x = (1, 2)", "x = {1: 'a'}", "x = float('inf')", "x = b'raw'", "x = {'typename': 1}", "x = 2**70"])
def test_data_that_cannot_be_kept_is_refused_where_it_is_made(session: SandboxSession, script: str) -> None:
    with pytest.raises(DataNotStorableError):
        session.execute(script, {})


def test_the_sandbox_reads_our_clock(session: SandboxSession) -> None:
    values: dict[str, object] = {}
    session.execute("import datetime\nyear = datetime.datetime.now().year\nhour = datetime.datetime.now().hour", values)
    assert values == {"year": 2026, "hour": 9}


def test_a_time_limit_of_a_script(session: SandboxSession) -> None:
    with pytest.raises(BudgetExceededError):
        session.execute("while True:\n    pass", {})
    assert session.evaluate("1 + 1", {}) == 2


@pytest.mark.parametrize("text", ["", "a b", "if x: y", "x = 1", "yield x", "(" * 500])
def test_the_linter_refuses_what_is_no_expression(text: str) -> None:
    with pytest.raises(GuichengError):
        check_expression(text)
