"""A catching event without a definition does not wait; a boundary event without one stops the parser."""

from __future__ import annotations

from collections.abc import Iterator

from engine.spiff.lint.rule import Found, Rule, Source, named


def check(source: Source) -> Iterator[Found]:
    """Catching and boundary events that wait for nothing."""
    for _, element in source.elements():
        if element.kind in ("intermediateCatchEvent", "boundaryEvent") and not element.events:
            yield element.id, named(element)


RULE = Rule("event-without-trigger", "「{name}」沒有指定等待什麼（訊息、訊號、計時器或條件）。", check)
