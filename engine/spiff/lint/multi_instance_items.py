"""A multi-instance says how many times, or over which list: exactly one of the two."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import local_name
from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id


def check(source: Source) -> Iterator[Found]:
    """Multi-instances with neither or both."""
    for node in source.all_nodes("multiInstanceLoopCharacteristics"):
        given = [child for child in node if local_name(child) in ("loopCardinality", "loopDataInputRef") and (child.text or "").strip()]
        activity = node.getparent()
        if len(given) != 1 and activity is not None:
            yield owner_id(activity), {"name": label(activity)}


RULE = Rule("multi-instance-items", "多重實例「{name}」必須指定次數或清單，且只能擇一。", check)
