"""Everything that a diagram's file says of each element, as flat text: what is drawn and what is not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine.diagram import BPMN, FLOW_NODE_KINDS, SPIFF, extension_properties, local_name, parse_xml

#: elements that are told by themselves, not as part of what holds them
_OWN = FLOW_NODE_KINDS | {
    "sequenceFlow", "messageFlow", "process", "participant", "lane", "message", "signal", "error", "escalation", "textAnnotation",
    "association", "dataObject", "dataObjectReference", "dataStoreReference", "group", "category",
}
#: said by the flows and lanes themselves, or only a frame
_SKIPPED = frozenset({"incoming", "outgoing", "laneSet", "flowNodeRef", "collaboration", "childLaneSet"})
_DI, _DC, _DD = (f"http://www.omg.org/spec/{name}" for name in ("BPMN/20100524/DI", "DD/20100524/DC", "DD/20100524/DI"))
#: attributes that point to something with a name of its own
_POINTERS = frozenset({"messageRef", "signalRef", "errorRef", "escalationRef"})
_TIMERS = ("timeDate", "timeDuration", "timeCycle")


@dataclass(slots=True)
class Held:
    """One element of a file."""

    process_key: str
    element_id: str
    kind: str
    name: str
    #: property → text
    facts: dict[str, str] = field(default_factory=dict)
    #: where and how it is drawn
    drawn: str = ""
    joins: tuple[str, str] | None = None


def read(xml: bytes) -> dict[tuple[str, str], Held]:
    """By process and element id, in the order of the file; etree.XMLSyntaxError for what is no XML."""
    root = parse_xml(xml)
    names = {node.get("id", ""): node.get("name", "") for node in root.iterfind(f"{{{BPMN}}}*") if node.get("id")}
    lanes = {
        (reference.text or "").strip(): lane.get("name") or lane.get("id") or ""
        for lane in root.iter(f"{{{BPMN}}}lane") for reference in lane.iterfind(f"{{{BPMN}}}flowNodeRef")
    }
    drawn = _drawn(root)
    found: dict[tuple[str, str], Held] = {}
    for node in root.iter(f"{{{BPMN}}}*"):
        kind, element_id = local_name(node), node.get("id")
        if kind not in _OWN or not element_id:
            continue
        key = element_id if kind == "process" else _process_of(node)
        facts = dict(_facts(node, names))
        if kind == "process":
            facts.pop("isClosed", None)
        if element_id in lanes and kind in FLOW_NODE_KINDS:
            facts["lane"] = lanes[element_id]
        parent = node.getparent()
        if parent is not None and local_name(parent).endswith("ubProcess"):
            facts["inside"] = parent.get("id", "")
        joins = (node.get("sourceRef", ""), node.get("targetRef", "")) if kind in ("sequenceFlow", "messageFlow", "association") else None
        found[key, element_id] = Held(key, element_id, kind, node.get("name", ""), facts, drawn.get(element_id, ""), joins)
    return found


def _process_of(node: etree._Element) -> str:
    above = next((each for each in node.iterancestors() if local_name(each) == "process"), None)
    return "" if above is None else above.get("id", "")


def _facts(node: etree._Element, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in node.attrib.items():
        plain = etree.QName(name).localname
        if plain != "id":
            yield plain, _pointed(plain, str(value), names)
    for child in node:
        kind = local_name(child)
        if kind == "extensionElements":
            yield from ((f"property:{name}", value) for name, value in extension_properties(node).items())
            yield from _extensions(child)
        elif kind in ("documentation", "script"):
            if (child.text or "").strip():
                yield kind, (child.text or "").strip()
        elif kind == "conditionExpression":
            yield "condition", (child.text or "").strip()
        elif kind.endswith("LoopCharacteristics"):
            yield "repeated", " ".join([kind.removesuffix("LoopCharacteristics"), *_texts(child)])
        elif kind.endswith("EventDefinition"):
            yield from _event(kind.removesuffix("EventDefinition"), child, names)
        elif kind and kind not in _OWN and kind not in _SKIPPED:
            yield kind, " ".join(_texts(child))


def _extensions(node: etree._Element) -> Iterator[tuple[str, str]]:
    for child in node:
        if not isinstance(child.tag, str) or child.tag == f"{{{SPIFF}}}properties":
            continue
        yield f"extension:{etree.QName(child).localname}", " ".join([
            child.get("id") or "", (child.text or "").strip(), *_texts(child)]).strip()


def _event(kind: str, node: etree._Element, names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    said = [_pointed(etree.QName(name).localname, str(value), names) for name, value in sorted(node.attrib.items()) if name != "id"]
    timer = next((child for child in node if local_name(child) in _TIMERS), None)
    if timer is not None:
        said.append((timer.text or "").strip())
    elif kind == "conditional":
        said.extend(_texts(node))
    yield f"event:{kind}", " ".join(each for each in said if each) or "—"


def _pointed(attribute: str, value: str, names: Mapping[str, str]) -> str:
    return names.get(value) or value if attribute in _POINTERS else value


def _texts(node: etree._Element) -> Iterator[str]:
    """What a node and those in it say: attributes but ids, and texts."""
    for name, value in sorted(node.attrib.items()):
        plain = etree.QName(name).localname
        if plain not in ("id", "type"):
            yield f"{plain}={value!s}"
    for child in node:
        if isinstance(child.tag, str):
            if (child.text or "").strip():
                yield f"{etree.QName(child).localname}: {(child.text or '').strip()}"
            yield from _texts(child)


def _drawn(root: etree._Element) -> dict[str, str]:
    """Bounds or way points, label and colours of everything drawn, as text."""
    found: dict[str, str] = {}
    for kind in ("BPMNShape", "BPMNEdge"):
        for shape in root.iter(f"{{{_DI}}}{kind}"):
            said = [f"{etree.QName(name).localname}={value!s}" for name, value in sorted(shape.attrib.items())
                    if etree.QName(name).localname not in ("id", "bpmnElement")]
            for node in shape.iter(f"{{{_DC}}}Bounds", f"{{{_DD}}}waypoint"):
                said.append(",".join(f"{float(node.get(name, '0')):g}" for name in ("x", "y", "width", "height") if node.get(name)))
            found[(shape.get("bpmnElement") or "").rpartition(":")[2]] = " ".join(said)
    return found
