"""SpiffWorkflow looks ahead along the flow until something decides; in a cycle without a decision it looks ahead for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.graph import cycles, levels, undecided
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """One finding a cycle that passes no exclusive, inclusive or event-based gateway and no boundary event."""
    for diagram in source.diagrams:
        for parent_id in levels(diagram):
            graph = undecided(diagram, parent_id)
            for cycle in cycles(graph):
                first = next(element_id for element_id in graph if element_id in cycle)
                yield first, named(diagram.elements[first])


RULE = Rule("cycle-without-decision", "「{name}」所在的迴圈沒有經過任何排他閘道。請在迴圈的匯合處加上排他閘道。", check)
