"""Nothing flows into a start or boundary event, out of an end event, or to something that is no flow node."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label


def check(source: Source) -> Iterator[Found]:
    """Flows that start or end where none may."""
    for diagram in source.diagrams:
        for flow in diagram.flows:
            for node_id, forbidden in ((flow.source, {"endEvent"}), (flow.target, {"startEvent", "boundaryEvent"})):
                node = source.nodes.get(node_id)
                if node is not None and (local_name(node) in forbidden or local_name(node) not in FLOW_NODE_KINDS):
                    yield flow.id, {"id": flow.id, "name": label(node)}


RULE = Rule("flow-at-wrong-end", "流程線「{id}」不能連接到「{name}」這一端。", check)
