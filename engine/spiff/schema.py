"""Validates a diagram against the BPMN 2.0 schema that SpiffWorkflow ships, without the network, and says which element is wrong.

Real modelers deviate from the schema in ways that change nothing (order of children, attributes and elements of their own); those
become warnings. Whatever is not understood and could change the meaning stays an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import cast

import SpiffWorkflow.bpmn.parser
import SpiffWorkflow.dmn.parser
from lxml import etree

from engine.diagram import BPMN, local_name
from engine.errors import Finding

_SCHEMAS = Path(SpiffWorkflow.bpmn.parser.__file__).parent / "schema"
_DMN_SCHEMAS = Path(SpiffWorkflow.dmn.parser.__file__).parent / "schema"
_DMN_FILES = {
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd": "DMN.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/": "DMN12.xsd",
    "https://www.omg.org/spec/DMN/20191111/MODEL/": "DMN13.xsd",
}
#: the schema's order of children; those not named keep their place between `early` and `late`
_EARLY = ("documentation", "extensionElements", "import", "extension", "auditing", "monitoring", "categoryValueRef", "incoming", "outgoing",
          "ioSpecification", "property", "laneSet", "dataInputAssociation", "dataOutputAssociation", "potentialOwner", "humanPerformer",
          "performer", "resourceRole", "multiInstanceLoopCharacteristics", "standardLoopCharacteristics")  # fmt: skip
_LATE = ("association", "group", "textAnnotation", "correlationSubscription", "supports")
_RANK = {name: rank for rank, name in enumerate(_EARLY)} | dict.fromkeys(_LATE, 1000)
_UNKNOWN_ATTRIBUTE, _UNKNOWN_ELEMENT = 1867, 1871
#: types of messages that our own rules say better: duplicate ids
_ID_TYPE = "xs:ID"
_NAMESPACE = re.compile(r"\{[^}]*\}")
_NCNAME = re.compile(r"^[^\W\d][\w.\-·]*$")


def validate_diagram(root: etree._Element) -> Iterator[Finding]:
    """Findings for whatever the BPMN schema does not allow. Findings name the nearest element with an id."""
    copy = deepcopy(root)
    _tolerate(copy)
    schema = _bpmn_schema()
    if schema.validate(copy):
        return
    seen: set[tuple[str | None, str]] = set()
    for entry in _entries(schema):
        node = _at(copy, entry.path)
        if node is None or _own_rule_says_it(node, entry):
            continue
        message = _NAMESPACE.sub("", entry.message).split(". Expected")[0][:200]
        element_id = _nearest_id(node)
        if (element_id, message) in seen:
            continue
        seen.add((element_id, message))
        yield Finding(
            rule="bpmn-schema",
            severity=_severity(node, entry.type),
            element_id=element_id,
            sentence="不符合 BPMN 2.0 的格式：{reason}",
            data={"reason": message, "line": entry.line},
        )


def validate_decision(root: etree._Element) -> Iterator[Finding]:
    """Findings for a DMN file whose version is not known, or that its schema does not allow."""
    namespace = etree.QName(root).namespace or ""
    if namespace not in _DMN_FILES:
        yield Finding("dmn-schema", "error", None, "不是支援的 DMN 決策檔（DMN 1.1 至 1.3）。", {"namespace": namespace[:200]})
        return
    schema = _dmn_schema(_DMN_FILES[namespace])
    copy = deepcopy(root)
    if not schema.validate(copy):
        for entry in _entries(schema)[:20]:
            node = _at(copy, entry.path)
            foreign = node is not None and etree.QName(node).namespace != namespace
            tolerated = foreign or entry.type == _UNKNOWN_ATTRIBUTE
            message = _NAMESPACE.sub("", entry.message).split(". Expected")[0][:200]
            yield Finding(
                "dmn-schema",
                "warning" if tolerated else "error",
                _nearest_id(node) if node is not None else None,
                "決策檔不符合 DMN 的格式：{reason}",
                {"reason": message, "line": entry.line},
            )


def _entries(schema: etree.XMLSchema) -> list[etree._LogEntry]:
    return list(cast("Iterable[etree._LogEntry]", schema.error_log))


def _tolerate(root: etree._Element) -> None:
    for node in root.iter():
        name = local_name(node)
        if not name:
            continue
        # bpmn.io writes a correlation's expression under another name than the schema's.
        if name == "correlationPropertyRetrievalExpression":
            for child in node.iterfind(f"{{{BPMN}}}formalExpression"):
                child.tag = f"{{{BPMN}}}messagePath"
            continue
        ranked = [(_RANK.get(local_name(child), 500), child) for child in node if isinstance(child.tag, str)]
        ordered = sorted(ranked, key=lambda pair: pair[0])
        if [id(child) for _, child in ranked] != [id(child) for _, child in ordered]:
            node[:] = [child for _, child in ordered]


def _severity(node: etree._Element, kind: int) -> str:
    namespace = etree.QName(node).namespace or ""
    if namespace != BPMN or kind == _UNKNOWN_ATTRIBUTE:
        return "warning"
    return "error"


def _own_rule_says_it(node: etree._Element, entry: etree._LogEntry) -> bool:
    value = node.get("id", "")
    return _ID_TYPE in entry.message and "attribute 'id'" in entry.message and bool(_NCNAME.match(value))


def _at(root: etree._Element, path: str | None) -> etree._Element | None:
    # The schema's path speaks the file's own prefixes and wildcards; both are plain XPath.
    if not path:
        return None
    found = root.xpath(path, namespaces={prefix: uri for prefix, uri in _prefixes(root).items() if prefix})
    return found[0] if isinstance(found, list) and found and isinstance(found[0], etree._Element) else None


def _prefixes(root: etree._Element) -> dict[str, str]:
    prefixes: dict[str, str] = {}
    for node in root.iter():
        prefixes.update({prefix: uri for prefix, uri in node.nsmap.items() if prefix})
    return prefixes


def _nearest_id(node: etree._Element) -> str | None:
    current: etree._Element | None = node
    while current is not None:
        found = current.get("id") or current.get("bpmnElement")
        if found:
            return found
        current = current.getparent()
    return None


@cache
def _bpmn_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_SCHEMAS / "BPMN20.xsd", etree.XMLParser(no_network=True)))


@cache
def _dmn_schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(_DMN_SCHEMAS / name, etree.XMLParser(no_network=True)))
