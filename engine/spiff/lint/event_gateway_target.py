"""An event-based gateway waits for what follows it: only catch events and receive tasks, at least two, can follow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import Element
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Event-based gateways followed by anything else (a receive task with boundary events included), or by fewer than two."""
    for diagram, element in source.elements():
        if element.kind != "eventBasedGateway":
            continue
        hosts = {other.attached_to for other in diagram.elements.values() if other.attached_to}
        targets = [diagram.elements.get(flow.target) for flow in diagram.flows if flow.source == element.id]
        if len(targets) < 2 or not all(_can_follow(target, hosts) for target in targets):
            yield element.id, named(element)


def _can_follow(target: Element | None, hosts: set[str]) -> bool:
    if target is None or target.kind not in ("intermediateCatchEvent", "receiveTask"):
        return False
    return target.id not in hosts and target.repeated is None


RULE = Rule("event-gateway-target", "事件閘道「{name}」之後只能接至少兩個捕捉事件或接收任務。", check)
