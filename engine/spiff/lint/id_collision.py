"""SpiffWorkflow names an embedded sub-process by its bare id: across all processes that run in one instance it must be unique."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.graph import reached
from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Embedded sub-processes that share an id with a process, or with a sub-process of another process, that may run beside them."""
    package = source.package
    calls = {process_id: list(known.called) for process_id, known in package.known_processes.items()}
    calls.update({diagram.process_id: list(diagram.called) for diagram in package.diagrams()})
    inner: dict[str, set[str]] = {process_id: set(known.subprocesses) for process_id, known in package.known_processes.items()}
    for diagram in package.diagrams():
        inner[diagram.process_id] = {element.id for element in diagram.elements.values() if element.kind in CONTAINERS}
    for diagram in source.diagrams:
        beside = _beside(calls, diagram.process_id)
        for element_id in sorted(inner[diagram.process_id]):
            others = [
                other
                for other in sorted(beside)
                if other == element_id or (other != diagram.process_id and element_id in inner.get(other, ()))
            ]
            if others:
                yield element_id, {"id": element_id, "other": others[0]}
        yield from _between_called(diagram.process_id, reached(calls, [diagram.process_id]) - {diagram.process_id}, inner)


def _between_called(process_id: str, called: set[str], inner: dict[str, set[str]]) -> Iterator[Found]:
    """Two processes that get along apart, but are brought together by this one."""
    owners: dict[str, str] = {}
    for other in sorted(called):
        for element_id in sorted(inner.get(other, ())):
            if element_id in owners:
                yield process_id, {"id": element_id, "other": owners[element_id]}
            owners[element_id] = other


def _beside(calls: dict[str, list[str]], process_id: str) -> set[str]:
    """Every process that may be part of an instance which this one is part of: what its callers, and they themselves, call."""
    tops = [top for top in calls if process_id in reached(calls, [top])]
    return {process_id, *reached(calls, [process_id, *tops])}


RULE = Rule("id-collision", "子流程的 id「{id}」與「{other}」重複，兩者一同執行時會混淆。", check)
