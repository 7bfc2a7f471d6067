"""Small diagrams for tests, written shortly: `chain("s:start a:user e:end")` is three elements and two flows."""

from __future__ import annotations

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

KINDS = {
    "start": "startEvent", "end": "endEvent", "user": "userTask", "manual": "manualTask", "task": "task", "script": "scriptTask",
    "service": "serviceTask", "send": "sendTask", "receive": "receiveTask", "rule": "businessRuleTask", "call": "callActivity",
    "sub": "subProcess", "xor": "exclusiveGateway", "and": "parallelGateway", "or": "inclusiveGateway", "either": "eventBasedGateway",
    "catch": "intermediateCatchEvent", "throw": "intermediateThrowEvent", "boundary": "boundaryEvent",
}  # fmt: skip


def bpmn(body: str, *, before: str = "", process: str = 'id="p" isExecutable="true"') -> bytes:
    """A file with one process around the body; `before` goes in front of the process (messages, signals, collaborations)."""
    return definitions(f"{before}<process {process}>{body}</process>")


def process(process_id: str, *content: str) -> str:
    """One executable process, for files with several."""
    return f'<process id="{process_id}" isExecutable="true">{"".join(content)}</process>'


def definitions(content: str) -> bytes:
    """A file with whatever content."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
        f'targetNamespace="urn:test" id="definitions">{content}</definitions>'
    ).encode()


def chain(text: str) -> str:
    """Elements and the flows between them: `id:kind` makes one, a bare `id` stands for one that is made elsewhere."""
    ids = []
    made = []
    for word in text.split():
        element_id, _, kind = word.partition(":")
        ids.append(element_id)
        if kind:
            made.append(node(element_id, kind))
    return "".join(made) + "".join(flow(source, target) for source, target in pairwise(ids))


def node(element_id: str, kind: str, inner: str = "", **attributes: str) -> str:
    """One element."""
    name = KINDS.get(kind, kind)
    written = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items())
    return f'<{name} id="{element_id}"{written}>{inner}</{name}>'


def flow(source: str, target: str, condition: str | None = None, flow_id: str | None = None) -> str:
    """One sequence flow."""
    inner = "" if condition is None else f'<conditionExpression xsi:type="tFormalExpression">{escape(condition)}</conditionExpression>'
    return f'<sequenceFlow id="{flow_id or f"{source}_{target}"}" sourceRef="{source}" targetRef="{target}">{inner}</sequenceFlow>'


def script(element_id: str, code: str) -> str:
    """A script task."""
    return node(element_id, "script", f"<script>{escape(code)}</script>")


def timer(kind: str, text: str) -> str:
    """A timer's definition: kind `Duration`, `Date` or `Cycle`."""
    return f"<timerEventDefinition><time{kind}>{escape(text)}</time{kind}></timerEventDefinition>"


def message(reference: str) -> str:
    """A message event's definition."""
    return f'<messageEventDefinition messageRef="{reference}"/>'


def signal(reference: str) -> str:
    """A signal event's definition."""
    return f'<signalEventDefinition signalRef="{reference}"/>'


def error(reference: str) -> str:
    """An error event's definition."""
    return f'<errorEventDefinition errorRef="{reference}"/>'


def properties(**values: str) -> str:
    """Our own properties of an element."""
    entries = "".join(f"<spiffworkflow:property name={quoteattr(name)} value={quoteattr(value)}/>" for name, value in values.items())
    return f"<extensionElements><spiffworkflow:properties>{entries}</spiffworkflow:properties></extensionElements>"


def extension(name: str, text: str) -> str:
    """One `spiffworkflow:` extension element."""
    return f"<extensionElements><spiffworkflow:{name}>{escape(text)}</spiffworkflow:{name}></extensionElements>"


def operator(name: str, **parameters: str) -> str:
    """What a service task calls."""
    entries = "".join(f'<spiffworkflow:parameter id="{key}" type="str" value={quoteattr(value)}/>' for key, value in parameters.items())
    return (
        f'<extensionElements><spiffworkflow:serviceTaskOperator id="{name}"><spiffworkflow:parameters>{entries}</spiffworkflow:parameters>'
        "</spiffworkflow:serviceTaskOperator></extensionElements>"
    )
