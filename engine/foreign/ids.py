"""Gives names that can be read to what the other tool numbered by chance: ids live in saved state and in logs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.diagram import BPMN, FLOW_NODE_KINDS, GENERATED_ID, local_name
from engine.foreign.tree import free, tag, words

#: what SpiffWorkflow keeps for itself
_RESERVED = frozenset({"Start", "End", "Root", "StartEventSplit", "StartEventJoin"})
#: elements whose text is an id
_REFERENCES = frozenset({"incoming", "outgoing", "flowNodeRef", "sourceRef", "targetRef", "dataStateRef", "categoryValueRef",
                         "supportedInterfaceRef", "loopDataInputRef", "loopDataOutputRef", "dataInputRefs", "dataOutputRefs"})
_NOT_REFERENCES = frozenset({"id", "name"})
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: numbered by Spiff-Arena or by a model interface
_TAILED = re.compile(r"^(Process_\w*_[0-9a-z]{7}|[A-Za-z]+_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
#: `StartEvent_1`, `usertask3`: a kind and a count
_COUNTED = re.compile(r"^(?P<kind>[A-Za-z]+?)_?\d+$")
_KINDS = frozenset({
    "process", "task", "event", "gateway", "activity", "lane", "flow", "sequenceflow", "subprocess", "callactivity", "servicetask",
    "usertask", "scripttask", "manualtask", "startevent", "endevent", "boundaryevent", "exclusivegateway", "parallelgateway",
    "inclusivegateway", "intermediatecatchevent", "intermediatethrowevent", "participant", "collaboration", "theprocess",
})


def rename(root: etree._Element, procedure: str) -> dict[str, str]:
    """Old id → new one, carried out. `procedure`: becomes the id of the main process where that has a made-up one."""
    nodes = [node for node in root.iter() if local_name(node)]
    taken = {node.get("id", "") for node in nodes} - {""}
    new: dict[str, str] = {}
    for node in nodes:
        old = node.get("id", "")
        if not old and local_name(node) in ("process", "participant", "lane"):
            # nothing can name it, but it has to be drawn
            node.set("id", free(_wanted(node, procedure), taken))
            continue
        if local_name(node) != "sequenceFlow" and _is_made_up(old):
            taken.discard(old)
            new[old] = free(_wanted(node, procedure), taken)
    for flow in root.iter(tag("sequenceFlow")):
        old = flow.get("id", "")
        if old and _is_made_up(old):
            ends = (flow.get(end, "") for end in ("sourceRef", "targetRef"))
            new[old] = free("_to_".join(new.get(end, end) for end in ends), taken)
    if new:
        for node in root.iter():
            if isinstance(node.tag, str):
                _follow(node, new)
    return new


def _is_made_up(identity: str) -> bool:
    counted = _COUNTED.match(identity)
    if GENERATED_ID.match(identity) or _TAILED.match(identity) or identity in _RESERVED:
        return True
    return counted is not None and counted["kind"].lower() in _KINDS


def _wanted(node: etree._Element, procedure: str) -> str:
    kind = local_name(node)
    if kind == "process":
        return procedure
    said = words(node.get("name", ""))
    if kind in FLOW_NODE_KINDS or kind == "lane":
        return said or _snake(kind)
    return f"{said or procedure}_{_snake(kind)}"


def _snake(kind: str) -> str:
    return _HUMP.sub("_", kind).lower()


def _follow(node: etree._Element, new: dict[str, str]) -> None:
    for name, value in _plain_attributes(node):
        if value in new and (name not in _NOT_REFERENCES or (name == "id" and str(node.tag).startswith(f"{{{BPMN}}}"))):
            node.set(name, new[value])
        elif ":" in value and name.endswith(("Ref", "Element")) and value.rpartition(":")[2] in new:
            node.set(name, new[value.rpartition(":")[2]])
    if local_name(node) in _REFERENCES and (node.text or "").strip() in new:
        node.text = new[(node.text or "").strip()]


def _plain_attributes(node: etree._Element) -> Iterator[tuple[str, str]]:
    return ((str(name), str(value)) for name, value in list(node.attrib.items()) if not str(name).startswith("{"))
