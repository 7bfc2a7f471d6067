"""What may come after a step, read from the diagram: the next work of people on every way that leads on."""

from __future__ import annotations

from dataclasses import dataclass

from engine.content import DefinitionContent
from engine.diagram import Element

_MOST = 4


@dataclass(frozen=True, slots=True)
class NextStep:
    """Somebody's next work, or the end."""

    #: source language; empty for the end of the case
    name: str
    role: str | None
    #: the process of a call, which has steps of its own
    called: str | None = None


def next_steps(held: DefinitionContent, element_id: str) -> tuple[NextStep, ...]:
    """The nearest works of people behind the element, in the order of its flows; none where there are too many to help."""
    targets = {flow.id: flow.target for flow in held.diagram.flows}
    elements = held.diagram.elements
    found: dict[str, NextStep] = {}
    seen = {element_id}
    waiting = _behind(elements.get(element_id), targets)
    while waiting:
        current = waiting.pop(0)
        if current in seen or current not in elements:
            continue
        seen.add(current)
        element = elements[current]
        if element.is_human or element.called:
            found[current] = NextStep(element.name, element.role, element.called)
        elif element.kind == "endEvent" and element.parent_id is None:
            found.setdefault("", NextStep("", None))
        else:
            inside = [each.id for each in held.diagram.children(current) if each.kind == "startEvent"]
            waiting.extend(inside or _behind(element, targets))
    return tuple(found.values()) if len(found) <= _MOST else ()


def _behind(element: Element | None, targets: dict[str, str]) -> list[str]:
    return [targets[flow] for flow in element.outgoing if flow in targets] if element is not None else []
