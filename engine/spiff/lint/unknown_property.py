"""A property that nothing reads is a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import extension_properties, local_name
from engine.spiff.lint.rule import Found, Rule, Source, label

ELEMENT_PROPERTIES = frozenset(
    {
        "form",
        "record",
        "clause",
        "due",
        "calendar",
        "warn",
        "escalate_to",
        "require",
        "require_message",
        "candidate_roles",
        "assignee",
        "signature",
        "outside",
        "attended_by",
        "hand_over",
        "correlation",
        "channel",
        "for_each",
        "signers",
        "signature_rule",
        "signer_form",
        "catch_up",
    }
)
PROCESS_PROPERTIES = frozenset(
    {"title", "number", "start_roles", "group", "form", "clause", "for_each", "catch_up", "linked_to", "hidden_start", "desk"}
)


def check(source: Source) -> Iterator[Found]:
    """Properties of processes, lanes and elements whose name is not known."""
    for node_id, node in source.nodes.items():
        known = {"process": PROCESS_PROPERTIES, "lane": frozenset({"role"})}.get(local_name(node), ELEMENT_PROPERTIES)
        for name in extension_properties(node):
            if name not in known:
                yield node_id, {"name": label(node), "property": name}


RULE = Rule("unknown-property", "「{name}」的屬性「{property}」不認得，不起作用。", check, severity="ours")
