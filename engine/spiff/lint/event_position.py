"""Each place of an event allows certain kinds; SpiffWorkflow passes over the others without a word."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named

_ALLOWED = {
    "intermediateCatchEvent": {"message", "signal", "timer", "conditional"},
    "intermediateThrowEvent": {"message", "signal", "escalation"},
    "boundaryEvent": {"message", "signal", "timer", "conditional", "error", "escalation"},
    "endEvent": {"message", "signal", "error", "escalation", "terminate"},
}
#: these have rules of their own
_TOLD_ELSEWHERE = frozenset({"link", "compensate", "cancel"})


def check(source: Source) -> Iterator[Found]:
    """Events of a kind that is not carried out where it stands."""
    for _, element in source.elements():
        allowed = _ALLOWED.get(element.kind)
        for event in element.events if allowed is not None else ():
            if event.kind not in (allowed or ()) and event.kind not in _TOLD_ELSEWHERE:
                yield element.id, {**named(element), "kind": event.kind}


RULE = Rule("event-position", "「{name}」這個位置的事件不支援「{kind}」。", check)
