"""A process without a start event cannot start."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source


def check(source: Source) -> Iterator[Found]:
    """Executable processes without one."""
    for diagram in source.diagrams:
        if diagram.is_executable and not diagram.start_elements:
            yield diagram.process_id, {"name": diagram.name}


RULE = Rule("no-start-event", "流程「{name}」沒有開始事件。", check)
