"""With two start events for starting by hand, nobody can say which is meant."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Processes with more than one start event without a trigger."""
    for diagram in source.diagrams:
        if sum(not element.events for element in diagram.start_elements) > 1:
            yield diagram.process_id, {"name": diagram.name}


RULE = Rule("several-plain-starts", "流程「{name}」有多個不帶觸發條件的開始事件，只能保留一個。", check)
