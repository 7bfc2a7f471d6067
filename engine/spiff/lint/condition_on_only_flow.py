"""SpiffWorkflow ignores the condition of a flow that does not leave a gateway."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Conditions on flows out of anything but an exclusive or inclusive gateway."""
    for diagram in source.diagrams:
        for flow in diagram.flows:
            element = diagram.elements.get(flow.source)
            if flow.condition is not None and element is not None and element.kind not in ("exclusiveGateway", "inclusiveGateway"):
                yield flow.id, {**named(element), "id": flow.id}


RULE = Rule("condition-on-only-flow", "流程線「{id}」的條件不起作用：「{name}」只有這一條流出線。請改用排他閘道。", check)
