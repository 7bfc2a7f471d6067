"""A service task can call what the catalogue offers, nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Service tasks with an operator that is not there."""
    operators = source.package.operators
    for _, element in source.elements():
        if operators is not None and element.kind == "serviceTask" and element.operator and element.operator not in operators:
            yield element.id, {**named(element), "operator": element.operator}


RULE = Rule("unknown-operator", "服務任務「{name}」呼叫的「{operator}」不在服務目錄中。", check)
