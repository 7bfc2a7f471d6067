"""What an event with several definitions does is hard to read and not the same in two engines."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Events with more than one definition."""
    for _, element in source.elements():
        if len(element.events) > 1:
            yield element.id, named(element)


RULE = Rule("several-triggers", "「{name}」有多個事件定義，請拆成各自的事件。", check)
