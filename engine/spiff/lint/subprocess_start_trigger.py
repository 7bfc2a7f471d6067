"""The start event of a sub-process that is entered by a flow has no trigger: it would wait for one for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Triggered start events in sub-processes that are no event sub-processes."""
    for diagram, element in source.elements():
        if element.kind in CONTAINERS and not element.triggered_by_event:
            for inner in diagram.children(element.id):
                if inner.kind == "startEvent" and inner.events:
                    yield inner.id, named(element)


RULE = Rule("subprocess-start-trigger", "子流程「{name}」由流程線進入，其開始事件不能帶觸發條件。", check)
