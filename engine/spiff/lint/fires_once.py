"""A non-interrupting boundary event fires each time in BPMN, once here; what comes later is told that nobody waits."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Non-interrupting boundary events for messages, signals and escalations."""
    for _, element in source.elements():
        if element.kind == "boundaryEvent" and not element.interrupting and element.event_kind in ("message", "signal", "escalation"):
            yield element.id, named(element)


RULE = Rule("fires-once", "非中斷邊界事件「{name}」在每次停留期間只會觸發一次。", check, severity="warning")
