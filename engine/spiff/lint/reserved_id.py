"""SpiffWorkflow keeps some names of its own beside the elements: an element of that name overwrites them."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source

_RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
_SUFFIXES = (".BoundaryEventSplit", ".BoundaryEventJoin", ".EndJoin", " [child]")


def check(source: Source) -> Iterator[Found]:
    """Processes and flow nodes with such an id."""
    for node_id, node in source.nodes.items():
        if local_name(node) in FLOW_NODE_KINDS | {"process"} and (node_id in _RESERVED or node_id.endswith(_SUFFIXES)):
            yield node_id, {"id": node_id}


RULE = Rule("reserved-id", "id「{id}」是引擎的保留字，請改用其他 id。", check)
