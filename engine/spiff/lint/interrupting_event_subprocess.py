"""An interrupting event sub-process does not interrupt; a sub-process with an interrupting boundary event does."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Event sub-processes whose start event interrupts, which is BPMN's default."""
    for diagram, element in source.elements():
        if element.triggered_by_event and any(inner.kind == "startEvent" and inner.interrupting for inner in diagram.children(element.id)):
            yield element.id, named(element)


RULE = Rule(
    "interrupting-event-subprocess", "事件子流程「{name}」設為中斷，引擎不會中斷原流程。請改為非中斷，或改用附有邊界事件的子流程。", check
)
