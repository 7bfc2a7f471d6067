"""Of a task in two lanes SpiffWorkflow takes the last, so that nobody knows whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from engine.spiff.lint.rule import Found, Rule, Source, label


def check(source: Source) -> Iterator[Found]:
    """Elements that two lanes claim, where neither lies in the other."""
    claimed: dict[str, list[etree._Element]] = {}
    for reference in source.all_nodes("flowNodeRef"):
        lane = reference.getparent()
        if lane is not None:
            claimed.setdefault((reference.text or "").strip(), []).append(lane)
    for element_id, lanes in claimed.items():
        innermost = [lane for lane in lanes if not any(lane in other.iterancestors() for other in lanes)]
        if len(innermost) > 1:
            node = source.nodes.get(element_id)
            yield (
                element_id,
                {"name": label(node) if node is not None else element_id, "lanes": "、".join(label(lane) for lane in innermost)},
            )


RULE = Rule("two-lanes", "「{name}」同時屬於兩條泳道（{lanes}），無法判斷由誰辦理。", check)
