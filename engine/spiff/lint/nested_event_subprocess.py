"""Messages and signals reach the event sub-processes of the outermost process only: farther inside they would never start."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, KnownProcess, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Event sub-processes inside sub-processes or in processes that are called; calls of processes that have one."""
    package = source.package
    called = {process_id for diagram in package.diagrams() for process_id in diagram.called}
    for key, known in package.known_processes.items():
        if key not in package.executable():
            called.update(known.called)
    for diagram, element in source.elements():
        if element.triggered_by_event and (element.parent_id is not None or diagram.process_id in called):
            yield element.id, named(element)
        if element.called is not None and element.called not in package.executable():
            known = package.known_processes.get(element.called, KnownProcess())
            if known.has_event_subprocess:
                yield element.id, named(element)


RULE = Rule("nested-event-subprocess", "「{name}」：事件子流程只能放在最上層流程，不能在子流程或被呼叫的流程之內。", check)
