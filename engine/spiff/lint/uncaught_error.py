"""An error is caught at the border of the sub-process or call that it ends.

Uncaught, SpiffWorkflow goes on as if nothing had happened; caught farther out, what follows in between still runs first.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import Diagram, Element
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Error end events whose own sub-process has no boundary event for them; of a process: whose calls don't all have one."""
    for diagram, element in source.elements():
        if element.kind != "endEvent" or not diagram.is_executable:
            continue
        for event in element.events:
            if event.kind == "error" and not _caught(source, diagram, element, event.code):
                yield element.id, named(element)


def _caught(source: Source, diagram: Diagram, element: Element, code: str | None) -> bool:
    if element.parent_id is not None:
        return _catches(diagram, element.parent_id, code)
    callers = source.package.diagrams()
    calls = [(caller, call) for caller in callers for call in caller.elements.values() if call.called == diagram.process_id]
    return bool(calls) and all(_catches(caller, call.id, code) for caller, call in calls)


def _catches(diagram: Diagram, host_id: str, code: str | None) -> bool:
    return any(
        event.kind == "error" and event.code in (None, code)
        for element in diagram.elements.values()
        if element.attached_to == host_id
        for event in element.events
    )


RULE = Rule("uncaught-error", "錯誤結束事件「{name}」拋出的錯誤，沒有由其所在子流程（或呼叫）的邊界事件承接。", check)
