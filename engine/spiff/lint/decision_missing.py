"""A business rule task names a decision of the same deployment."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Business rule tasks without a decision, or with one that is not there."""
    for _, element in source.elements():
        if element.kind == "businessRuleTask" and element.decision not in source.package.decisions:
            yield element.id, {**named(element), "decision": element.decision or "—"}


RULE = Rule("decision-missing", "業務規則任務「{name}」沒有指定決策表，或決策表「{decision}」不在部署中。", check)
