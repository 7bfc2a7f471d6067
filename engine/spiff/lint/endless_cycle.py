"""A cycle in which nobody waits and from which no decision leads out never ends."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import Diagram, Element
from engine.spiff.lint.graph import cycles, followers, levels
from engine.spiff.lint.rule import Found, Rule, Source, named

_WAITS = frozenset({"userTask", "manualTask", "receiveTask", "intermediateCatchEvent", "callActivity", "eventBasedGateway"})
_DECIDES = frozenset({"exclusiveGateway", "inclusiveGateway"})


def check(source: Source) -> Iterator[Found]:
    """One finding a cycle, at its first element."""
    for diagram in source.diagrams:
        for parent_id in levels(diagram):
            graph = followers(diagram, parent_id)
            for cycle in cycles(graph):
                members = [diagram.elements[element_id] for element_id in graph if element_id in cycle]
                waits = any(_waits(diagram, element) for element in members)
                decides = any(element.kind in _DECIDES and set(graph[element.id]) - cycle for element in members)
                if not waits and not decides:
                    yield members[0].id, named(members[0])


def _waits(diagram: Diagram, element: Element) -> bool:
    return element.kind in _WAITS or any(_waits(diagram, inner) for inner in diagram.children(element.id))


RULE = Rule("endless-cycle", "「{name}」所在的迴圈沒有任何等待或離開的條件，會無止境地執行。", check)
