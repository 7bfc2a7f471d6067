"""Reads a BPMN file into plain values. It runs nothing and checks nothing: it expects a file that the linter has passed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.diagram.model import FLOW_NODE_KINDS, Diagram, Element, EventDefinition, Flow, Lane
from engine.diagram.xml import SPIFF, extension_properties, extension_text, local_name, parse_xml, tag

#: ids that modelers make up, e.g. `Activity_0x1y2z3`
GENERATED_ID = re.compile(r"^(sid-[0-9A-Fa-f-]{8,}|[A-Z][A-Za-z]+_[0-9][0-9a-z]{6}|_[0-9A-Fa-f]{8}-[0-9A-Fa-f-]+)$")

_TIMER_KINDS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
#: an event definition's element name, and the attribute that points to what it names
_EVENT_REFERENCES = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


def read_diagram(xml: bytes) -> dict[str, Diagram]:
    """Every executable process of a BPMN file, by process id, in the order of the file."""
    return {diagram.process_id: diagram for diagram in read_processes(parse_xml(xml)) if diagram.is_executable}


def read_processes(root: etree._Element) -> Iterator[Diagram]:
    """Every process of a parsed BPMN file that has an id."""
    names = _Names(root)
    for process in root.iter(tag("process")):
        if process.get("id"):
            yield _read_process(process, names)


class _Names:
    """What messages, signals, errors, escalations and participants of a file are called, by id."""

    def __init__(self, root: etree._Element) -> None:
        self.names: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        for kind in _EVENT_REFERENCES:
            for node in root.iterfind(tag(kind)):
                self.names[node.get("id", "")] = node.get("name") or ""
                code = node.get(f"{kind}Code")
                if code:
                    self.codes[node.get("id", "")] = code
        self.participants = {node.get("processRef", ""): node.get("name", "") for node in root.iter(tag("participant"))}


def _read_process(process: etree._Element, names: _Names) -> Diagram:
    lanes, lane_of = _read_lanes(process)
    nodes = [node for node in process.iter() if local_name(node) in FLOW_NODE_KINDS and node.get("id")]
    defaults = {node.get("default") for node in nodes if node.get("default")}
    flows = tuple(_read_flow(flow, defaults) for flow in process.iter(tag("sequenceFlow")) if flow.get("id"))
    incoming: dict[str, list[str]] = {}
    outgoing: dict[str, list[str]] = {}
    for flow in flows:
        outgoing.setdefault(flow.source, []).append(flow.id)
        incoming.setdefault(flow.target, []).append(flow.id)
    elements: dict[str, Element] = {}
    for node in nodes:
        parent = node.getparent()
        parent_id = parent.get("id") if parent is not None and parent is not process else None
        inherited = elements[parent_id].role if parent_id in elements else None
        element_id = node.get("id", "")
        elements[element_id] = _read_element(
            node, names, role=lane_of.get(element_id) or inherited, parent_id=parent_id,
            incoming=tuple(incoming.get(element_id, ())), outgoing=tuple(outgoing.get(element_id, ())),
        )
    process_id = process.get("id", "")
    return Diagram(
        process_id=process_id,
        name=process.get("name") or names.participants.get(process_id) or process_id,
        documentation=(process.findtext(tag("documentation")) or "").strip(),
        is_executable=process.get("isExecutable", "").strip() in ("true", "1"),
        properties=extension_properties(process),
        elements=elements,
        lanes=lanes,
        flows=flows,
    )


def _read_lanes(process: etree._Element) -> tuple[tuple[Lane, ...], dict[str, str]]:
    lanes: list[Lane] = []
    lane_of: dict[str, str] = {}
    # Nested lanes come after the lane around them, so that the innermost names the role.
    for node in process.iter(tag("lane")):
        lane_id, name = node.get("id", ""), node.get("name", "")
        # An id that a modeler made up says nothing, so the name a person gave is the better role.
        role = extension_properties(node).get("role", "").strip() or (name if GENERATED_ID.match(lane_id) else lane_id) or name or lane_id
        lanes.append(Lane(lane_id, name, role))
        for reference in node.iterfind(tag("flowNodeRef")):
            lane_of[(reference.text or "").strip()] = role
    return tuple(lanes), lane_of


def _read_flow(node: etree._Element, defaults: set[str | None]) -> Flow:
    condition = (node.findtext(tag("conditionExpression")) or "").strip()
    return Flow(
        id=node.get("id", ""), source=node.get("sourceRef", ""), target=node.get("targetRef", ""), name=node.get("name", ""),
        condition=condition or None, is_default=node.get("id") in defaults,
    )


def _read_element(
    node: etree._Element, names: _Names, *, role: str | None, parent_id: str | None, incoming: tuple[str, ...], outgoing: tuple[str, ...]
) -> Element:
    kind = local_name(node)
    operator = node.find(f"{tag('extensionElements')}/{{{SPIFF}}}serviceTaskOperator")
    interrupts = node.get("cancelActivity") if kind == "boundaryEvent" else node.get("isInterrupting")
    return Element(
        id=node.get("id", ""),
        kind=kind,
        name=node.get("name", ""),
        role=role,
        parent_id=parent_id,
        properties=extension_properties(node),
        documentation=(node.findtext(tag("documentation")) or "").strip(),
        instructions=extension_text(node, "instructionsForEndUser"),
        events=tuple(_read_events(node, names)),
        called=(node.get("calledElement") or None) if kind == "callActivity" else None,
        incoming=incoming,
        outgoing=outgoing,
        attached_to=node.get("attachedToRef"),
        interrupting=(interrupts or "true").lower() in ("true", "1"),
        repeated=_repeated(node),
        repetition=_repetition(node),
        decision=extension_text(node, "calledDecisionId") or None,
        operator=operator.get("id") if operator is not None else None,
        triggered_by_event=node.get("triggeredByEvent", "") in ("true", "1"),
    )


def _read_events(node: etree._Element, names: _Names) -> Iterator[EventDefinition]:
    kind = local_name(node)
    if kind in ("receiveTask", "sendTask") and node.get("messageRef"):
        yield EventDefinition("message", name=names.names.get(node.get("messageRef", "")) or None)
    for child in node:
        definition = local_name(child)
        if not definition.endswith("EventDefinition"):
            continue
        event = definition.removesuffix("EventDefinition")
        if event == "timer":
            timer = next((inner for inner in child if local_name(inner) in _TIMER_KINDS), None)
            yield EventDefinition(
                "timer", timer=_TIMER_KINDS[local_name(timer)] if timer is not None else None,
                expression=(timer.text or "").strip() if timer is not None else None,
            )
        elif event == "conditional":
            yield EventDefinition("conditional", expression=(child.findtext(tag("condition")) or "").strip())
        elif event == "link":
            yield EventDefinition("link", name=child.get("name"))
        else:
            reference = child.get(_EVENT_REFERENCES[event], "") if event in _EVENT_REFERENCES else ""
            # SpiffWorkflow takes the event's own name where it refers to no message or signal.
            name = names.names.get(reference) if reference else (node.get("name") if event in ("message", "signal") else None)
            yield EventDefinition(event, name=name or None, code=names.codes.get(reference))


def _repeated(node: etree._Element) -> str | None:
    multiple = node.find(tag("multiInstanceLoopCharacteristics"))
    if multiple is not None:
        return "sequential" if multiple.get("isSequential", "") in ("true", "1") else "parallel"
    return "loop" if node.find(tag("standardLoopCharacteristics")) is not None else None


def _repetition(node: etree._Element) -> str:
    found = (node.find(tag(f"{kind}LoopCharacteristics")) for kind in ("multiInstance", "standard"))
    written = next((each for each in found if each is not None), None)
    return "" if written is None else " ".join(_plain_text(written))


def _plain_text(node: etree._Element) -> Iterator[str]:
    """What an element and those in it say, without ids and layout."""
    yield etree.QName(node).localname
    for name, value in sorted(node.attrib.items()):
        if name != "id":
            yield f"{etree.QName(name).localname}={value!s}"
    if (node.text or "").strip():
        yield repr((node.text or "").strip())
    for child in node:
        if isinstance(child.tag, str):
            yield from _plain_text(child)
