"""SpiffWorkflow looks ahead along the flow, one frame of Python an element: a very long row ends in a RecursionError."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.graph import cycles, levels, longest, undecided
from engine.spiff.lint.rule import Found, Rule, Source

#: well below where Python gives up, for the request around it needs frames too
_LONGEST = 400


def check(source: Source) -> Iterator[Found]:
    """Levels on which more elements than that follow each other without a decision."""
    for diagram in source.diagrams:
        for parent_id in levels(diagram):
            graph = undecided(diagram, parent_id)
            # cycles have a rule of their own, and no longest path
            if next(cycles(graph), None) is None and longest(graph) > _LONGEST:
                yield parent_id or diagram.process_id, {"limit": _LONGEST}


RULE = Rule("long-row", "有超過 {limit} 個步驟連成一串而中間沒有任何排他閘道。請分成幾個子流程。", check)
