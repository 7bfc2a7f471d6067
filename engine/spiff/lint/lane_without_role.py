"""A lane says who works: one without a name gives its items to nobody."""

from __future__ import annotations

from collections.abc import Iterator

from engine.diagram import GENERATED_ID
from engine.spiff.lint.rule import Found, Rule, Source, tag


def check(source: Source) -> Iterator[Found]:
    """Lanes that hold people's work and have neither role nor name."""
    for diagram in source.diagrams:
        human = {element.id for element in diagram.human_elements}
        for lane in diagram.lanes:
            node = source.nodes.get(lane.id) if lane.id else None
            nameless = not lane.name and (not lane.id or GENERATED_ID.match(lane.id)) and lane.role == lane.id
            if (
                nameless
                and node is not None
                and any((reference.text or "").strip() in human for reference in node.iter(tag("flowNodeRef")))
            ):
                yield lane.id, {"id": lane.id}
            elif nameless and not lane.id:
                yield diagram.process_id, {"id": "—"}


RULE = Rule("lane-without-role", "泳道「{id}」沒有名稱，也沒有指定角色。", check)
