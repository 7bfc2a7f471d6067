"""A loop says when it ends."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, label, owner_id, tag


def check(source: Source) -> Iterator[Found]:
    """Standard loops without condition and without a usable maximum."""
    for node in source.all_nodes("standardLoopCharacteristics"):
        activity = node.getparent()
        condition = (node.findtext(tag("loopCondition")) or "").strip()
        if activity is not None and not condition and not node.get("loopMaximum", "").isdigit():
            yield owner_id(activity), {"name": label(activity)}


RULE = Rule("loop-condition", "迴圈「{name}」沒有指定條件或次數上限。", check)
