"""A decision that leads nowhere: SpiffWorkflow stops at it when an instance arrives."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Exclusive and inclusive gateways without a flow out."""
    for _, element in source.elements():
        if element.kind in ("exclusiveGateway", "inclusiveGateway") and not element.outgoing:
            yield element.id, named(element)


RULE = Rule("gateway-without-exit", "閘道「{name}」沒有流出線。", check)
