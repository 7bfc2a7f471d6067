"""A process that calls itself, directly or by way of others, never ends in SpiffWorkflow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.graph import reached
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Calls that lead back to their own process."""
    graph = {process_id: list(known.called) for process_id, known in source.package.known_processes.items()}
    graph.update({process_id: list(diagram.called) for process_id, diagram in source.package.executable().items()})
    for diagram, element in source.elements():
        if element.called and diagram.process_id in reached(graph, [element.called]):
            yield element.id, {**named(element), "called": element.called}


RULE = Rule("recursive-call", "「{name}」使流程「{called}」呼叫到自己。", check)
