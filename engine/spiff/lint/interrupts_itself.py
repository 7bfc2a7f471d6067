"""A sub-process that throws what interrupts it: SpiffWorkflow runs on inside before it interrupts, so that what follows happens anyway."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.graph import ancestors
from engine.spiff.lint.rule import Found, Rule, Source, named

_KINDS = frozenset({"message", "signal", "escalation"})


def check(source: Source) -> Iterator[Found]:
    """Interrupting boundary events on a sub-process whose inside throws the same; of escalations every interrupting one."""
    for diagram, element in source.elements():
        host = diagram.elements.get(element.attached_to or "")
        if host is None or not element.interrupting or host.kind not in CONTAINERS | {"callActivity"}:
            continue
        thrown = {
            (event.kind, event.name)
            for inner in diagram.elements.values()
            if inner.kind in ("intermediateThrowEvent", "endEvent", "sendTask") and host in ancestors(diagram, inner)
            for event in inner.events
        }
        for event in element.events:
            if event.kind in _KINDS and (event.kind == "escalation" or (event.kind, event.name) in thrown):
                yield element.id, named(element)


RULE = Rule("interrupts-itself", "「{name}」會被其子流程自己拋出的事件中斷；請改用錯誤結束事件，或改為非中斷。", check)
