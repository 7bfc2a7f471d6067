"""Puts an imported diagram into the shape that the engine runs: what other modelers write legally but SpiffWorkflow reads wrongly.

Works on a parsed tree in place; the author's file is never touched. Every change is told as a warning. A diagram that is broken
passes through unharmed: saying so is the linter's work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Any

from lxml import etree

from engine.diagram import BPMN, CONTAINERS, FLOW_NODE_KINDS, TASK_KINDS, local_name
from engine.errors import Finding
from engine.spiff import drawing, vendors
from engine.spiff.timer_texts import looks_iso
from engine.spiff.translate import is_foreign, translate

_TIMER_TEXTS = ("timeDate", "timeDuration", "timeCycle")
#: elements whose text is an expression
_EXPRESSIONS = (*_TIMER_TEXTS, "conditionExpression", "condition", "loopCardinality", "loopCondition", "completionCondition")
#: kinds out of which SpiffWorkflow wants a single flow
_SINGLE_EXIT = TASK_KINDS | CONTAINERS | {"callActivity", "startEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"}


def normalise(root: etree._Element, form_keys: Collection[str] = ()) -> list[Finding]:
    """Change the tree so that it runs as it was meant; the findings say what was changed, and an empty list means nothing was.

    `form_keys` are the forms of the same deployment: a modeler's form key is taken over only where such a form is there.
    """
    findings: list[Finding] = []
    steps: tuple[Callable[[etree._Element], Iterator[Finding]], ...] = (
        _mark_executable,
        _name_flows,
        lambda tree: vendors.translate_vendor_settings(tree, form_keys),
        _note_generic_tasks,
        _translate_expressions,
        _quote_timers,
        _make_forks_explicit,
    )
    for step in steps:
        findings.extend(step(root))
    return findings


def _mark_executable(root: etree._Element) -> Iterator[Finding]:
    for process in root.iter(_tag("process")):
        given = process.get("isExecutable")
        if given is None and any(local_name(child) in FLOW_NODE_KINDS for child in process):
            process.set("isExecutable", "true")
            yield _changed("executable-assumed", process.get("id"), "流程沒有標明是否可執行（isExecutable），已視為可執行。")
        elif given is not None and given.strip() == "1":
            process.set("isExecutable", "true")


def _name_flows(root: etree._Element) -> Iterator[Finding]:
    taken = {node.get("id") for node in root.iter() if node.get("id")}
    for flow in root.iter(_tag("sequenceFlow")):
        if flow.get("id"):
            continue
        flow_id = _free(f"flow_{flow.get('sourceRef', '')}_{flow.get('targetRef', '')}", taken)
        flow.set("id", flow_id)
        yield _changed(
            "flow-without-id",
            flow.get("sourceRef"),
            "由「{source}」到「{target}」的流程線沒有 id，已補上「{flow}」。",
            source=flow.get("sourceRef", ""),
            target=flow.get("targetRef", ""),
            flow=flow_id,
        )


def _note_generic_tasks(root: etree._Element) -> Iterator[Finding]:
    for node in root.iter(_tag("task")):
        yield _changed(
            "generic-task",
            node.get("id"),
            "「{name}」沒有指定任務類型，執行時會直接通過。若應由人辦理，請改為使用者任務。",
            name=_name(node),
        )


def _translate_expressions(root: etree._Element) -> Iterator[Finding]:
    for node in root.iter(*map(_tag, _EXPRESSIONS)):
        text = (node.text or "").strip()
        if not text or not is_foreign(text):
            continue
        inner = text[2:-1].strip() if text.endswith("}") else text.removeprefix("=").strip()
        if local_name(node) in _TIMER_TEXTS and looks_iso(inner):
            result: str | None = f'"{inner}"'
        else:
            result = translate(text)
        if result is not None:
            node.text = result
            yield _changed(
                "expression-translated", _owner_id(node), "運算式「{before}」已譯為「{after}」。", before=text[:200], after=result
            )


def _quote_timers(root: etree._Element) -> Iterator[Finding]:
    for node in root.iter(*map(_tag, _TIMER_TEXTS)):
        text = (node.text or "").strip()
        if looks_iso(text):
            node.text = f'"{text}"'
            yield _changed("timer-quoted", _owner_id(node), "計時器「{text}」是 ISO 8601 寫法，已加上引號作為固定值。", text=text[:100])


def _make_forks_explicit(root: etree._Element) -> Iterator[Finding]:
    taken = {node.get("id") for node in root.iter() if node.get("id")}
    flows: dict[str, list[etree._Element]] = {}
    for flow in root.iter(_tag("sequenceFlow")):
        flows.setdefault(flow.get("sourceRef", ""), []).append(flow)
    for node in [node for node in root.iter() if local_name(node) in _SINGLE_EXIT and len(flows.get(node.get("id", ""), [])) > 1]:
        leaving = flows[node.get("id", "")]
        conditional = node.get("default") is not None or any(_condition(flow) is not None for flow in leaving)
        gateway_id = _insert_fork(node, leaving, taken, conditional=conditional)
        if conditional:
            yield _changed(
                "implicit-fork",
                node.get("id"),
                "「{name}」有多條帶條件的流出線，已在其後加上包容閘道「{gateway}」。",
                name=_name(node),
                gateway=gateway_id,
            )
        else:
            yield _changed(
                "implicit-fork",
                node.get("id"),
                "「{name}」有多條流出線，已在其後加上並行閘道「{gateway}」。",
                name=_name(node),
                gateway=gateway_id,
            )


def _insert_fork(node: etree._Element, leaving: list[etree._Element], taken: set[str | None], *, conditional: bool) -> str:
    node_id = node.get("id", "")
    gateway = etree.Element(_tag("inclusiveGateway" if conditional else "parallelGateway"))
    gateway.set("id", _free(f"fork_{node_id}", taken))
    gateway_id = gateway.get("id", "")
    flow = etree.Element(_tag("sequenceFlow"), id=_free(f"flow_{node_id}_{gateway_id}", taken), sourceRef=node_id, targetRef=gateway_id)
    for child in node.findall(_tag("outgoing")):
        node.remove(child)
    _insert_reference(node, "outgoing", flow.get("id", ""))
    etree.SubElement(gateway, _tag("incoming")).text = flow.get("id")
    for moved in leaving:
        moved.set("sourceRef", gateway_id)
        etree.SubElement(gateway, _tag("outgoing")).text = moved.get("id")
    if conditional:
        default = node.get("default")
        if default is not None:
            del node.attrib["default"]
            gateway.set("default", default)
        for moved in leaving:
            if _condition(moved) is None and moved.get("id") != default:
                etree.SubElement(moved, _tag("conditionExpression")).text = "True"
    node.addnext(flow)
    node.addnext(gateway)
    for reference in list(node.getroottree().getroot().iter(_tag("flowNodeRef"))):
        if (reference.text or "").strip() == node_id:
            copy = etree.Element(_tag("flowNodeRef"))
            copy.text = gateway_id
            reference.addnext(copy)
    drawing.draw_gateway_after(node, gateway_id, flow.get("id", ""))
    return gateway_id


def _insert_reference(node: etree._Element, kind: str, flow_id: str) -> None:
    reference = etree.Element(_tag(kind))
    reference.text = flow_id
    before = ("documentation", "extensionElements", "auditing", "monitoring", "categoryValueRef", "incoming")
    position = sum(1 for child in node if local_name(child) in before or not isinstance(child.tag, str))
    node.insert(position, reference)


def _condition(flow: etree._Element) -> str | None:
    return (flow.findtext(_tag("conditionExpression")) or "").strip() or None


def _owner_id(node: etree._Element) -> str | None:
    """The flow node or flow that an expression belongs to."""
    current: etree._Element | None = node
    while current is not None:
        if current.get("id") and (local_name(current) in FLOW_NODE_KINDS or local_name(current) == "sequenceFlow"):
            return current.get("id")
        current = current.getparent()
    return None


def _free(wanted: str, taken: set[str | None]) -> str:
    """An id that nothing has yet; the same for the same file."""
    wanted = re.sub(r"[^\w.-]", "_", wanted)
    candidate, number = wanted, 2
    while candidate in taken:
        candidate, number = f"{wanted}_{number}", number + 1
    taken.add(candidate)
    return candidate


def _name(node: etree._Element) -> str:
    return node.get("name") or node.get("id") or local_name(node)


def _changed(rule: str, element_id: str | None, sentence: str, **data: Any) -> Finding:
    return Finding(rule=rule, severity="warning", element_id=element_id or None, sentence=sentence, data=data)


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
