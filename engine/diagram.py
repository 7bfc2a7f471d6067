"""Reads a BPMN file into plain values: what the pages, the services and the linter need to know of a diagram.

It runs nothing and checks nothing: it expects a file that the linter has passed. The XML parser it uses is the one place that
decides how the project parses XML (no entities, no network, no huge trees).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"

#: kinds that hold flow nodes of their own
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
#: kinds of work that a person does
HUMAN_KINDS = frozenset({"userTask", "manualTask"})
TASK_KINDS = HUMAN_KINDS | {"task", "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"}
GATEWAY_KINDS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENT_KINDS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
#: every kind that a sequence flow can join
FLOW_NODE_KINDS = TASK_KINDS | GATEWAY_KINDS | EVENT_KINDS | CONTAINERS | {"callActivity"}

#: ids that modelers make up, e.g. `Activity_0x1y2z3`
GENERATED_ID = re.compile(r"^(sid-[0-9A-Fa-f-]{8,}|[A-Z][A-Za-z]+_[0-9][0-9a-z]{6}|_[0-9A-Fa-f]{8}-[0-9A-Fa-f-]+)$")

_TIMER_KINDS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
#: an event definition's element name, and the attribute that points to what it names
_EVENT_REFERENCES = {"message": "messageRef", "signal": "signalRef", "error": "errorRef", "escalation": "escalationRef"}


@dataclass(frozen=True, slots=True)
class EventDefinition:
    """What an event waits for or throws."""

    #: `message`, `signal`, `timer`, `conditional`, `error`, `escalation`, `terminate`, `cancel`, `compensate`, `link`
    kind: str
    #: name of the message, signal, error or escalation; None where it names none
    name: str | None = None
    #: `date`, `duration` or `cycle` of a timer
    timer: str | None = None
    #: timer expression or condition
    expression: str | None = None
    #: code of an error or an escalation
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane; its elements are worked by its role."""

    id: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: str | None = None
    #: taken when no other flow of its source is
    is_default: bool = False


@dataclass(frozen=True, slots=True)
class Element:
    """A flow node: a task, an event, a gateway, a sub-process or a call."""

    id: str
    #: BPMN local name, e.g. `userTask`
    kind: str
    name: str = ""
    #: role of the lane that it, or the sub-process around it, lies in
    role: str | None = None
    #: the embedded sub-process around it; None at the top
    parent_id: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    documentation: str = ""
    #: what the person who works on it is told
    instructions: str = ""
    events: tuple[EventDefinition, ...] = ()
    #: process id that a call activity calls
    called: str | None = None
    #: ids of the flows that come in and go out
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    #: the activity that a boundary event hangs on
    attached_to: str | None = None
    #: whether a boundary or start event ends what it interrupts
    interrupting: bool = True
    #: `parallel`, `sequential` or `loop`; None where it happens once
    repeated: str | None = None
    #: how often and over what, as the file has it
    repetition: str = ""
    #: decision of a business rule task, operator of a service task
    decision: str | None = None
    operator: str | None = None
    #: whether a sub-process starts by an event instead of by a flow
    triggered_by_event: bool = False

    @property
    def event_kind(self) -> str | None:
        """Kind of its first event definition; None for plain events and everything that isn't an event."""
        return self.events[0].kind if self.events else None

    @property
    def multi_instance(self) -> bool:
        """Whether it is done once for each of several items."""
        return self.repeated in ("parallel", "sequential")

    @property
    def is_human(self) -> bool:
        """Whether a person does it: it becomes a work item."""
        return self.kind in HUMAN_KINDS

    @property
    def form(self) -> str | None:
        """Form key."""
        return self._text("form")

    @property
    def record(self) -> str | None:
        """The printed record that it fills."""
        return self._text("record")

    @property
    def clauses(self) -> tuple[str, ...]:
        """Clauses of the manual that it carries out, e.g. `repair 5.1`."""
        return _listed(self.properties.get("clause"))

    @property
    def due(self) -> str | None:
        """ISO 8601 duration from the creation of the work item."""
        return self._text("due")

    @property
    def calendar(self) -> str:
        """Which time `due` and `warn` count: `always` or `working`."""
        return self._text("calendar") or "always"

    @property
    def warn(self) -> str | None:
        """ISO 8601 duration before `due` at which the person is warned."""
        return self._text("warn")

    @property
    def escalate_to(self) -> str | None:
        """Role that gets the item when it is overdue."""
        return self._text("escalate_to")

    @property
    def require(self) -> str | None:
        """Condition checked in the completing transaction."""
        return self._text("require")

    @property
    def require_message(self) -> str | None:
        """What the person is told when `require` does not hold."""
        return self._text("require_message")

    @property
    def candidate_roles(self) -> str | None:
        """Expression that gives a role id, where the lane isn't enough."""
        return self._text("candidate_roles")

    @property
    def assignee(self) -> str | None:
        """Expression that gives a user id, or null."""
        return self._text("assignee")

    @property
    def signers(self) -> str | None:
        """Expression that gives the signers of a signature chain: a list of `{"role", "step", "name"?}`."""
        return self._text("signers")

    @property
    def signature_rule(self) -> str:
        """When a chain is done: `all`, `first`, or how many of its signers have to approve."""
        return self._text("signature_rule") or "all"

    @property
    def signer_form(self) -> str | None:
        """Form of one signer of a chain; None for the built-in one."""
        return self._text("signer_form")

    @property
    def signature(self) -> tuple[str, ...]:
        """Form fields that must be signed."""
        return _listed(self.properties.get("signature"))

    @property
    def outside(self) -> str | None:
        """Which person without an account does it: `tenant`, `owner` or `contractor`."""
        return self._text("outside")

    @property
    def attended_by(self) -> str | None:
        """Role that sees an outside person's item at the desk or on the phone."""
        return self._text("attended_by")

    @property
    def hand_over(self) -> str | None:
        """`link`: the outside person is sent a one-time link as soon as the item opens."""
        return self._text("hand_over")

    @property
    def channel(self) -> str | None:
        """The way by which it is normally done, e.g. `phone`."""
        return self._text("channel")

    def _text(self, name: str) -> str | None:
        return self.properties.get(name, "").strip() or None


@dataclass(frozen=True, slots=True)
class Diagram:
    """One process of a file."""

    process_id: str
    name: str
    documentation: str
    is_executable: bool
    properties: Mapping[str, str]
    #: in the order of the file, those of embedded sub-processes included
    elements: Mapping[str, Element]
    lanes: tuple[Lane, ...]
    flows: tuple[Flow, ...]

    @property
    def title(self) -> str | None:
        """Template of an instance's title, e.g. `{registration.unit.label}`."""
        return self.properties.get("title", "").strip() or None

    @property
    def number(self) -> str | None:
        """Series of organisation.toml that numbers the instances."""
        return self.properties.get("number", "").strip() or None

    @property
    def start_roles(self) -> tuple[str, ...]:
        """Roles that may start it by hand."""
        return _listed(self.properties.get("start_roles"))

    @property
    def group(self) -> str | None:
        """Heading on the start page."""
        return self.properties.get("group", "").strip() or None

    @property
    def linked_to(self) -> tuple[str, ...]:
        """Processes beside whose instances it is started, as a case of its own."""
        return _listed(self.properties.get("linked_to"))

    @property
    def is_hidden(self) -> bool:
        """Whether the start page leaves it out: it is called, started by time, or from another case's page."""
        return self.properties.get("hidden_start", "").strip() == "true"

    @property
    def desk_key(self) -> str:
        """The key that chooses it on the front desk's screen; empty where it isn't taken there."""
        return self.properties.get("desk", "").strip().casefold()[:1]

    @property
    def start_elements(self) -> tuple[Element, ...]:
        """The process's own start events (not those of sub-processes)."""
        return tuple(element for element in self.elements.values() if element.kind == "startEvent" and element.parent_id is None)

    @property
    def start_by_hand(self) -> Element | None:
        """The start event without a trigger, where there is one: its form is the start form."""
        return next((element for element in self.start_elements if not element.events), None)

    @property
    def messages(self) -> tuple[str, ...]:
        """Names of the messages that it waits for, each once, in order."""
        waits = {"startEvent", "intermediateCatchEvent", "boundaryEvent", "receiveTask"}
        events = (event for element in self.elements.values() if element.kind in waits for event in element.events)
        return tuple(dict.fromkeys(event.name for event in events if event.kind == "message" and event.name))

    @property
    def called(self) -> tuple[str, ...]:
        """Ids of the processes that it calls, each once, in order."""
        return tuple(dict.fromkeys(element.called for element in self.elements.values() if element.called))

    @property
    def human_elements(self) -> tuple[Element, ...]:
        """Everything that becomes a work item."""
        return tuple(element for element in self.elements.values() if element.is_human)

    def children(self, parent_id: str | None) -> Iterator[Element]:
        """The elements directly in a sub-process, or (None) at the top."""
        return (element for element in self.elements.values() if element.parent_id == parent_id)


def parse_xml(xml: bytes, *, remove_comments: bool = True) -> etree._Element:
    """The root of an XML document. Entities stay unresolved, nothing is fetched; etree.XMLSyntaxError for anything malformed."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=remove_comments, remove_pis=remove_comments,
    )
    return etree.fromstring(xml, parser)


def read_diagram(xml: bytes) -> dict[str, Diagram]:
    """Every executable process of a BPMN file, by process id, in the order of the file."""
    return {diagram.process_id: diagram for diagram in read_processes(parse_xml(xml)) if diagram.is_executable}


def read_processes(root: etree._Element) -> Iterator[Diagram]:
    """Every process of a parsed BPMN file that has an id."""
    names = _Names(root)
    for process in root.iter(_tag("process")):
        if process.get("id"):
            yield _read_process(process, names)


def extension_properties(node: etree._Element) -> dict[str, str]:
    """The `spiffworkflow:properties` of a node, by name."""
    found = node.iterfind(f"{_tag('extensionElements')}/{{{SPIFF}}}properties/{{{SPIFF}}}property")
    return {entry.get("name", ""): entry.get("value", "") for entry in found if entry.get("name")}


def extension_text(node: etree._Element, name: str) -> str:
    """The text of one `spiffworkflow:` extension element; empty where there is none."""
    return (node.findtext(f"{_tag('extensionElements')}/{{{SPIFF}}}{name}") or "").strip()


def local_name(node: etree._Element) -> str:
    """The element's name without its namespace; empty for comments, and for elements outside BPMN."""
    tag = node.tag
    return tag.removeprefix(f"{{{BPMN}}}") if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


class _Names:
    """What messages, signals, errors, escalations and participants of a file are called, by id."""

    def __init__(self, root: etree._Element) -> None:
        self.names: dict[str, str] = {}
        self.codes: dict[str, str] = {}
        for kind in _EVENT_REFERENCES:
            for node in root.iterfind(_tag(kind)):
                self.names[node.get("id", "")] = node.get("name") or ""
                code = node.get(f"{kind}Code")
                if code:
                    self.codes[node.get("id", "")] = code
        self.participants = {node.get("processRef", ""): node.get("name", "") for node in root.iter(_tag("participant"))}


def _read_process(process: etree._Element, names: _Names) -> Diagram:
    lanes, lane_of = _read_lanes(process)
    nodes = [node for node in process.iter() if local_name(node) in FLOW_NODE_KINDS and node.get("id")]
    defaults = {node.get("default") for node in nodes if node.get("default")}
    flows = tuple(_read_flow(flow, defaults) for flow in process.iter(_tag("sequenceFlow")) if flow.get("id"))
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
        documentation=(process.findtext(_tag("documentation")) or "").strip(),
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
    for node in process.iter(_tag("lane")):
        lane_id, name = node.get("id", ""), node.get("name", "")
        # An id that a modeler made up says nothing, so the name a person gave is the better role.
        role = extension_properties(node).get("role", "").strip() or (name if GENERATED_ID.match(lane_id) else lane_id) or name or lane_id
        lanes.append(Lane(lane_id, name, role))
        for reference in node.iterfind(_tag("flowNodeRef")):
            lane_of[(reference.text or "").strip()] = role
    return tuple(lanes), lane_of


def _read_flow(node: etree._Element, defaults: set[str | None]) -> Flow:
    condition = (node.findtext(_tag("conditionExpression")) or "").strip()
    return Flow(
        id=node.get("id", ""), source=node.get("sourceRef", ""), target=node.get("targetRef", ""), name=node.get("name", ""),
        condition=condition or None, is_default=node.get("id") in defaults,
    )


def _read_element(
    node: etree._Element, names: _Names, *, role: str | None, parent_id: str | None, incoming: tuple[str, ...], outgoing: tuple[str, ...]
) -> Element:
    kind = local_name(node)
    operator = node.find(f"{_tag('extensionElements')}/{{{SPIFF}}}serviceTaskOperator")
    interrupts = node.get("cancelActivity") if kind == "boundaryEvent" else node.get("isInterrupting")
    return Element(
        id=node.get("id", ""),
        kind=kind,
        name=node.get("name", ""),
        role=role,
        parent_id=parent_id,
        properties=extension_properties(node),
        documentation=(node.findtext(_tag("documentation")) or "").strip(),
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
            yield EventDefinition("conditional", expression=(child.findtext(_tag("condition")) or "").strip())
        elif event == "link":
            yield EventDefinition("link", name=child.get("name"))
        else:
            reference = child.get(_EVENT_REFERENCES[event], "") if event in _EVENT_REFERENCES else ""
            # SpiffWorkflow takes the event's own name where it refers to no message or signal.
            name = names.names.get(reference) if reference else (node.get("name") if event in ("message", "signal") else None)
            yield EventDefinition(event, name=name or None, code=names.codes.get(reference))


def _repeated(node: etree._Element) -> str | None:
    multiple = node.find(_tag("multiInstanceLoopCharacteristics"))
    if multiple is not None:
        return "sequential" if multiple.get("isSequential", "") in ("true", "1") else "parallel"
    return "loop" if node.find(_tag("standardLoopCharacteristics")) is not None else None


def _repetition(node: etree._Element) -> str:
    found = (node.find(_tag(f"{kind}LoopCharacteristics")) for kind in ("multiInstance", "standard"))
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


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").replace("，", ",").split(",") if part.strip())


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
