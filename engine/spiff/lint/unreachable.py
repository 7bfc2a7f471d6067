"""What no token can reach is drawn for nothing; SpiffWorkflow takes it without a word."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.graph import followers, levels, reached
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Elements that cannot be reached from a start event of their level."""
    for diagram in source.diagrams:
        if not diagram.is_executable:
            continue
        for parent_id in levels(diagram):
            level = list(diagram.children(parent_id))
            starts = [element.id for element in level if element.kind == "startEvent" or element.triggered_by_event]
            found = reached(followers(diagram, parent_id), starts)
            if not starts:
                continue
            for element in level:
                if element.id not in found:
                    yield element.id, named(element)


RULE = Rule("unreachable", "「{name}」永遠不會執行到：沒有任何路徑由開始事件通往它。", check)
