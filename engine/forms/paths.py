"""Which paths into the instance's data a form uses, and which of them lead nowhere in the forms deployed with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.forms.conditions import Condition
from engine.forms.display import field_at
from engine.forms.expressions import Expression
from engine.forms.model import Form


def unknown_paths(form: Form, forms: Mapping[str, Form]) -> Iterator[str]:
    """Paths to fields that their form does not have. Forms that are not here are taken on trust: a called process reads its caller's."""
    for path in dict.fromkeys(_paths(form)):
        if path.partition(".")[0] in forms and "." in path and field_at(path, forms)[0] is None:
            yield path


def _paths(form: Form) -> Iterator[str]:
    yield from (shown.path for shown in form.shown)
    for field in form.fields:
        if field.prefill and not field.prefill.startswith("@"):
            yield field.prefill
        yield from _of_condition(field.show_if)
        for entry in (field, *field.columns):
            yield from _of_expression(entry.compute)
    for check in form.checks:
        yield from _of_expression(check.that)


def _of_condition(condition: Condition | None) -> Iterator[str]:
    if condition is not None:
        if condition.path:
            yield condition.path
        for part in condition.parts:
            yield from _of_condition(part)


def _of_expression(expression: Expression | None) -> Iterator[str]:
    if expression is not None:
        yield from (".".join(parts[1:]) for parts in sorted(expression.names()) if parts[0] == "data" and len(parts) > 1)
