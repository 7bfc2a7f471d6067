"""SpiffWorkflow needs exactly one start event in an embedded sub-process, and it must be a plain one."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Sub-processes with none or several."""
    for diagram, element in source.elements():
        if element.kind in CONTAINERS and sum(inner.kind == "startEvent" for inner in diagram.children(element.id)) != 1:
            yield element.id, named(element)


RULE = Rule("subprocess-start", "子流程「{name}」必須有且只有一個開始事件。", check)
