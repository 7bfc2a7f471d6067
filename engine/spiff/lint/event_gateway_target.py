"""An event-based gateway waits for what follows it: only events and receive tasks can follow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Event-based gateways followed by anything else, or by fewer than two events."""
    for diagram, element in source.elements():
        if element.kind == "eventBasedGateway":
            targets = [diagram.elements.get(flow.target) for flow in diagram.flows if flow.source == element.id]
            if len(targets) < 2 or any(target is None or target.kind != "intermediateCatchEvent" for target in targets):
                yield element.id, named(element)


RULE = Rule("event-gateway-target", "事件閘道「{name}」之後只能接中間捕捉事件。", check)
