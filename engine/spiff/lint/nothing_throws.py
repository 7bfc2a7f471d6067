"""Only sub-processes and calls throw errors and escalations: on any other activity such a boundary event never fires."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Error and escalation boundary events on tasks."""
    for diagram, element in source.elements():
        host = diagram.elements.get(element.attached_to or "")
        if host is not None and element.event_kind in ("error", "escalation") and host.kind not in CONTAINERS | {"callActivity"}:
            yield element.id, {**named(element), "host": host.name or host.id}


RULE = Rule("nothing-throws", "邊界事件「{name}」永遠不會觸發：「{host}」不會拋出錯誤或升級，只有子流程與呼叫會。", check)
