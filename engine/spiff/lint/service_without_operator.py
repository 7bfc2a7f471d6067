"""A service task says which operator of the catalogue it calls; programs of other engines cannot run here."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Service tasks without an operator."""
    for _, element in source.elements():
        if element.kind == "serviceTask" and not element.operator:
            yield element.id, named(element)


RULE = Rule("service-without-operator", "服務任務「{name}」沒有指定要呼叫的服務（operator）。", check)
