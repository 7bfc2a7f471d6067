"""A diagram as plain values: processes, their elements, lanes and flows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

#: kinds that hold flow nodes of their own
CONTAINERS = frozenset({"subProcess", "transaction", "adHocSubProcess"})
#: kinds of work that a person does
HUMAN_KINDS = frozenset({"userTask", "manualTask"})
TASK_KINDS = HUMAN_KINDS | {"task", "scriptTask", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"}
GATEWAY_KINDS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"})
EVENT_KINDS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"})
#: every kind that a sequence flow can join
FLOW_NODE_KINDS = TASK_KINDS | GATEWAY_KINDS | EVENT_KINDS | CONTAINERS | {"callActivity"}


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


def _listed(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").replace("，", ",").split(",") if part.strip())
