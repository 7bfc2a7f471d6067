"""A process starts by hand, by message, by signal or by time."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Start events of a process with another trigger."""
    for diagram in source.diagrams:
        for element in diagram.start_elements:
            if element.event_kind not in (None, "message", "signal", "timer"):
                yield element.id, {**named(element), "kind": element.event_kind}


RULE = Rule("start-trigger", "開始事件「{name}」的類型「{kind}」不受支援。", check)
