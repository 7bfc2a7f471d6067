"""SpiffWorkflow names an embedded sub-process by its bare id: across all processes that run together it must be unique."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS
from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Embedded sub-processes that share an id with a process, or with a sub-process of another process."""
    package = source.package
    owners: dict[str, str] = {process_id: process_id for process_id in package.known_processes}
    for process_id, known in package.known_processes.items():
        if process_id not in package.executable():
            owners.update(dict.fromkeys(known.subprocesses, process_id))
    for diagram in package.diagrams():
        owners[diagram.process_id] = diagram.process_id
        own_file = diagram in source.diagrams
        for element in diagram.elements.values():
            if element.kind not in CONTAINERS:
                continue
            other = owners.get(element.id)
            if own_file and other is not None and (other == element.id or other != diagram.process_id):
                yield element.id, {"id": element.id, "other": other}
            owners.setdefault(element.id, diagram.process_id)


RULE = Rule("id-collision", "子流程的 id「{id}」與「{other}」重複，兩者一同執行時會混淆。", check)
