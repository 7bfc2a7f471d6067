"""The few things that every step does to a diagram's tree: find extension elements, set our properties, name things."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from engine.diagram import BPMN, SPIFF, local_name

CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
FLOWABLE = "http://flowable.org/bpmn"
ACTIVITI = "http://activiti.org/bpmn"
SIGNAVIO = "http://www.signavio.com"
#: the engines whose settings look alike
SEVENS = (CAMUNDA, FLOWABLE, ACTIVITI)
_SPEAKING = {CAMUNDA: "Camunda 7", FLOWABLE: "Flowable", ACTIVITI: "Activiti", SIGNAVIO: "Signavio",
             "http://camunda.org/schema/zeebe/1.0": "Camunda 8"}
_OURS = "https://guicheng.example/"
_BEFORE_EXTENSIONS = frozenset({"documentation"})
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*|[0-9]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def tool_of(root: etree._Element) -> str:
    """The tool that wrote the file, as people know it; `BPMN` where it doesn't show."""
    spaces = {uri for node in root.iter() if isinstance(node.tag, str) for uri in node.nsmap.values()}
    for uri, name in _SPEAKING.items():
        if uri in spaces:
            return name
    if "signavio" in f"{root.get('exporter', '')}{root.get('targetNamespace', '')}".lower():
        return "Signavio"
    if SPIFF in spaces and not root.get("targetNamespace", "").startswith(_OURS):
        return "Spiff-Arena"
    return "BPMN"


def extensions(node: etree._Element) -> Iterator[etree._Element]:
    """The extension elements of a node, as a list that may be changed on the way."""
    found = node.find(tag("extensionElements"))
    yield from [child for child in found if isinstance(child.tag, str)] if found is not None else []


def space_and_name(node: etree._Element) -> tuple[str, str]:
    """Namespace and local name of an element."""
    name = etree.QName(node)
    return name.namespace or "", name.localname


def put_property(node: etree._Element, name: str, value: str) -> None:
    """Set one of our properties; one that is there already is replaced."""
    found = extension_holder(node)
    holder = found.find(f"{{{SPIFF}}}properties")
    if holder is None:
        holder = etree.SubElement(found, f"{{{SPIFF}}}properties")
    entry = next((each for each in holder if each.get("name") == name), None)
    if entry is None:
        entry = etree.SubElement(holder, f"{{{SPIFF}}}property", name=name)
    entry.set("value", value)


def extension_holder(node: etree._Element) -> etree._Element:
    """The node's `extensionElements`, made where there are none."""
    found = node.find(tag("extensionElements"))
    if found is None:
        found = etree.Element(tag("extensionElements"))
        node.insert(sum(1 for child in node if local_name(child) in _BEFORE_EXTENSIONS), found)
    return found


def taken_out(node: etree._Element) -> None:
    """Remove the node from its tree."""
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def as_text(node: etree._Element) -> str:
    """An element as short text: its name, attributes and text, and what is in it."""
    attributes = " ".join(f"{etree.QName(str(name)).localname}={value!s}" for name, value in node.attrib.items())
    inner = "; ".join(as_text(child) for child in node if isinstance(child.tag, str))
    parts = (space_and_name(node)[1], attributes, (node.text or "").strip(), f"[{inner}]" if inner else "")
    return " ".join(filter(None, parts))[:1_000]


def words(text: str) -> str:
    """A text as lower-case ASCII words joined by `_`; empty where it has none."""
    parts = [part for piece in _WORD.findall(text) for part in _HUMP.split(piece)]
    if not parts or any(ord(each) > 127 for each in text):
        # what can be written in ASCII only in part would say something else
        return ""
    joined = "_".join(parts).lower()[:48].strip("_")
    return joined if joined[:1].isalpha() else ""


def free(wanted: str, taken: set[str]) -> str:
    """A name that nothing has yet; it is taken from then on."""
    candidate, number = wanted, 2
    while candidate in taken:
        candidate, number = f"{wanted}_{number}", number + 1
    taken.add(candidate)
    return candidate


def tag(name: str) -> str:
    """A BPMN name with its namespace."""
    return f"{{{BPMN}}}{name}"
