"""A boundary event hangs on an activity of the same level."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import EVENT_KINDS, GATEWAY_KINDS
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Boundary events on nothing, on a gateway or an event, or on something of another level."""
    for diagram, element in source.elements():
        if element.kind == "boundaryEvent":
            host = diagram.elements.get(element.attached_to or "")
            if host is None or host.kind in EVENT_KINDS | GATEWAY_KINDS or host.parent_id != element.parent_id or host.triggered_by_event:
                yield element.id, named(element)


RULE = Rule("boundary-host", "邊界事件「{name}」必須附在同一層的任務或子流程上。", check)
