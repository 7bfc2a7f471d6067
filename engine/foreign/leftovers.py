"""Takes out of a diagram whatever isn't BPMN or ours, and says so: nothing foreign is kept in silence."""

from __future__ import annotations

from lxml import etree

from engine.diagram import BPMN, SPIFF, extension_properties
from engine.foreign.notes import Notes
from engine.foreign.tree import SIGNAVIO, as_text, extensions, space_and_name, tag, taken_out
from engine.spiff.lint.unknown_property import ELEMENT_PROPERTIES, PROCESS_PROPERTIES

_DRAWN = frozenset({"http://www.omg.org/spec/BPMN/20100524/DI", "http://www.omg.org/spec/DD/20100524/DC",
                    "http://www.omg.org/spec/DD/20100524/DI"})
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
#: colours, and for which engine a modeler writes
_SAY_NOTHING = frozenset({_XSI, "http://bpmn.io/schema/bpmn/biocolor/1.0", "http://www.omg.org/spec/BPMN/non-normative/color/1.0",
                          "http://camunda.org/schema/modeler/1.0"})
#: settings that steer how the other engine keeps and schedules things
_TECHNICAL = frozenset({
    "asyncBefore", "asyncAfter", "async", "asyncLeave", "exclusive", "jobPriority", "taskPriority", "historyTimeToLive", "versionTag",
    "isStartableInTasklist", "failedJobRetryTimeCycle", "modelerTemplate", "modelerTemplateVersion", "modelerTemplateIcon",
    "processVersion", "processVersionTag", "initiator", "formFieldValidation",
    "skipExpression", "isForCompensation", "caseBinding", "calledElementBinding", "calledElementVersion", "decisionRefBinding",
    "decisionRefVersion", "formRefBinding", "formRefVersion", "calledElementType", "fallbackToDefaultTenant", "inheritVariables",
    "sameDeployment", "completeAsync", "processInstanceName", "inheritBusinessKey", "userTask", "stencilid", "stencilsuperid",
    "initiator-can-complete", "allows-initiator-to-complete", "editor-resource-id", "includeInHistory", "parallelInSameTransaction",
    "usePersistentGroups", "autoStoreVariables", "mapDecisionResult", "activiti-idm-initiator", "activiti-idm-assignee",
    "activiti-idm-candidate-group", "diagramRelationId", "eventCorrelationParameter", "externalTaskPriority", "incidentNotifyEmail",
})
#: Spiff's elements that mean the same here
_KEPT = frozenset({"properties", "instructionsForEndUser", "calledDecisionId", "messagePayload", "payloadExpression", "messageVariable",
                   "variableName", "processVariableCorrelation", "processVariableExpression", "messageId"})
_SCRIPTS = frozenset({"preScript", "postScript", "script", "unitTests"})
_ROOT = ("exporter", "exporterVersion", "typeLanguage", "expressionLanguage")


def clear(root: etree._Element, notes: Notes) -> None:
    """Leave BPMN, its drawing, and what of Spiff's elements is ours."""
    for name in _ROOT:
        root.attrib.pop(name, "")
    for node in [each for each in root.iter() if isinstance(each.tag, str)]:
        if node.getroottree().getroot() is not root:
            # inside something that was taken out
            continue
        _clear_attributes(node, notes)
        if space_and_name(node)[0] == BPMN:
            for child in extensions(node):
                _clear_extension(node, child, notes)
            _close_up(node)
    for node in [each for each in root.iter() if not isinstance(each.tag, str)]:
        if isinstance(node, etree._ProcessingInstruction):
            taken_out(node)


def _clear_attributes(node: etree._Element, notes: Notes) -> None:
    for full in list(node.attrib):
        name = etree.QName(str(full))
        if name.namespace is None or (name.namespace == _XSI and name.localname == "type"):
            continue
        value = str(node.attrib.pop(full))
        if name.namespace in _SAY_NOTHING:
            continue
        if name.localname in _TECHNICAL or space_and_name(node)[0] in _DRAWN:
            notes.dropped(node, f"{name.localname}={value}"[:200])
        else:
            notes.open("setting", node, "「{name}」的設定「{setting}」這裡沒有，已拿掉。",
                       original=value, setting=f"{name.localname}={value}"[:200])


def _clear_extension(node: etree._Element, child: etree._Element, notes: Notes) -> None:
    space, name = space_and_name(child)
    if space == SPIFF and name in _KEPT:
        if name == "properties":
            _clear_properties(node, child, notes)
        elif name == "instructionsForEndUser" and any(mark in (child.text or "") for mark in ("{{", "{%")):
            notes.open(
                "instructions", node,
                "「{name}」的說明含有範本語法，這裡會原樣顯示。請改為純文字。",
                original=(child.text or "").strip())
        return
    taken_out(child)
    if space == SPIFF and name in _SCRIPTS:
        notes.open("script", node, "「{name}」是腳本（{language}），這裡不會執行，已拿掉。請以這裡的寫法重寫，或改為由人辦理。",
                   original=as_text(child), language=name)
    elif space == SPIFF and name == "serviceTaskOperator":
        notes.open(
            "program", node,
            "「{name}」呼叫原系統的程式，這裡不會執行，已拿掉。請選擇這裡的服務，或改為由人辦理。",
            original=as_text(child))
    elif name in _TECHNICAL or space == SIGNAVIO:
        notes.dropped(node, as_text(child)[:200])
    else:
        notes.open("setting", node, "「{name}」的設定「{setting}」這裡沒有，已拿掉。", original=as_text(child), setting=name)


def _clear_properties(node: etree._Element, holder: etree._Element, notes: Notes) -> None:
    for name, value in extension_properties(node).items():
        if name in ELEMENT_PROPERTIES | PROCESS_PROPERTIES | {"role"}:
            continue
        for entry in [each for each in holder if each.get("name") == name]:
            holder.remove(entry)
        notes.open("setting", node, "「{name}」的設定「{setting}」這裡沒有，已拿掉。", original=value, setting=f"{name}={value}"[:200])
    if not len(holder):
        taken_out(holder)


def _close_up(node: etree._Element) -> None:
    found = node.find(tag("extensionElements"))
    if found is not None and not any(isinstance(child.tag, str) for child in found):
        node.remove(found)
