"""Decision tables of another tool: what they look at is named as our forms name it; their cells stay as they are."""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from engine.foreign.notes import Notes
from engine.foreign.variables import Variables, translated


def with_our_inputs(body: bytes, root: etree._Element, callers: Mapping[str, tuple[Variables, str]], notes: Notes) -> bytes:
    """The file; the very same bytes where nothing had to be renamed."""
    is_changed = False
    for decision in root.iter("{*}decision"):
        caller = callers.get(decision.get("id", ""))
        for text in decision.iterfind("{*}decisionTable/{*}input/{*}inputExpression/{*}text") if caller is not None else ():
            said = (text.text or "").strip()
            found = translated(said, *caller) if said and caller is not None else None
            if found is not None and not found[1] and found[0] != said:
                text.text, is_changed = found[0], True
                notes.translated("decision-input", notes.file, "決策表的輸入「{before}」已轉為「{after}」。", before=said, after=found[0])
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) if is_changed else body
