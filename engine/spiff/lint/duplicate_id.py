"""Two elements with one id: SpiffWorkflow takes whichever it finds last."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Each id once, however often it is repeated."""
    seen: set[str] = set()
    told: set[str] = set()
    for node in source.root.iter():
        node_id = node.get("id") if local_name(node) else None
        if node_id and node_id in seen and node_id not in told:
            told.add(node_id)
            yield node_id, {"id": node_id}
        seen.add(node_id or "")


RULE = Rule("duplicate-id", "id「{id}」在檔案中出現不只一次。", check)
