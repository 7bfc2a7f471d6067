"""How the project parses XML, and what it asks of a BPMN node: its name, its extensions.

The parser is the one place that decides it: no entities, no network, no huge trees.
"""

from __future__ import annotations

from lxml import etree

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def parse_xml(xml: bytes, *, remove_comments: bool = True) -> etree._Element:
    """The root of an XML document. Entities stay unresolved, nothing is fetched; etree.XMLSyntaxError for anything malformed."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=remove_comments, remove_pis=remove_comments,
    )
    return etree.fromstring(xml, parser)


def extension_properties(node: etree._Element) -> dict[str, str]:
    """The `spiffworkflow:properties` of a node, by name."""
    found = node.iterfind(f"{tag('extensionElements')}/{{{SPIFF}}}properties/{{{SPIFF}}}property")
    return {entry.get("name", ""): entry.get("value", "") for entry in found if entry.get("name")}


def extension_text(node: etree._Element, name: str) -> str:
    """The text of one `spiffworkflow:` extension element; empty where there is none."""
    return (node.findtext(f"{tag('extensionElements')}/{{{SPIFF}}}{name}") or "").strip()


def local_name(node: etree._Element) -> str:
    """The element's name without its namespace; empty for comments, and for elements outside BPMN."""
    tag = node.tag
    return tag.removeprefix(f"{{{BPMN}}}") if isinstance(tag, str) and tag.startswith(f"{{{BPMN}}}") else ""


def tag(name: str) -> str:
    """A BPMN name with its namespace."""
    return f"{{{BPMN}}}{name}"
