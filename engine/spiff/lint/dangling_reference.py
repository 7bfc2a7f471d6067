"""A reference to nothing, or to something else: SpiffWorkflow drops it, stops with an obscure message or hangs for ever."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.diagram import FLOW_NODE_KINDS, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id

_ANYTHING: frozenset[str] = frozenset()
#: attributes that point to an element of the same file → what they may point to
_ATTRIBUTES: dict[str, dict[str, frozenset[str]]] = {
    # flows that end at something else have a rule of their own
    "sequenceFlow": {"sourceRef": _ANYTHING, "targetRef": _ANYTHING},
    "messageFlow": {"sourceRef": _ANYTHING, "targetRef": _ANYTHING},
    "boundaryEvent": {"attachedToRef": FLOW_NODE_KINDS},
    "messageEventDefinition": {"messageRef": frozenset({"message"})},
    "signalEventDefinition": {"signalRef": frozenset({"signal"})},
    "errorEventDefinition": {"errorRef": frozenset({"error"})},
    "escalationEventDefinition": {"escalationRef": frozenset({"escalation"})},
    "receiveTask": {"messageRef": frozenset({"message"})},
    "sendTask": {"messageRef": frozenset({"message"})},
    "dataObjectReference": {"dataObjectRef": frozenset({"dataObject"})},
    "correlationPropertyRetrievalExpression": {"messageRef": frozenset({"message"})},
    "participant": {"processRef": frozenset({"process"})},
}
_TEXTS = {"flowNodeRef": FLOW_NODE_KINDS, "correlationPropertyRef": frozenset({"correlationProperty"})}


def check(source: Source) -> Iterator[Found]:
    """Each reference that finds no element of the right kind."""
    for node in source.root.iter():
        for target, kinds in _references(node):
            # a reference may be a qualified name; the prefix says nothing here
            found = source.nodes.get(target.rpartition(":")[2])
            fits = found is not None and (not kinds or local_name(found) in kinds)
            if found is not None and node.get("default") == target:
                fits = fits and found.get("sourceRef") == node.get("id")
            if not fits:
                yield owner_id(node), {"name": label(node), "target": target}


def _references(node: etree._Element) -> Iterator[tuple[str, frozenset[str]]]:
    kind = local_name(node)
    for name, kinds in _ATTRIBUTES.get(kind, {}).items():
        value = node.get(name)
        if value is not None:
            yield value, kinds
    if kind in FLOW_NODE_KINDS and node.get("default") is not None:
        yield node.get("default", ""), frozenset({"sequenceFlow"})
    if kind in _TEXTS:
        yield (node.text or "").strip(), _TEXTS[kind]


RULE = Rule("dangling-reference", "「{name}」所引用的「{target}」不存在。", check)
