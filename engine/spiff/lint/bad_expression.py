"""An expression is written in the sandbox's Python subset."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.diagram import SPIFF, extension_properties, local_name
from engine.errors import ExpressionError
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id
from engine.spiff.sandbox import check_expression

_TEXTS = (
    "conditionExpression",
    "condition",
    "loopCardinality",
    "loopCondition",
    "completionCondition",
    "timeDuration",
    "timeDate",
    "timeCycle",
    "messagePath",
)
_SPIFF_TEXTS = ("messagePayload", "payloadExpression")
_PROPERTIES = ("require", "candidate_roles", "assignee", "signers")


#: characters; what is longer is no condition
_LONGEST = 5_000


def check(source: Source) -> Iterator[Found]:
    """Every expression of the file that does not parse or goes beyond the subset."""
    for node, field, expression in expressions(source):
        if len(expression) > _LONGEST:
            reason = "內容過長。"
        else:
            try:
                check_expression(expression)
                continue
            except ExpressionError as error:
                reason = str(error.data.get("reason", ""))
        yield owner_id(node), {"name": label_of_owner(source, node), "expression": expression[:200], "reason": reason, "property": field}


def expressions(source: Source) -> Iterator[tuple[etree._Element, str, str]]:
    """Every expression of the file: the node that holds it, the editor's field (empty where it has none) and the text."""
    for node in source.all_nodes(*_TEXTS):
        if (node.text or "").strip():
            yield node, "condition" if local_name(node) == "conditionExpression" else "", (node.text or "").strip()
    for node in source.root.iter(*(f"{{{SPIFF}}}{name}" for name in _SPIFF_TEXTS)):
        if (node.text or "").strip():
            yield node, "", (node.text or "").strip()
    for node in source.root.iter(f"{{{SPIFF}}}parameter"):
        if node.get("value", "").strip():
            yield node, f"parameter-{node.get('id', '')}", node.get("value", "").strip()
    for node in source.nodes.values():
        properties = extension_properties(node)
        for name in _PROPERTIES:
            if properties.get(name, "").strip():
                yield node, name, properties[name].strip()


def label_of_owner(source: Source, node: etree._Element) -> str:
    """The element that the expression belongs to, as people know it."""
    found = source.nodes.get(owner_id(node) or "")
    return label(found) if found is not None else label(node)


RULE = Rule("bad-expression", "「{name}」的運算式「{expression}」無法解讀：{reason}", check)
