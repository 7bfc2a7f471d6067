"""An error that no boundary event catches: SpiffWorkflow goes on as if nothing had happened."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import Diagram, Element
from engine.spiff.lint.graph import ancestors
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Error end events that nothing around them catches, nor any call of their process in this deployment."""
    for diagram, element in source.elements():
        if element.kind == "endEvent" and diagram.is_executable:
            for event in element.events:
                if event.kind == "error" and not _caught(source, diagram, element, event.code, frozenset()):
                    yield element.id, named(element)


def _caught(source: Source, diagram: Diagram, element: Element, code: str | None, seen: frozenset[str]) -> bool:
    if any(_catches(diagram, around, code) for around in ancestors(diagram, element)):
        return True
    if diagram.process_id in seen:
        return False
    calls = [
        (caller, call) for caller in source.package.diagrams() for call in caller.elements.values() if call.called == diagram.process_id
    ]
    seen = seen | {diagram.process_id}
    return bool(calls) and all(_catches(caller, call, code) or _caught(source, caller, call, code, seen) for caller, call in calls)


def _catches(diagram: Diagram, host: Element, code: str | None) -> bool:
    return any(
        event.kind == "error" and event.code in (None, code)
        for element in diagram.elements.values()
        if element.attached_to == host.id
        for event in element.events
    )


RULE = Rule("uncaught-error", "錯誤結束事件「{name}」拋出的錯誤沒有任何邊界事件承接。", check)
