"""Flow nodes and flows lie in a process or a sub-process; SpiffWorkflow runs them wherever they lie."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import CONTAINERS, FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Flow nodes and flows inside anything else."""
    for node in source.root.iter():
        parent = node.getparent()
        if (
            local_name(node) in FLOW_NODE_KINDS | {"sequenceFlow"}
            and parent is not None
            and local_name(parent) not in CONTAINERS | {"process"}
        ):
            yield owner_id(node), {"name": label(node), "parent": local_name(parent) or str(parent.tag)}


RULE = Rule("misplaced-element", "「{name}」不能放在「{parent}」之內。", check)
