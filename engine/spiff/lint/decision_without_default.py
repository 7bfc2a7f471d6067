"""Where no condition holds and there is no default flow, the instance stops with an incident."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Exclusive and inclusive gateways with several ways out and no default."""
    for diagram, element in source.elements():
        leaving = [flow for flow in diagram.flows if flow.source == element.id]
        if element.kind in ("exclusiveGateway", "inclusiveGateway") and len(leaving) > 1 and not any(flow.is_default for flow in leaving):
            yield element.id, named(element)


RULE = Rule("decision-without-default", "閘道「{name}」沒有預設流程線；所有條件都不成立時流程會停住。", check, severity="warning")
