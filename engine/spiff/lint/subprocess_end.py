"""SpiffWorkflow needs an end event in an embedded sub-process."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Sub-processes without one."""
    for diagram, element in source.elements():
        if element.kind in CONTAINERS and not any(inner.kind == "endEvent" for inner in diagram.children(element.id)):
            yield element.id, named(element)


RULE = Rule("subprocess-end", "子流程「{name}」沒有結束事件。", check)
