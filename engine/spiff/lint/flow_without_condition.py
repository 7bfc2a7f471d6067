"""Out of a decision every flow has a condition, but the default one and a single one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Flows out of exclusive and inclusive gateways without one."""
    for diagram, element in source.elements():
        if element.kind in ("exclusiveGateway", "inclusiveGateway") and len(element.outgoing) > 1:
            for flow in diagram.flows:
                if flow.source == element.id and flow.condition is None and not flow.is_default:
                    yield flow.id, {**named(element), "id": flow.id}


RULE = Rule("flow-without-condition", "閘道「{name}」的流出線「{id}」沒有條件，也不是預設流程線。", check)
