"""An event sub-process starts by message or signal. By time it outlives its process; by anything else it runs as soon as that starts."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Event sub-processes that start by anything else."""
    for diagram, element in source.elements():
        if element.triggered_by_event:
            for inner in diagram.children(element.id):
                if inner.kind == "startEvent" and [event.kind for event in inner.events] not in (["message"], ["signal"]):
                    yield element.id, named(element)


RULE = Rule("event-subprocess-start", "事件子流程「{name}」的開始事件必須是訊息或訊號。", check)
