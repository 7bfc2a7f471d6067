"""Reads what Camunda 7, Camunda 8 (Zeebe), Flowable and Activiti write into a diagram beside BPMN.

What has a plain counterpart of ours is taken over; all the rest is left where it is, ignored, and named in a warning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lxml import etree

from engine.diagram import BPMN, SPIFF, local_name
from engine.errors import Finding
from engine.spiff.timer_texts import looks_iso
from engine.spiff.translate import is_foreign, translate

_ZEEBE = "http://camunda.org/schema/zeebe/1.0"
_SEVEN = ("http://camunda.org/schema/1.0/bpmn", "http://flowable.org/bpmn", "http://activiti.org/bpmn")
_VENDORS = (*_SEVEN, _ZEEBE, "http://camunda.org/schema/modeler/1.0")
#: names that tell nothing of how the process runs
_HARMLESS = frozenset(
    {
        "executionPlatform",
        "executionPlatformVersion",
        "historyTimeToLive",
        "modelerTemplate",
        "modelerTemplateIcon",
        "userTask",
        "versionTag",
    }
)
_PLAIN_KEY = re.compile(r"^[\w][\w.-]*$")
_PLAIN_ROLE = re.compile(r"^[\w-]+$")


def translate_vendor_settings(root: etree._Element, form_keys: Collection[str]) -> Iterator[Finding]:
    """Take over what is simple and name the rest. Elements outside BPMN (the drawing) are left out."""
    for node in [node for node in root.iter() if local_name(node)]:
        settings = _settings(node)
        if not settings:
            continue
        used: set[str] = set()
        for translator in (_roles, _assignee, _form, _due, _decision, _called, _collection):
            for ours, value, names in translator(node, settings, form_keys):
                used.update(names)
                yield Finding(
                    "vendor-translated",
                    "warning",
                    _owner(node),
                    "其他設計工具的設定「{name}」已轉為「{ours}」：{value}。",
                    {"name": "、".join(sorted(names)), "ours": ours, "value": value},
                )
        ignored = sorted(set(settings) - used - _HARMLESS)
        if ignored:
            yield Finding(
                "vendor-ignored",
                "warning",
                _owner(node),
                "其他設計工具的設定「{names}」在此不起作用，已略過。",
                {"names": "、".join(ignored[:12])},
            )


#: what a translator did: our name for it, the value, and the vendor's names that it used up
_Done = tuple[str, str, set[str]]


def _settings(node: etree._Element) -> dict[str, str]:
    """Vendor attributes of the node and of its vendor extension elements, by local name."""
    found = {
        etree.QName(str(name)).localname: str(value) for name, value in node.attrib.items() if etree.QName(str(name)).namespace in _VENDORS
    }
    extensions = node.find(_tag("extensionElements"))
    for child in extensions if extensions is not None else ():
        if not isinstance(child.tag, str) or etree.QName(child).namespace not in _VENDORS:
            continue
        name = etree.QName(child).localname
        if etree.QName(child).namespace == _ZEEBE and child.attrib:
            found.update({f"{name}.{attribute!s}": str(value) for attribute, value in child.attrib.items()})
        else:
            found.setdefault(name, (child.text or "").strip())
    return found


def _roles(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    for name in ("candidateGroups", "assignmentDefinition.candidateGroups"):
        text = settings.get(name, "").strip()
        if not text or local_name(node) != "userTask":
            continue
        # an item lies in one role's list: of several groups none is chosen for the author
        plain = f'"{text}"' if _PLAIN_ROLE.match(text) else None
        expression = translate(text) if is_foreign(text) else plain
        if expression and _set_property(node, "candidate_roles", expression):
            yield "candidate_roles", expression, {name}


def _assignee(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    for name in ("assignee", "assignmentDefinition.assignee"):
        # A fixed name is a user of the other system; only an expression over the data can mean one of ours.
        expression = translate(settings[name]) if settings.get(name) else None
        if expression in _initiators(node):
            expression = '_["started_by"]'
        if expression and local_name(node) == "userTask" and _set_property(node, "assignee", expression):
            yield "assignee", expression, {name}


def _initiators(node: etree._Element) -> set[str]:
    """Names under which the other engine keeps the person who started the instance."""
    starts = node.getroottree().getroot().iter(_tag("startEvent"))
    return {start.get(f"{{{vendor}}}initiator") or "" for start in starts for vendor in _SEVEN} - {""}


def _form(node: etree._Element, settings: dict[str, str], forms: Collection[str]) -> Iterator[_Done]:
    for name in ("formKey", "formRef", "formDefinition.formKey", "formDefinition.formId"):
        key = settings.get(name, "").strip()
        if _PLAIN_KEY.match(key) and key in forms and _set_property(node, "form", key):
            yield "form", key, {name}


def _due(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    for name in ("dueDate", "taskSchedule.dueDate"):
        text = settings.get(name, "").strip()
        if looks_iso(text) and text.startswith("P") and _set_property(node, "due", text):
            yield "due", text, {name}


def _decision(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    for name in ("decisionRef", "decisionTableReferenceKey", "calledDecision.decisionId"):
        key = settings.get(name, "").strip()
        if local_name(node) != "businessRuleTask" or not _PLAIN_KEY.match(key) or node.find(f".//{{{SPIFF}}}calledDecisionId") is not None:
            continue
        etree.SubElement(_extensions(node), f"{{{SPIFF}}}calledDecisionId").text = key
        yield "calledDecisionId", key, {name}


def _called(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    key = settings.get("calledElement.processId", "").strip()
    if local_name(node) == "callActivity" and not node.get("calledElement") and _PLAIN_KEY.match(key):
        node.set("calledElement", key)
        yield "calledElement", key, {name for name in settings if name.startswith("calledElement.")}


def _collection(node: etree._Element, settings: dict[str, str], _forms: Collection[str]) -> Iterator[_Done]:
    if local_name(node) != "multiInstanceLoopCharacteristics" or node.find(_tag("loopDataInputRef")) is not None:
        return
    for collection, item in (
        ("collection", "elementVariable"),
        ("loopCharacteristics.inputCollection", "loopCharacteristics.inputElement"),
    ):
        text = settings.get(collection, "").strip()
        variable = translate(text) if is_foreign(text) else text
        if not variable or not variable.isidentifier():
            continue
        # The schema wants them before the completion condition.
        used = {collection}
        children = [etree.Element(_tag("loopDataInputRef"))]
        children[0].text = variable
        if settings.get(item, "").isidentifier():
            used.add(item)
            children.append(etree.Element(_tag("inputDataItem"), id=settings[item], name=settings[item]))
        position = sum(1 for child in node if local_name(child) in ("documentation", "extensionElements", "loopCardinality", ""))
        for child in reversed(children):
            node.insert(position, child)
        yield "loopDataInputRef", variable, used


def _set_property(node: etree._Element, name: str, value: str) -> bool:
    """Add one of our properties unless the author has set it already."""
    extensions = _extensions(node)
    properties = extensions.find(f"{{{SPIFF}}}properties")
    if properties is None:
        properties = etree.SubElement(extensions, f"{{{SPIFF}}}properties")
    if any(entry.get("name") == name for entry in properties):
        return False
    etree.SubElement(properties, f"{{{SPIFF}}}property", name=name, value=value)
    return True


def _extensions(node: etree._Element) -> etree._Element:
    found = node.find(_tag("extensionElements"))
    if found is None:
        found = etree.Element(_tag("extensionElements"))
        node.insert(sum(1 for child in node if local_name(child) == "documentation"), found)
    return found


def _owner(node: etree._Element) -> str | None:
    current: etree._Element | None = node
    while current is not None:
        if current.get("id"):
            return current.get("id")
        current = current.getparent()
    return None


def _tag(name: str) -> str:
    return f"{{{BPMN}}}{name}"
