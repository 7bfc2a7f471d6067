"""A reference to nothing: SpiffWorkflow drops it, stops with an obscure message or hangs for ever."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id

#: attributes that point to an element of the same file
_ATTRIBUTES = {
    "sequenceFlow": ("sourceRef", "targetRef"),
    "boundaryEvent": ("attachedToRef",),
    "messageEventDefinition": ("messageRef",),
    "signalEventDefinition": ("signalRef",),
    "errorEventDefinition": ("errorRef",),
    "escalationEventDefinition": ("escalationRef",),
    "receiveTask": ("messageRef",),
    "sendTask": ("messageRef",),
    "dataObjectReference": ("dataObjectRef",),
    "correlationPropertyRetrievalExpression": ("messageRef",),
    "messageFlow": ("sourceRef", "targetRef"),
    "participant": ("processRef",),
}
_TEXTS = {"flowNodeRef", "correlationPropertyRef"}


def check(source: Source) -> Iterator[Found]:
    """Each reference that finds no element."""
    for node in source.root.iter():
        kind = local_name(node)
        names = (*_ATTRIBUTES.get(kind, ()), *(("default",) if kind in FLOW_NODE_KINDS else ()))
        targets = [node.get(name) for name in names if node.get(name) is not None]
        if kind in _TEXTS:
            targets.append((node.text or "").strip())
        for target in targets:
            # a reference may be a qualified name; the prefix says nothing here
            if target is not None and target.rpartition(":")[2] not in source.nodes:
                yield owner_id(node), {"name": label(node), "target": target}


RULE = Rule("dangling-reference", "「{name}」所引用的「{target}」不存在。", check)
