"""A flow node without an id cannot be joined to anything, nor found again in saved state."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source, owner_id


def check(source: Source) -> Iterator[Found]:
    """Flow nodes and processes without an id."""
    for node in source.root.iter():
        if local_name(node) in FLOW_NODE_KINDS | {"process"} and not node.get("id"):
            yield owner_id(node), {"kind": local_name(node)}


RULE = Rule("missing-id", "有一個「{kind}」沒有 id，無法執行。", check)
