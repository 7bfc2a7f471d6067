"""A sequence flow stays within its process and sub-process; SpiffWorkflow follows it out without a word."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Flows whose ends lie in different containers."""
    for diagram in source.diagrams:
        for flow in diagram.flows:
            ends = [source.nodes.get(flow.source), source.nodes.get(flow.target)]
            if all(end is not None and local_name(end) in FLOW_NODE_KINDS for end in ends) and len({_container(end) for end in ends}) > 1:
                yield flow.id, {"id": flow.id}


def _container(node: etree._Element | None) -> str | None:
    parent = node.getparent() if node is not None else None
    return parent.get("id") if parent is not None else None


RULE = Rule("flow-crosses-border", "流程線「{id}」跨越了子流程或流程的邊界。", check)
