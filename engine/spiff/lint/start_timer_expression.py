"""A timer that starts instances has no data to compute from."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named
from engine.spiff.timer_texts import literal


def check(source: Source) -> Iterator[Found]:
    """Timer start events whose time is an expression."""
    for diagram in source.diagrams:
        for element in diagram.start_elements:
            for event in element.events:
                if event.kind == "timer" and event.expression and literal(event.expression) is None:
                    yield element.id, named(element)


RULE = Rule("start-timer-expression", "開始計時器「{name}」必須是固定的 ISO 8601 時間。", check)
